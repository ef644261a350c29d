import { at } from "../../../policy/engine/read.ts";
import { valuesOf } from "../../../policy/objects/helm.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { bootstrapFiles, fluxVersionOf, isAtLeast, type FluxCluster } from "./flux-version.ts";

/** The first Flux version that is strict by default. Source: kustomize-controller 1.9, internal/features/features.go. */
const STRICT_SINCE = "2.9.0";

const GATE = /\bStrictPostBuildSubstitutions=(true|false)\b/;

/**
 * Whether a cluster's kustomize-controller applies nothing of a Kustomization in which a variable is neither defined nor has a default. If the repository shows
 * neither the feature gate nor the version, it may be an older Flux, which replaces such a variable with nothing.
 */
export function isStrict(cluster: FluxCluster): boolean {
  const gate = gateOf(cluster);
  if (gate !== undefined) return gate;
  const found = fluxVersionOf(cluster);
  return found !== undefined && isAtLeast(found.version, STRICT_SINCE);
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
