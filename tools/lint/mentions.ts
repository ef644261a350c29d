import { searchedText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** Files that Flux does not apply, but that say how a cluster is set up: templates, scripts, and documents. */
const TEXT =
  /(?:\.(?:j2|jinja2?|tpl|tmpl|gotmpl|sh|bash|zsh|fish|ps1|py|tf|tofu|hcl|nix|just|mk|md|txt|cue|jsonnet)|(?:^|\/)\.?(?:makefile|justfile))$/i;

/** YAML files with the same purpose. */
const TASKS = /(?:^|\/)(?:\.?taskfiles?|ansible|bootstrap|scripts?|hack)(?:\/.*)?\.ya?ml$/i;

/** Finds the first file of these kinds that contains a name as a whole word. The files are listed on the first lookup. */
export function mentionsIn(repository: Repository): (name: string) => string | undefined {
  let files: readonly string[] | undefined;
  return (name) => {
    files ??= repository
      .filesBelow(".", (file) => TEXT.test(file) || /\.ya?ml$/i.test(file))
      .filter((file) => TEXT.test(file) || TASKS.test(file));
    return files.find((file) => hasWord(searchedText(repository, file), name));
  };
}

function hasWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = `${text[at - 1] ?? " "}${text[at + word.length] ?? " "}`;
    if (!/[\w-]/.test(around)) return true;
  }
  return false;
}
