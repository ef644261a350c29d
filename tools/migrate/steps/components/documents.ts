import { isIn } from "../../../gitops/yaml/paths.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import type { Note } from "../../step.ts";
import { isDocumentation, textFiles } from "../../text-files.ts";
import { mentionsIn } from "./references.ts";

/** Whether a file documents a component: what it says about the component's template does not keep the template. */
export const documents = (file: string, component: string | undefined): boolean =>
  component !== undefined && isIn(file, component) && isDocumentation(file);

/**
 * The lines of documents that still name a directory that has become a component: those in the component itself, such as a copied README, and,
 * once the directory is gone, all others.
 * @param moved the components by the directory that each replaces
 */
export function outdatedLines(repository: Repository, moved: ReadonlyMap<string, string>): readonly Note[] {
  return [...moved].flatMap(([from, to]) => {
    const name = distinguishingEnd(from, to);
    if (name === undefined) return [];
    const isGone = !repository.isDirectory(from);
    return textFiles(repository)
      .filter((file) => documents(file, to) || (isGone && isDocumentation(file)))
      .flatMap((file) => mentionsIn(file, name, repository))
      .map((position) => ({
        kind: "left",
        message: `names ${from}, which is now component ${to}: if this line says how to include it, correct it; kustomizations list a component under \`components\`, not under \`resources\``,
        position,
      }));
  });
}

/** The last names of a path, at least two, that the other path does not end with. */
function distinguishingEnd(path: string, other: string): string | undefined {
  const names = path.split("/");
  const ends = names.slice(0, -1).map((_, index) => names.slice(index).join("/"));
  return ends.findLast((end) => !`/${other}`.endsWith(`/${end}`));
}
