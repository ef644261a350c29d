import type { ParsedDocument } from "../yaml/parse.ts";
import { BuildError } from "../problem.ts";

/** @throws BuildError for a document with a key that is not a string, since Kustomize cannot write it as JSON */
export function requireTextKeys({ oddKey }: ParsedDocument): void {
  if (oddKey) throw new BuildError("this key is not a string: quote it", oddKey);
}
