import { healthPath, imageRepository } from "../../../../policy/knowledge/tool-lookups.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { StepContext } from "../../step.ts";

/** The path that an image's program documents as its health; a path in the options wins over the tables. */
export function healthPathIn(
  image: string,
  { options, repository }: Pick<StepContext, "options" | "repository">,
): string | undefined {
  const name = imageRepository(image);
  const own = Object.entries(options.probes.paths).find(([key]) => imageRepository(key) === name);
  return own?.[1] ?? healthPath(image, knowledgeOf(repository));
}
