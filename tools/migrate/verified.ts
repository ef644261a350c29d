import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import type { FluxBuild } from "../gitops/flux-build.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { differencesFromFlux } from "../lint/verify-with-flux.ts";
import type { IsWritable, StepResult } from "./run.ts";
import type { FileChange } from "./step.ts";
import { writeChanges } from "./write.ts";

/** Repeats the builds of proofs with Flux's own packages, in a copy of the repository. */
export class FluxVerifier {
  readonly #flux: FluxBuild;
  readonly #copy: string;
  /** The state that the next step starts from. */
  #current: Repository;

  constructor(flux: FluxBuild, { root }: Repository) {
    this.#flux = flux;
    this.#copy = mkdtempSync(join(tmpdir(), "edgefirst-verify-"));
    const skipped = new Set([".git", "node_modules"]);
    cpSync(root, this.#copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => path === root || !skipped.has(basename(path)),
    });
    this.#current = new Repository(this.#copy);
  }

  close(): void {
    this.#flux.close();
    rmSync(this.#copy, { recursive: true, force: true });
  }

  /**
   * The result of a step, unproven if Flux builds a Kustomization that reads a changed file differently before or after the step.
   * @param keep whether the next step starts from this result
   */
  async verified(result: StepResult, keep: IsWritable): Promise<StepResult> {
    const { changes } = result.plan;
    if (changes.length === 0) return result;
    const before = this.#current;
    const undo = changes.map(({ path }) => ({ path, text: fileText(before, path) }));
    const gaps = await this.#gaps(before, changes);
    writeChanges(before, changes);
    const after = new Repository(this.#copy);
    gaps.push(...(await this.#gaps(after, changes)));
    const verified = gaps.length === 0 ? result : withGaps(result, gaps);
    if (keep(verified)) this.#current = after;
    else writeChanges(after, undo);
    return verified;
  }

  async #gaps(repository: Repository, changes: readonly FileChange[]): Promise<string[]> {
    const paths = changes.map(({ path }) => path);
    const isTouched = (kustomization: BuiltCluster["kustomizations"][number]): boolean => {
      const read = kustomization.filesRead();
      return paths.some((path) => read.has(path) || read.has(posix.dirname(path)));
    };
    const found = await differencesFromFlux(repository, this.#flux, isTouched);
    return found.map(
      ({ cluster, message }) => `${cluster}: not proven, because the builds differ: ${message}`,
    );
  }
}

function withGaps(result: StepResult, gaps: readonly string[]): StepResult {
  const { proof } = result;
  const status = proof.status === "fails" ? "fails" : "unproven";
  return { ...result, proof: { ...proof, status, gaps: [...new Set([...proof.gaps, ...gaps])] } };
}
