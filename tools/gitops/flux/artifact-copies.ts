import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../../lib/temporary-folder.ts";
import type { Repository } from "../yaml/repository.ts";
import type { BuiltKustomization } from "./built.ts";

/**
 * Copies of a repository as Flux's sources deliver it. `flux-build` reads no `.sourceignore`, but if a directory has no kustomization file, each YAML
 * file below it counts, also those that never reach Flux, such as workflows.
 */
export class ArtifactCopies {
  readonly #repository: Repository;
  readonly #copies = new Map<Repository, string>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The directory to build a Kustomization from: the repository itself, unless its source leaves out a file that would be built. */
  rootFor({ artifact, directory, isGenerated }: BuiltKustomization): string {
    if (artifact === undefined || !isGenerated) return this.#repository.root;
    const all = this.#repository.yamlFiles(directory);
    if (all.every((file) => artifact.isFile(file))) return this.#repository.root;
    const root = this.#copies.get(artifact) ?? temporaryFolder("artifact");
    if (!this.#copies.has(artifact)) {
      this.#copies.set(artifact, root);
      copyFiles(artifact, root);
    }
    return root;
  }

  remove(): void {
    for (const root of this.#copies.values()) rmSync(root, { recursive: true, force: true });
    this.#copies.clear();
  }
}

function copyFiles(artifact: Repository, to: string): void {
  for (const file of artifact.filesBelow(".", () => true)) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(join(artifact.root, file), join(to, file));
  }
}
