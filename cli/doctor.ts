import { Command } from "commander";
import { renderTable } from "./table.ts";
import { survey, type Surveyed } from "../toolchain/survey.ts";

const ORIGINS = {
  environment: "given by its environment variable",
  path: "on PATH",
  cache: "built here",
  built: "built here",
} as const;

/** `edgefirst doctor`: lists each program of the toolchain. Builds nothing. */
export const doctor = new Command("doctor")
  .description("list the programs that edgefirst runs: version, where each was found, or what is missing")
  .option("--json", "machine-readable output")
  .addHelpText(
    "after",
    `
Nothing is built or fetched by this command. It exits with 1 when a program can neither be found nor built.

Examples:
  edgefirst doctor
  edgefirst doctor --json | jq '.[] | select(.state != "found") | .name'
  EDGEFIRST_PULUMI=/opt/pulumi/pulumi edgefirst doctor`,
  )
  .action(async ({ json }: { json?: true }) => {
    const programs = await survey();
    const text = json ? JSON.stringify(programs, undefined, 2) : report(programs, process.stdout.isTTY);
    process.stdout.write(`${text}\n`);
    if (programs.some(({ state }) => state === "missing" || state === "unusable")) process.exitCode = 1;
  });

/** The table, and below it what to do about each program that is missing. `framed` is for terminals. */
export function report(programs: readonly Surveyed[], framed: boolean): string {
  const rows = programs.map((program) => [
    program.name,
    program.found?.version ?? program.pinned,
    where(program),
    program.purpose,
  ]);
  const advice = programs.flatMap(({ name, advice }) =>
    advice === undefined ? [] : ["", `${name}: ${advice}`],
  );
  return [renderTable(["PROGRAM", "VERSION", "WHERE", "FOR"], rows, framed), ...advice].join("\n");
}

function where({ state, found }: Surveyed): string {
  if (found) return `${found.path} (${ORIGINS[found.origin]})`;
  if (state === "buildable") return "not built yet: the first command that needs it builds it with Go";
  return state === "missing" ? "missing, and there is no Go to build it" : "unusable";
}
