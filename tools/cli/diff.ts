import type { DiffReport } from "../diff/report.ts";
import type { Side } from "../diff/side.ts";
import { wantsColour } from "./colour.ts";
import { EXIT } from "./exit-codes.ts";
import { progress } from "./progress.ts";

/** Flags of `edgefirst diff`. */
export interface DiffFlags {
  readonly format: "text" | "markdown" | "json";
  readonly failOn: "any" | "dangerous" | "none";
  /** A directory in the Git repository whose revisions are compared. */
  readonly repository: string;
}

/**
 * `edgefirst diff`: prints what a change of a GitOps repository does to the objects in each cluster.
 * @returns the exit code: 0 without differences; 1 for differences at or above --fail-on; 3 if there are none, but part of a side could not be built
 * @throws {EdgefirstError} if a side cannot be read
 */
export async function diff(before: string, after: string, flags: DiffFlags): Promise<number> {
  const { withSides } = await import("../diff/side.ts");
  return withSides([before, after], flags.repository, async (old, next) => {
    for (const note of [...old.notes, ...next.notes]) progress(note);
    const report = await compareSides(old, next);
    process.stdout.write(await format(report, flags));
    return exitCode(report, flags);
  });
}

async function compareSides(before: Side, after: Side): Promise<DiffReport> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { buildRepository } = await import("../gitops/flux/repository-build.ts");
  const { report } = await import("../diff/report.ts");
  const [old, next] = [before, after].map(({ root }) =>
    buildRepository(new Repository(root), { partial: true }),
  );
  if (!old || !next) throw new Error("a side was not built");
  return report({ before: before.name, after: after.name }, old, next);
}

async function format(report: DiffReport, { format: name }: DiffFlags): Promise<string> {
  switch (name) {
    case "text":
      return (await import("../diff/formats/text.ts")).formatText(report, wantsColour());
    case "markdown":
      return (await import("../diff/formats/markdown.ts")).formatMarkdown(report);
    case "json":
      return (await import("../diff/formats/json.ts")).formatJson(report);
  }
}

/** Differences take precedence: they hold regardless of what could not be built. */
async function exitCode(report: DiffReport, { failOn }: DiffFlags): Promise<number> {
  if (failOn === "none") return EXIT.ok;
  const { isIncomplete } = await import("../diff/report.ts");
  const failing = report.entries.filter(({ dangers }) => failOn === "any" || dangers.length > 0);
  if (failing.length > 0) return EXIT.no;
  return isIncomplete(report) ? EXIT.incomplete : EXIT.ok;
}
