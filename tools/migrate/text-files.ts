import { oncePer } from "../../lib/once-per.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import { isKustomizationFile } from "../gitops/yaml/paths.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { OPTIONS_FILE } from "./options-file.ts";

/** Names of files that contain no text, or text that no person writes. */
const NO_TEXT =
  /\.(?:png|jpe?g|gif|webp|ico|svg|pdf|woff2?|ttf|mp[34]|zip|t?gz|xz|zst|tar|jar|db|sqlite|lock|sum|age|pub)$/i;

/** The files of a repository in which a person may have named a path or a task; the options of the steps are not among them. */
export const textFiles = oncePer((repository: Repository): readonly string[] =>
  repository
    .filesBelow(".", (name) => !NO_TEXT.test(name))
    .filter((file) => file !== OPTIONS_FILE && !repository.isTooLarge(file)),
);

const RUNS_COMMANDS =
  /(?:\.(?:ya?ml|sh|bash|zsh|fish|envrc|toml|mk|nix|py|[cm]?[jt]s|rb|go|jq|just|ps1|json5?|tmpl|gotmpl|j2)|(?:^|\/)(?:(?:GNU)?[Mm]akefile|\.?[Jj]ustfile|Dockerfile))$/;

/** Whether a program acts on what a file says: workflows and other YAML, scripts, makefiles. */
export const runsCommands = (file: string, text: string): boolean =>
  RUNS_COMMANDS.test(file) || text.startsWith("#!");

/** The files that run commands and are no manifests: Flux and Kustomize read those, and the builds of the clusters show it. */
export const commandFiles = oncePer((repository: Repository): readonly string[] =>
  textFiles(repository).filter((file) => {
    if (isKustomizationFile(file)) return false;
    const text = searchedText(repository, file);
    const isManifest = /\.ya?ml$/.test(file) && /^apiVersion:/m.test(text) && /^kind:/m.test(text);
    return runsCommands(file, text) && !isManifest;
  }),
);

/** Whether a file is for people, so that no program acts on what it says. */
export const isDocumentation = (file: string): boolean => /\.(?:md|mdx|txt|adoc|rst)$/i.test(file);

/** The lines of a text that are no comments, with their numbers from 1. */
export function uncommentedLines(
  text: string,
): readonly { readonly line: string; readonly number: number }[] {
  return text
    .split("\n")
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => !/^\s*(?:#|\/\/)/.test(line));
}
