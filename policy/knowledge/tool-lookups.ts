import type { Knowledge } from "./knowledge.ts";

// Lookups that only the tools use: the program imports none of them, so that a new row for the tools does not change the release.

/** Whether this version is known to be published at the chart's `oci://` address. */
export function isPublished(address: string, version: string, knowledge: Knowledge): boolean {
  return knowledge
    .rows("published-charts")
    .some(({ chart, versions }) => chart === address && versions.includes(version));
}

/** The health path that the program in an image documents, whatever the image's tag and digest. */
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
