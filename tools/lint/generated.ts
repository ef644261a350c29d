import { searchedText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** Characters in which a generator says so. */
const HEAD = 1000;

/** Returns whether a file says in its first comments that it must not be edited, as `gotk-components.yaml` does. What is wrong there is not the owner's to fix. */
export function generatedIn(repository: Repository): (file: string) => boolean {
  const known = new Map<string, boolean>();
  return (file) => {
    const answer = known.get(file) ?? isGenerated(searchedText(repository, file));
    known.set(file, answer);
    return answer;
  };
}

function isGenerated(text: string): boolean {
  return /#.*(?:do not edit|generated (?:automatically )?by flux)/i.test(firstComments(text));
}

/** The comments at the top of a file. */
export function firstComments(text: string): string {
  const [head = ""] = /^(?:[ \t]*(?:#.*|---.*)?(?:\r?\n|$))*/.exec(text.slice(0, HEAD)) ?? [];
  return head;
}
