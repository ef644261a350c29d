import type { DiffReport } from "../diff/report.ts";
import type { Side } from "../diff/side.ts";
import { wantsColour } from "./colour.ts";
import { EXIT } from "./exit-codes.ts";
import { progress } from "./progress.ts";
import { rendererFor } from "./renderer.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import type { RepositoryRendering } from "../render/render-repository.ts";
import type { Renderer } from "../render/renderer.ts";

/** Flags of `edgefirst diff`. */
export interface DiffFlags {
  readonly format: "text" | "markdown" | "json";
  readonly failOn: "any" | "dangerous" | "none";
  /** A directory in the Git repository whose revisions are compared. */
  readonly repository: string;
  readonly render?: boolean;
  readonly charts?: string;
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
    const report = await compareSides(old, next, flags);
    process.stdout.write(await format(report, flags));
    return exitCode(report, flags);
  });
}

async function compareSides(before: Side, after: Side, flags: DiffFlags): Promise<DiffReport> {
  const { Repository } = await import("../gitops/yaml/repository.ts");
  const { buildRepository } = await import("../gitops/flux/repository-build.ts");
  const { report } = await import("../diff/report.ts");
  const names = { before: before.name, after: after.name };
  const earlier = new Repository(before.root);
  const repositories = [earlier, new Repository(after.root, { earlier })] as const;
  const renderings = await rendered(repositories, flags);
  if (renderings !== undefined) {
    const { withRendered } = await import("../diff/rendered.ts");
    const sides = withRendered(...renderings);
    return report(names, sides.before, sides.after, sides);
  }
  const [old, next] = repositories.map((one) => buildRepository(one, { partial: true }));
  if (!old || !next) throw new Error("a side was not built");
  return report(names, old, next);
}

/**
 * Both sides with what their charts render; undefined unless the flags or the repository after the change ask for it. Its settings hold for both sides. Each side has a
 * renderer of its own, because a chart in the repository may differ between them.
 */
async function rendered(
  [before, after]: readonly [Repository, Repository],
  flags: DiffFlags,
): Promise<readonly [RepositoryRendering, RepositoryRendering] | undefined> {
  const open = (): Promise<Renderer | undefined> => rendererFor(after, flags, progress);
  const renderers = [await open(), await open()];
  const [first, second] = renderers;
  if (first === undefined || second === undefined) return undefined;
  const { renderRepository } = await import("../render/render-repository.ts");
  try {
    return [await renderRepository(before, first), await renderRepository(after, second)];
  } finally {
    for (const renderer of renderers) renderer?.close();
  }
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
