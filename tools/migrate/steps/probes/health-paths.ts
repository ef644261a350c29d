import { imageRepository } from "../../../../policy/knowledge/lookups.ts";
import { healthPath } from "../../../../policy/knowledge/tool-lookups.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { StepContext } from "../../step.ts";

/** The health path that the program in an image documents; a path in the options takes precedence over the tables. */
export function healthPathIn(
  image: string,
  { options, repository }: Pick<StepContext, "options" | "repository">,
): string | undefined {
  const name = imageRepository(image);
  const own = Object.entries(options.probes.paths).find(([key]) => imageRepository(key) === name);
  return own?.[1] ?? healthPath(image, knowledgeOf(repository));
}
