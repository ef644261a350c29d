import type { Knowledge } from "./knowledge.ts";

// Lookups that only the tools make: the program imports none of this, so that a row for them is no new release.

/** Whether a version is known to be published at a chart's `oci://` address. */
export function isPublished(address: string, version: string, knowledge: Knowledge): boolean {
  return knowledge
    .rows("published-charts")
    .some(({ chart, versions }) => chart === address && versions.includes(version));
}

/** The path that an image's program documents as its health, whatever the image's tag and digest are. */
export function healthPath(image: string, knowledge: Knowledge): string | undefined {
  const repository = imageRepository(image);
  return knowledge.rows("health-paths").find(({ images }) => images.map(imageRepository).includes(repository))
    ?.path;
}

/** An image's name without tag and digest, and without Docker Hub's registry. */
export function imageRepository(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return name.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "");
}
