import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { BuiltKustomization } from "../../gitops/flux/built.ts";
import { specOf } from "../../gitops/flux/flux-kustomization.ts";
import { scalarText } from "../../gitops/kustomize/resource.ts";
import type { Repository } from "../../gitops/yaml/repository.ts";
import { startOf } from "../../gitops/yaml/source.ts";
import { mappingIn } from "../release.ts";
import { NotRenderable } from "../rendered.ts";
import type { FilesChart } from "./reference.ts";

/**
 * Copies a chart from the repository, with the changes that are not on disk yet, into a directory of the workspace.
 * @returns the chart's directory
 * @throws NotRenderable if the source is another repository, or has no such chart
 */
export function copyOwnChart(
  { source, path }: FilesChart,
  repository: Repository,
  kustomizations: readonly BuiltKustomization[],
  workspace: string,
): string {
  const { kind, namespace, name } = source;
  if (!isOwn(source, kustomizations))
    throw new NotRenderable(`its chart is in ${kind} ${namespace}/${name}, which is another repository`);
  if (!repository.isFile(posix.join(path, "Chart.yaml")))
    throw new NotRenderable(`the repository has no chart ${path}`);
  const files = repository.filesBelow(path, () => true);
  const contents = files.map((file) => ({
    file,
    bytes: repository.readBytes(file, startOf(file)),
  }));
  const hash = createHash("sha256");
  for (const { file, bytes } of contents) hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  const target = join(workspace, "own", hash.digest("hex"), posix.basename(path));
  if (existsSync(target)) return target;
  const unfinished = `${target}.${crypto.randomUUID()}`;
  for (const { file, bytes } of contents) {
    const copy = join(unfinished, posix.relative(path, file));
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, bytes);
  }
  try {
    renameSync(unfinished, target);
  } catch (error) {
    // Another render has made the same copy.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** Whether a source is this repository: a Kustomization that builds files of this repository uses it. Without Flux, every source counts. */
function isOwn(
  { kind, namespace, name }: FilesChart["source"],
  kustomizations: readonly BuiltKustomization[],
): boolean {
  if (kustomizations.length === 0) return true;
  return kustomizations.some(({ isExternal, object }) => {
    const reference = mappingIn(specOf(object), "sourceRef");
    const home = scalarText(mappingIn(object, "metadata").namespace);
    return (
      !isExternal &&
      reference.kind === kind &&
      reference.name === name &&
      (scalarText(reference.namespace) || home) === namespace
    );
  });
}
