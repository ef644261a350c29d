import type { FluxBuild } from "../gitops/flux-build.ts";
import { compareWithFlux, differingPaths, type Comparison } from "../gitops/flux-compare.ts";
import { ArtifactCopies } from "../gitops/flux/artifact-copies.ts";
import type { BuiltKustomization } from "../gitops/flux/built.ts";
import { indexOf } from "../gitops/flux/cluster-index.ts";
import { specOf } from "../gitops/flux/flux-kustomization.ts";
import { strictFlux } from "../gitops/flux/strict-substitution.ts";
import { buildRepository } from "../gitops/flux/repository-build.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { isMapping, originOf, type Mapping } from "../gitops/yaml/values.ts";
import { byPosition } from "./finding.ts";
import type { LintedReport } from "./lint.ts";
import { ofObstacle } from "./linted-finding.ts";
import { summaries } from "./summaries.ts";

/** How many differences of one Kustomization are listed. */
const LISTED = 3;

/**
 * Builds every Flux Kustomization of a repository with Flux's own packages too, and adds those from which it does not build the same objects to the
 * report, as something that could not be checked. Variables are substituted only in a Kustomization whose variables are all known.
 */
export async function verifyWithFlux(
  report: LintedReport,
  repository: Repository,
  flux: FluxBuild,
): Promise<LintedReport> {
  const { others } = await compareAllWithFlux(repository, flux);
  const found = others.map(({ cluster, message, outcome, kustomization }) => {
    const position = locate(originOf(kustomization.object));
    const kind = outcome === "unsupported" ? "unsupported" : "build";
    return ofObstacle({ kind, message, position }, [cluster]);
  });
  const findings = [...report.findings, ...found].sort(byPosition);
  return { ...report, findings, rules: summaries(findings) };
}

/** A Kustomization from which Flux's packages have not built the same objects: others, or none. */
export interface NotTheSame {
  readonly cluster: string;
  readonly kustomization: BuiltKustomization;
  readonly outcome: Exclude<Comparison["outcome"], "equal">;
  readonly message: string;
}

/** From how many Kustomizations Flux has built the same objects, and all others. */
export interface FluxComparison {
  readonly same: number;
  readonly others: readonly NotTheSame[];
}

/** Builds the Kustomizations of a repository on disk with Flux, too; `selected` limits which are built. */
export async function compareAllWithFlux(
  repository: Repository,
  flux: FluxBuild,
  selected: (kustomization: BuiltKustomization) => boolean = () => true,
): Promise<FluxComparison> {
  const others: NotTheSame[] = [];
  const artifacts = new ArtifactCopies(repository);
  let same = 0;
  try {
    for (const built of buildRepository(repository, { partial: true }).clusters) {
      const { name: cluster } = built;
      const strict = strictFlux({ name: cluster, objects: indexOf(built), repository }) !== undefined;
      for (const kustomization of built.kustomizations.filter(({ isExternal }) => !isExternal)) {
        if (!selected(kustomization)) continue;
        const root = artifacts.rootFor(kustomization);
        const comparison = await compareWithFlux(flux, { root, spec: comparedSpec(kustomization), strict });
        const outcome = outcomeOf(comparison);
        if (outcome === "equal") same++;
        else
          others.push({
            cluster,
            kustomization,
            outcome,
            message: describe(kustomization, comparison, root),
          });
      }
    }
  } finally {
    artifacts.remove();
  }
  return { same, others };
}

/** Flux's packages have no network here, so their error about a remote resource says nothing about the cluster. */
function outcomeOf({ outcome, offline }: Comparison): Comparison["outcome"] {
  return "error" in offline && offline.error.startsWith("unsupported") ? "unsupported" : outcome;
}

/** The spec with the values of its variables; without substitution if some are not known. */
function comparedSpec({ object, variables, directory }: BuiltKustomization): Mapping {
  const { postBuild, ...spec } = specOf(object);
  const values = [...(variables?.values ?? [])];
  const isKnown = variables?.complete === true && values.every(([, value]) => value !== undefined);
  const substituted = isKnown &&
    isMapping(postBuild) && {
      postBuild: { ...postBuild, substituteFrom: [], substitute: Object.fromEntries(values) as Mapping },
    };
  return JSON.parse(JSON.stringify({ ...spec, path: `./${directory}`, ...substituted })) as Mapping;
}

/** @param root the directory of the build, which Flux's errors name: it may be a copy that is gone */
function describe({ object }: BuiltKustomization, comparison: Comparison, root: string): string {
  const { offline, flux } = comparison;
  const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
  const id = `Kustomization ${scalarText(namespace)}/${scalarText(name)}`;
  if (outcomeOf(comparison) === "unsupported" && "error" in offline)
    return `${id} was not compared, because the offline build cannot build it: ${offline.error}`;
  if ("error" in flux) return `Flux refuses to build ${id}: ${flux.error.replaceAll(`${root}/`, "")}`;
  if ("error" in offline) return `Flux builds ${id}, but the offline build does not: ${offline.error}`;
  const differences = differingPaths([...offline.objects], [...flux.objects]);
  return `Flux builds ${id} differently: ${differences.slice(0, LISTED).join("; ")}`;
}
