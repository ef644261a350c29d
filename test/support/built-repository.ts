import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildRepository,
  type BuildOptions,
  type BuiltRepository,
} from "../../tools/gitops/flux/repository-build.ts";
import { Repository } from "../../tools/gitops/yaml/repository.ts";
import type { Mapping } from "../../tools/gitops/yaml/values.ts";
import { writeFiles } from "./temporary.ts";

/** Builds a repository with these files. */
export function build(files: Readonly<Record<string, string>>, options?: BuildOptions): BuiltRepository {
  const root = mkdtempSync(join(tmpdir(), "clusters-"));
  try {
    writeFiles(root, files);
    return buildRepository(new Repository(root), options);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** By cluster, the names of the ConfigMaps. */
export function maps({ clusters }: BuiltRepository): Readonly<Record<string, readonly unknown[]>> {
  const entries = clusters.map(({ name, objects }) => {
    const found = objects.filter(({ object }) => object.kind === "ConfigMap");
    return [name, found.map(({ object }) => (object.metadata as Mapping).name).sort()] as const;
  });
  return Object.fromEntries(entries.sort());
}

/** A Flux Kustomization, as text. */
export const kustomization = (
  name: string,
  path: string,
  source = "GitRepository, name: home",
): string => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1h, path: ${path}, prune: true, sourceRef: { kind: ${source} } }
`;
/** A ConfigMap, as text. */
export const map = (name: string): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`;
