import type { FluxBuild } from "../gitops/flux-build.ts";
import { compareWithFlux, differingPaths, type Comparison } from "../gitops/flux-compare.ts";
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
 * Builds every Flux Kustomization of a repository with Flux's own packages too, and adds those that differ to the report, as something that could
 * not be checked. Variables are substituted only in a Kustomization whose variables are all known.
 */
export async function verifyWithFlux(
  report: LintedReport,
  repository: Repository,
  flux: FluxBuild,
): Promise<LintedReport> {
  const { differences } = await compareAllWithFlux(repository, flux);
  const found = differences.map(({ cluster, message, kustomization }) => {
    const position = locate(originOf(kustomization.object));
    return ofObstacle({ kind: "build", message, position }, [cluster]);
  });
  const findings = [...report.findings, ...found].sort(byPosition);
  return { ...report, findings, rules: summaries(findings) };
}

/** A Kustomization that Flux builds differently, or not at all. */
export interface FluxDifference {
  readonly cluster: string;
  readonly kustomization: BuiltKustomization;
  readonly message: string;
}

/** How many Kustomizations Flux has built, too, and which of them differently. */
export interface FluxComparison {
  readonly compared: number;
  readonly differences: readonly FluxDifference[];
}

/** Builds the Kustomizations of a repository on disk with Flux, too; `selected` limits which are built. */
export async function compareAllWithFlux(
  repository: Repository,
  flux: FluxBuild,
  selected: (kustomization: BuiltKustomization) => boolean = () => true,
): Promise<FluxComparison> {
  const differences: FluxDifference[] = [];
  let compared = 0;
  for (const built of buildRepository(repository, { partial: true }).clusters) {
    const { name: cluster } = built;
    const strict = strictFlux({ name: cluster, objects: indexOf(built), repository }) !== undefined;
    for (const kustomization of built.kustomizations.filter(({ isExternal }) => !isExternal)) {
      if (!selected(kustomization)) continue;
      const comparison = await compareWithFlux(flux, {
        root: repository.root,
        spec: comparedSpec(kustomization),
        strict,
      });
      compared++;
      if (comparison.outcome === "different")
        differences.push({ cluster, kustomization, message: describe(kustomization, comparison) });
    }
  }
  return { compared, differences };
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

function describe({ object }: BuiltKustomization, { offline, flux }: Comparison): string {
  const { name, namespace } = isMapping(object.metadata) ? object.metadata : {};
  const id = `Kustomization ${scalarText(namespace)}/${scalarText(name)}`;
  if ("error" in flux) return `Flux refuses to build ${id}: ${flux.error}`;
  if ("error" in offline) return `Flux builds ${id}, but the offline build does not: ${offline.error}`;
  const differences = differingPaths([...offline.objects], [...flux.objects]);
  return `Flux builds ${id} differently: ${differences.slice(0, LISTED).join("; ")}`;
}
