import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { Repository } from "../gitops/yaml/repository.ts";
import { subjectOf, type LintFinding } from "../lint/finding.ts";
import { lintRepository } from "../lint/lint.ts";
import { isObstacle } from "../lint/obstacles.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Lines shown before and after the line of a finding. */
const AROUND = 12;

interface Drawn {
  readonly directory: string;
  readonly finding: LintFinding;
}

/**
 * `npm run sample:findings -- COUNT DIR…`: prints a random sample of the errors that lint reports in the repositories, as Markdown, for review. The commit is the
 * seed, so the same commit always draws the same sample, and a sample cannot be drawn again until it looks good.
 */
function main(count: number, directories: readonly string[]): void {
  const seed = execFileSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
  const all = directories.flatMap((directory) =>
    lintRepository(new Repository(directory, { collectUnreadable: true }))
      .findings.filter((finding) => finding.level === "mandatory" && !isObstacle(finding))
      .map((finding) => ({ directory, finding })),
  );
  const drawn = all
    .map((one) => ({ one, rank: rankOf(seed, one) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, count);
  process.stdout.write(`# ${drawn.length} of ${all.length} errors, drawn with the seed ${seed}\n`);
  for (const [index, { one }] of drawn.entries()) process.stdout.write(formatDrawn(index + 1, one));
}

function rankOf(seed: string, { directory, finding }: Drawn): string {
  const { rule, object, path, message, position } = finding;
  const identity = [seed, basename(directory), rule, object, path, message, position.file, position.line];
  return createHash("sha256").update(identity.join("\0")).digest("hex");
}

function formatDrawn(index: number, { directory, finding }: Drawn): string {
  const { rule, path, message, remediation, position, clusters } = finding;
  const { file, line } = position;
  const subject = [subjectOf(finding), path].filter((part) => part !== "").join(" ");
  return [
    `\n## ${index}. ${rule}: ${basename(directory)}/${file}:${line}\n`,
    ...(subject === "" ? [] : [`${subject} (cluster ${clusters.join(", ")})\n`]),
    `${message}\n`,
    `Fix: ${remediation}\n`,
    `\`\`\`\n${linesAround(join(directory, file), line)}\n\`\`\`\n`,
  ].join("\n");
}

/** The lines around a line of a file, numbered; the line itself is marked. */
function linesAround(file: string, line: number): string {
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  const first = Math.max(1, line - AROUND);
  return lines
    .slice(first - 1, line + AROUND)
    .map((text, index) => `${first + index === line ? ">" : " "} ${first + index} ${text}`)
    .join("\n");
}

new Command("npm run sample:findings --")
  .description(
    "print a random sample of the errors that lint reports in repositories, as Markdown, for review",
  )
  .argument("<count>", "how many errors to draw", (text) => positive(text))
  .argument("<directory...>", "top directories of the repositories")
  .addHelpText("after", "\nExample:\n  npm run --silent sample:findings -- 60 ../home ../work > sample.md")
  .action((count: number, directories: readonly string[]) => {
    main(
      count,
      directories.map((directory) => resolve(directory)),
    );
  })
  .parse();

function positive(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}
