import { posix } from "node:path";
import { nameOf } from "../kustomize/object-name.ts";
import { scalarText } from "../kustomize/resource.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { specOf } from "./flux-kustomization.ts";

/** The namespace and name of the Secret or ConfigMap through which a Kustomization reaches another cluster. */
export function remoteOf(kustomization: Mapping): string | undefined {
  const { kubeConfig } = specOf(kustomization);
  if (!isMapping(kubeConfig)) return undefined;
  const reference = isMapping(kubeConfig.secretRef) ? kubeConfig.secretRef : kubeConfig.configMapRef;
  if (!isMapping(reference)) return undefined;
  return `${nameOf(kustomization).namespace}/${scalarText(reference.name)}`;
}

/** The name of a remote cluster's Secret, with its namespace if another one has the same name. */
export function remoteName(remote: string, remotes: Iterable<string | undefined>): string {
  const name = posix.basename(remote);
  const same = [...remotes].filter((other) => other !== undefined && posix.basename(other) === name);
  return same.length > 1 ? remote : name;
}
