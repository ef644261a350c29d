import { cpSync, rmSync } from "node:fs";
import { basename, posix } from "node:path";
import { fileError } from "../../lib/file-error.ts";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import type { FluxBuild } from "../gitops/flux-build.ts";
import type { BuiltCluster } from "../gitops/flux/built.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { compareAllWithFlux } from "../lint/verify-with-flux.ts";
import type { IsWritable, StepResult } from "./run.ts";
import type { FileChange } from "./step.ts";
import { writeChanges } from "./write.ts";

/** Repeats the builds of proofs with Flux's own packages, in a copy of the repository. */
export class FluxVerifier {
  readonly #flux: FluxBuild;
  readonly #copy: string;
  /** The state that the next step starts from. */
  #current: Repository;

  /** @param open starts `flux-build`, once a copy is there: nothing would end the program if a copy is not possible */
  constructor(open: () => FluxBuild, { root }: Repository) {
    this.#copy = copyOf(root);
    this.#current = new Repository(this.#copy);
    this.#flux = open();
  }

  close(): void {
    this.#flux.close();
    rmSync(this.#copy, { recursive: true, force: true });
  }

  /**
   * The result of a step with what was compared, unproven unless Flux builds the same objects from each Kustomization that reads a changed file, before and after the step.
   * @param keep whether the next step starts from this result
   */
  async verified(result: StepResult, keep: IsWritable): Promise<StepResult> {
    const { changes } = result.plan;
    if (changes.length === 0) return result;
    const before = this.#current;
    const undo = changes.map(({ path }) => ({ path, text: fileText(before, path) }));
    const earlier = await this.#compare(before, changes);
    writeChanges(before, changes);
    const after = new Repository(this.#copy);
    const later = await this.#compare(after, changes);
    const verified = {
      ...withGaps(result, [...earlier.gaps, ...later.gaps]),
      byFlux: { before: earlier.same, after: later.same, others: earlier.gaps.length + later.gaps.length },
    };
    if (keep(verified)) this.#current = after;
    else writeChanges(after, undo);
    return verified;
  }

  async #compare(
    repository: Repository,
    changes: readonly FileChange[],
  ): Promise<{ readonly same: number; readonly gaps: readonly string[] }> {
    const paths = changes.map(({ path }) => path);
    const isTouched = (kustomization: BuiltCluster["kustomizations"][number]): boolean => {
      const read = kustomization.filesRead();
      return paths.some((path) => read.has(path) || read.has(posix.dirname(path)));
    };
    const { same, others } = await compareAllWithFlux(repository, this.#flux, isTouched);
    const gaps = others.map(({ cluster, outcome, message }) => {
      const why = outcome === "different" ? ", because the builds differ" : "";
      return `${cluster}: not proven${why}: ${message}`;
    });
    return { same, gaps };
  }
}

function withGaps(result: StepResult, gaps: readonly string[]): StepResult {
  if (gaps.length === 0) return result;
  const { proof } = result;
  const status = proof.status === "fails" ? "fails" : "unproven";
  return { ...result, proof: { ...proof, status, gaps: [...new Set([...proof.gaps, ...gaps])] } };
}

function copyOf(root: string): string {
  const copy = temporaryFolder("verify");
  const skipped = new Set([".git", "node_modules"]);
  try {
    cpSync(root, copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => path === root || !skipped.has(basename(path)),
    });
    return copy;
  } catch (error) {
    rmSync(copy, { recursive: true, force: true });
    throw fileError(`The copy of the repository in ${copy}`, error);
  }
}
