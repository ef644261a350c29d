import { at, fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import { SERVICE } from "../../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { selectorMatches, type Pods } from "../network/selectors.ts";
import { extraObjects } from "../release/extra-objects.ts";

/** A Service in front of a release's pods, and the numbers or names of the ports to which it sends. */
interface PodService {
  readonly name: string;
  readonly ports: readonly unknown[];
}

/** The Services in front of a release's pods that its own chart does not name: those of the repository, and those in its `extraObjects`. */
export function podServices(values: Fields, pods: Pods, cluster: BuiltCluster): readonly PodService[] {
  return [...ownServices(pods, cluster), ...extraServices(values, pods)];
}

function ownServices(pods: Pods, cluster: BuiltCluster): readonly PodService[] {
  return indexOf(cluster)
    .ofKind(SERVICE)
    .flatMap(({ metadata: { name, namespace = "default" }, spec }) =>
      namespace === pods.namespace && selectsThem(fields(fields(spec).selector), pods)
        ? [{ name: `Service ${namespace}/${name}`, ports: portsIn(spec) }]
        : [],
    );
}

/**
 * The chart renders each entry of `extraObjects`, a mapping or a text, as a template of its own, so a label may be one; such a label counts as the pods'.
 * Source: github.com/traefik/traefik-helm-chart: traefik/templates/extra-objects.yaml
 */
function extraServices(values: Fields, pods: Pods): readonly PodService[] {
  return extraObjects(values.extraObjects).flatMap(({ kind, metadata, spec }) => {
    const name = text(fields(metadata).name) ?? "";
    const namespace = text(fields(metadata).namespace);
    const isFor =
      kind === SERVICE.kind &&
      (namespace === undefined || isTemplate(namespace) || namespace === pods.namespace) &&
      selectsThem(fields(fields(spec).selector), pods);
    return isFor ? [{ name: `Service ${name} in extraObjects`, ports: portsIn(spec) }] : [];
  });
}

const isTemplate = (value: unknown): boolean => String(value).includes("{{");

/** Charts add labels that are not known here: at least one of the selector's must be known to be the pods', or be a template. */
function selectsThem(selector: Fields, pods: Pods): boolean {
  const labels = Object.entries(selector);
  const literal = labels.filter(([, value]) => !isTemplate(value));
  return (
    labels.some(([key, value]) => isTemplate(value) || pods.labels.get(key) === value) &&
    selectorMatches({ matchLabels: Object.fromEntries(literal) }, pods) !== false
  );
}

const portsIn = (spec: unknown): readonly unknown[] =>
  list(fields(spec).ports).map((port) => at(port, ["targetPort"]) ?? at(port, ["port"]));
