import type { Repository } from "../../../gitops/yaml/repository.ts";
import { searchedText } from "../../../gitops/yaml/file-text.ts";
import { runsCommands, textFiles } from "../../text-files.ts";
import { nameOf } from "../../objects.ts";
import type { Note } from "../../step.ts";
import { secretsMissing } from "./runbook.ts";
import { formerNamespace, type MovingRoot } from "./root.ts";

/** `kustomization`, `ks` and the like as an argument, not in a path or a flag, with the name that follows. */
const KUSTOMIZATIONS =
  /(?:(?<![\w./-])|(?<=\/namespaces\/[\w-]+\/))(?:ks|kustomizations?)(?:\.kustomize\.toolkit\.fluxcd\.io)?(?![\w-]|\.\w)["',]*[\s/=]*["']?([a-z0-9][a-z0-9.-]*(?![\w{$]))?/i;

/** Where `flux` looks without a namespace; source: fluxcd/flux2, cmd/flux/main.go, configureDefaultNamespace. */
const DEFAULT_NAMESPACE = "flux-system";
const WITHOUT_NAMESPACE =
  /\bflux\s+(?:suspend|resume|reconcile|get|delete|diff|build|tree|trace|export|events|logs)\b(?!.*(?:\s-n|--namespace|\s-A\b|--all-namespaces))/;

/**
 * Lines of workflows, scripts and tasks that look for the children where they are today. `flux suspend` and `flux resume` end without an error if they find
 * nothing, so that a script goes on; source: fluxcd/flux2, cmd/flux/suspend.go.
 */
export function commandsBefore(moving: MovingRoot, repository: Repository): readonly Note[] {
  const { movers, targetOf } = moving;
  const namespaces = [...new Set(movers.map(formerNamespace))];
  const targets = [...new Set(movers.map(({ object }) => targetOf(object)))].join(", ");
  return linesOf(repository).flatMap(({ file, line, text }): readonly Note[] => {
    const [match, name] = KUSTOMIZATIONS.exec(text) ?? [];
    if (match === undefined) return [];
    const old = namespaces.find(
      (one) => names(text, one) || (one === DEFAULT_NAMESPACE && WITHOUT_NAMESPACE.test(text)),
    );
    const isChild = movers.some(
      (child) => nameOf(child.object).name === name && formerNamespace(child) === old,
    );
    if (old === undefined || (name !== undefined && !isChild)) return [];
    const message = `this line looks for Kustomizations in ${old}, where the children are no longer after the move, and \`flux suspend\` ends without an error if it finds none: name ${targets} in the same commit`;
    return [{ kind: "runbook", message, position: { file, line, column: 1 } }];
  });
}

/** Places that create a key or other Secret of the children only where they are today: a cluster that is built again would lack it. */
export function secretsCreatedBefore(moving: MovingRoot, repository: Repository): readonly Note[] {
  const lines = linesOf(repository);
  return secretsMissing(moving, ["decryption", "substituteFrom"]).flatMap(({ target, namespace, name }) => {
    const creates = (inNamespace: string): typeof lines =>
      lines.filter(
        ({ text }) => /\bcreate\b.*\bsecret\b/.test(text) && hasWord(text, name) && names(text, inNamespace),
      );
    if (creates(target).length > 0) return [];
    return creates(namespace).map(({ file, line }): Note => {
      const message = `this line creates Secret ${namespace}/${name}, but not ${target}/${name}, which the children need after the move: create both, so that a cluster that is built again has it`;
      return { kind: "runbook", message, position: { file, line, column: 1 } };
    });
  });
}

/** Whether a line names a namespace, as an option, in a path of the API or in a label. */
const names = (text: string, namespace: string): boolean =>
  new RegExp(`(?:\\s-n|namespaces?)["'\\s=:,/]*${escaped(namespace)}(?![\\w-])`).test(text);

const hasWord = (text: string, word: string): boolean =>
  new RegExp(`(?<![\\w.-])${escaped(word)}(?![\\w-])`).test(text);

const escaped = (text: string): string => text.replaceAll(".", "\\.");

interface Line {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Lines that programs act on, without comments; one that a backslash continues is one line. */
function linesOf(repository: Repository): readonly Line[] {
  return textFiles(repository).flatMap((file) => {
    const text = searchedText(repository, file);
    if (!/kustomization|\bks\b|\bsecret\b/i.test(text) || !runsCommands(file, text)) return [];
    const lines: Line[] = [];
    let open: Line | undefined;
    for (const [index, own] of text.split("\n").entries()) {
      const joined: Line = open
        ? { ...open, text: `${open.text} ${own.trim()}` }
        : { file, line: index + 1, text: own };
      open = /\\\s*$/.test(own) ? { ...joined, text: joined.text.replace(/\\\s*$/, "") } : undefined;
      if (!open && !/^\s*(?:#|\/\/)/.test(joined.text)) lines.push(joined);
    }
    return lines;
  });
}
