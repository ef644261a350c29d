import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { FluxBuild, FluxBuildAnswer } from "../../tools/gitops/flux-build.ts";
import {
  buildOffline,
  compareWithFlux,
  differingPaths,
  type Comparison,
} from "../../tools/gitops/flux-compare.ts";
import { generateCase, type GeneratedCase } from "./flux-cases.ts";
import { writeFiles } from "./temporary.ts";

/** What a run does with each seed. */
export interface FuzzRun {
  /** The case for a seed; by default a generated one. Without a case, the seed is skipped. */
  readonly caseFor?: (seed: number) => GeneratedCase | undefined;
  readonly from: number;
  readonly to: number;
  /** How many cases to find per feature in which it changes something, by building cases without it as well; 0 for none. */
  readonly effective: number;
  /** Ends the run after the current case. */
  readonly signal?: AbortSignal;
  /** Receives each case that the two build differently; the run ends when it returns true. */
  readonly onDifference: (seed: number, generated: GeneratedCase, comparison: Comparison) => boolean;
  readonly onCase?: (done: number) => void;
}

/** How many cases have a feature. */
export interface FeatureCount {
  generated: number;
  /** Of those, how many build. */
  built: number;
  /** How many were found that give something else without the feature, up to the number asked for. */
  effective: number;
}

/** The result of a run. */
export interface FuzzReport {
  readonly cases: number;
  readonly built: number;
  readonly features: ReadonlyMap<string, FeatureCount>;
}

/** Builds generated cases offline and with Flux's own packages, and compares them. */
export async function fuzz(flux: FluxBuild, run: FuzzRun): Promise<FuzzReport> {
  const features = new Map<string, FeatureCount>();
  let built = 0;
  let cases = 0;
  for (let seed = run.from; seed < run.to && run.signal?.aborted !== true; seed++) {
    const generated = (run.caseFor ?? generateCase)(seed);
    if (generated === undefined) continue;
    const comparison = await withFiles(generated, (root) => compareWithFlux(flux, { root, ...generated }));
    cases++;
    if (comparison.outcome === "equal") built++;
    else if (comparison.outcome !== "refused" && run.onDifference(seed, generated, comparison)) break;
    for (const name of generated.features) {
      const count = features.get(name) ?? { generated: 0, built: 0, effective: 0 };
      features.set(name, count);
      count.generated++;
      if (comparison.outcome === "equal") count.built++;
      if (count.effective < run.effective && (await changes(name, seed, comparison.offline)))
        count.effective++;
    }
    run.onCase?.(cases);
  }
  return { cases, built, features };
}

async function changes(feature: string, seed: number, offline: FluxBuildAnswer): Promise<boolean> {
  const without = generateCase(seed, feature);
  const other = await withFiles(without, (root) => Promise.resolve(buildOffline({ root, ...without })));
  if ("error" in offline && "error" in other) return false;
  return !isDeepStrictEqual(offline, other);
}

async function withFiles<Result>(
  { files }: GeneratedCase,
  work: (root: string) => Promise<Result>,
): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), "flux-case-"));
  try {
    writeFiles(root, files);
    return await work(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** How a case differs. */
export function details({ offline, flux }: Comparison): string {
  if ("objects" in offline && "objects" in flux)
    return differingPaths([...offline.objects], [...flux.objects]).join("\n");
  const [ours, theirs] = [offline, flux].map((answer) =>
    "error" in answer ? answer.error : `builds ${answer.objects.length} objects`,
  );
  return `offline: ${ours}; Flux: ${theirs}`;
}

/** The features as a table. */
export function table({ features }: FuzzReport): string {
  const rows = [...features].map(([name, { generated, built, effective }]) =>
    [name.padEnd(24), ...[generated, built, effective].map((count) => String(count).padStart(9))].join(" "),
  );
  return ["feature                  generated     built effective", ...rows].join("\n");
}
