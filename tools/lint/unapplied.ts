import { groupOf } from "../../policy/engine/object-index.ts";
import type { Unapplied } from "../../policy/engine/rule.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping } from "../gitops/yaml/values.ts";
import { objectsIn, type WrittenObject } from "../gitops/flux/written.ts";

/**
 * Finds objects in files that no Flux Kustomization uses. The files are read on the first lookup. An object without a namespace matches any
 * namespace.
 */
export function unappliedIn(repository: Repository, files: readonly string[]): Unapplied {
  let written: readonly WrittenObject[] | undefined;
  return (wanted, namespace, name) => {
    written ??= objectsIn(repository, files);
    const found = written.find(({ object: { apiVersion, kind, metadata } }) => {
      if (!isMapping(metadata) || metadata.name !== name || kind !== wanted.kind) return false;
      const isNear = metadata.namespace === undefined || metadata.namespace === namespace;
      return isNear && groupOf({ apiVersion: scalarText(apiVersion) }) === wanted.group;
    });
    return found?.file;
  };
}
