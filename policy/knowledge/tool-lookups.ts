import type { Knowledge } from "./knowledge.ts";
import { imageRepository } from "./lookups.ts";

// Lookups that only the tools use. The program must not import them, so that a new row in these tables does not change the release.

/** Whether this version is known to be published at the chart's `oci://` address. */
export function isPublished(address: string, version: string, knowledge: Knowledge): boolean {
  return knowledge
    .rows("published-charts")
    .some(({ chart, versions }) => chart === address && versions.includes(version));
}

/** The health path that is documented for the program in an image. The image's tag and digest are ignored. */
export function healthPath(image: string, knowledge: Knowledge): string | undefined {
  const repository = imageRepository(image);
  return knowledge.rows("health-paths").find(({ images }) => images.map(imageRepository).includes(repository))
    ?.path;
}

/** The kinds that hold data, as `Kind` or `Kind.group`. */
export function dataKinds(knowledge: Knowledge): readonly string[] {
  return knowledge.rows("data-kinds").map(({ kind }) => kind);
}
