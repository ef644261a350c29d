import { at } from "../../../policy/engine/read.ts";
import { valuesOf } from "../../../policy/objects/helm.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { bootstrapFiles, fluxVersionOf, isAtLeast, mayBeOlder, type FluxCluster } from "./flux-version.ts";

/** The first Flux version that is strict by default. Source: kustomize-controller 1.9, internal/features/features.go. */
const STRICT_SINCE = "2.9.0";

const GATE = /\bStrictPostBuildSubstitutions=(true|false)\b/;

/**
 * Which versions of a cluster's Flux apply nothing of a Kustomization in which a variable is neither defined nor has a default: `Flux`, or `Flux from 2.9.0 on
 * (…)` if the repository admits older ones; undefined if its Flux does. If the repository shows neither the feature gate nor the version, it may be an older
 * Flux, which replaces such a variable with nothing.
 */
export function strictFlux(cluster: FluxCluster): string | undefined {
  const gate = gateOf(cluster);
  if (gate !== undefined) return gate ? "Flux" : undefined;
  const found = fluxVersionOf(cluster);
  if (found === undefined || !isAtLeast(found.version, STRICT_SINCE)) return undefined;
  const { version, from } = found;
  return mayBeOlder(version, STRICT_SINCE)
    ? `Flux from ${STRICT_SINCE} on (${from} admits ${version})`
    : "Flux";
}

/** The feature gate, which only kustomize-controller knows, wherever its arguments are set. */
function gateOf(cluster: FluxCluster): boolean | undefined {
  const { objects } = cluster;
  const settings = objects.all().map((object) => JSON.stringify(settingsIn(object, cluster) ?? ""));
  const files = bootstrapFiles(cluster.name, cluster.repository).map(({ content }) => content);
  for (const text of [...settings, ...files]) {
    const [, state] = GATE.exec(withoutComments(text)) ?? [];
    if (state !== undefined) return state === "true";
  }
  return undefined;
}

/** What may set the arguments of kustomize-controller. */
function settingsIn(object: KubeObject, { objects }: FluxCluster): unknown {
  const { kind, spec, metadata } = object;
  if (kind === "FluxInstance") return at(spec, ["kustomize", "patches"]);
  if (kind === "Kustomization") return at(spec, ["patches"]);
  if (kind === "HelmRelease") return valuesOf(object, objects).values;
  return kind === "Deployment" && metadata.name === "kustomize-controller" ? spec : undefined;
}

/** Without the comments of YAML, also of YAML in a JSON string. */
const withoutComments = (text: string): string =>
  text.replaceAll(/(?<=^|\n|\\n|")\s*#.*?(?=\n|\\n|"|$)/g, "");
