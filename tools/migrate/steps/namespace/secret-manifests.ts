import type { Repository } from "../../../gitops/yaml/repository.ts";
import { searchedText } from "../../../gitops/yaml/file-text.ts";
import type { Position } from "../../../gitops/yaml/source.ts";
import { isBuilt } from "../../built-files.ts";
import { textFiles } from "../../text-files.ts";
import type { Note } from "../../step.ts";
import { secretsMissing } from "./runbook.ts";
import type { MovingRoot } from "./root.ts";

/**
 * Manifests that Flux does not read, and templates of such, with a Secret that children need in their target namespace: what applies them
 * creates it only where it is today.
 */
export function secretManifests(moving: MovingRoot, repository: Repository): readonly Note[] {
  return secretsMissing(moving, ["decryption", "substituteFrom"]).flatMap(({ target, namespace, name }) => {
    const found = manifestsOf(name, moving, repository);
    if (found.some((one) => one.namespace === target)) return [];
    return found
      .filter((one) => one.namespace === undefined || one.namespace === namespace)
      .map(({ position }): Note => {
        const message = `what applies this file, which Flux does not read, creates Secret ${name} where it is today, but the children need ${target}/${name}: add one for ${target} in the same commit, or a cluster that is built again lacks it`;
        return { kind: "runbook", message, position };
      });
  });
}

interface Manifest {
  readonly position: Position;
  /** Undefined if the manifest does not say it, or only by a variable. */
  readonly namespace: string | undefined;
}

function manifestsOf(name: string, { cluster }: MovingRoot, repository: Repository): readonly Manifest[] {
  const named = new RegExp(`^ +name: *["']?${RegExp.escape(name)}["']? *(?:#.*)?$`, "m");
  return textFiles(repository).flatMap((file) => {
    if (!/\.(?:ya?ml|j2|tmpl|gotmpl)$/.test(file) || isBuilt(file, [cluster])) return [];
    const text = searchedText(repository, file);
    if (!text.includes(name)) return [];
    let line = 1;
    return text.split(/^(?=---)/m).flatMap((document): readonly Manifest[] => {
      const first = line;
      line += document.split("\n").length - 1;
      const [, kind = ""] = /^kind: *["']?(\w+)/m.exec(document) ?? [];
      const { index } = named.exec(document) ?? {};
      if (!kind.endsWith("Secret") || index === undefined) return [];
      const [, namespace] = /^ +namespace: *["']?([\w-]+)["']? *(?:#.*)?$/m.exec(document) ?? [];
      const position = { file, line: first + document.slice(0, index).split("\n").length - 1, column: 1 };
      return [{ position, namespace }];
    });
  });
}
