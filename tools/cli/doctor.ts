import { join } from "node:path";
import { EXIT } from "./exit-codes.ts";
import { gigabytes } from "../../lib/bytes.ts";
import { renderFitting, renderTable } from "./table.ts";
import { cacheContent, type CacheContent } from "../toolchain/cache-content.ts";
import { survey, type Surveyed } from "../toolchain/survey.ts";

/** What the WHERE column shows on a terminal; the paths follow below the table. */
const SHORT = {
  environment: "by variable",
  path: "on PATH",
  image: "from its image",
  cache: "built here",
  built: "built here",
} as const;
const ORIGINS = {
  environment: "from its environment variable",
  path: "on PATH",
  image: "from its official image",
  cache: "built here",
  built: "built here",
} as const;

/** Flags of `edgefirst doctor`. */
export interface DoctorFlags {
  readonly json?: true;
}

/** `edgefirst doctor`: lists each program in the toolchain; builds nothing. */
export async function doctor({ json }: DoctorFlags): Promise<void> {
  const programs = await survey();
  const text = json
    ? JSON.stringify(programs, undefined, 2)
    : `${report(programs, process.stdout.isTTY)}\n\n${reportCache(await cacheContent())}`;
  process.stdout.write(`${text}\n`);
  if (programs.some(({ state }) => state === "missing" || state === "unusable")) process.exitCode = EXIT.no;
}

/**
 * The table, followed by what to do about each missing program. For a terminal (`framed`), it has at most 80 columns, and the
 * paths follow below it.
 */
export function report(programs: readonly Surveyed[], framed: boolean): string {
  const rows = programs.map((program) => [
    program.name,
    program.found?.version ?? program.pinned,
    framed ? short(program) : where(program),
    program.purpose,
  ]);
  const head = ["PROGRAM", "VERSION", "WHERE", "FOR"];
  const advice = programs.flatMap(({ name, advice }) =>
    advice === undefined ? [] : ["", `${name}: ${advice}`],
  );
  return framed
    ? [renderFitting(head, rows), ...places(programs), ...advice].join("\n")
    : [renderTable(head, rows, { framed: false }), ...advice].join("\n");
}

/** The size of the cache, and how to make it smaller. */
function reportCache({ directory, entries, goCache }: CacheContent): string {
  const unused = entries.filter(({ state }) => state === "unused");
  return [
    `cache: ${directory}, ${gigabytes(entries)}`,
    ...(unused.length > 0
      ? [
          `  ${gigabytes(unused)} of it for programs that are no longer pinned; edgefirst toolchain prune removes them`,
        ]
      : []),
    ...(goCache.bytes > 0
      ? [
          `Go's build cache for them: ${goCache.path}, ${gigabytes([goCache])}`,
          "  needed only to build other versions faster; edgefirst toolchain prune --go-cache empties it",
        ]
      : []),
  ].join("\n");
}

function short({ state, found }: Surveyed): string {
  if (found) return SHORT[found.origin];
  return state === "buildable" ? "not built yet" : state;
}

/** Paths of the programs; those that were built share a folder, which is listed once. */
function places(programs: readonly Surveyed[]): string[] {
  const found = programs.flatMap((program) => program.found ?? []);
  const built = found.filter(({ origin }) => SHORT[origin] === SHORT.built);
  const others = found.filter((program) => !built.includes(program));
  const folders = new Set(built.map(({ path }) => join(path, "../..")));
  return [...[...folders].map((folder) => `built here: ${folder}`), ...others.map(({ path }) => path)];
}

function where({ state, found }: Surveyed): string {
  if (found) return `${found.path} (${ORIGINS[found.origin]})`;
  if (state === "buildable") return "not built yet; the first command that needs it builds it with Go";
  return state === "missing" ? "missing, and Go is not available to build it" : "unusable";
}
