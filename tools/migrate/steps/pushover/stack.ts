import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type PathStep } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn, isKind } from "../../objects.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/chart.ts";
import type { Store } from "./objects.ts";

/** The values of the Alertmanager object. */
export const ALERTMANAGER: readonly PathStep[] = ["spec", "values", "alertmanager", "alertmanagerSpec"];

/** The operator's default strategy gives a config only the alerts from its own namespace. */
export const STRATEGY = { alertmanagerConfigMatcherStrategy: { type: "None" } } as const;

/** Whether an object is a release of kube-prometheus-stack. */
export function isStack(object: Mapping | undefined, clusters: readonly BuiltCluster[]): boolean {
  return (
    object !== undefined && isRelease(object) && chartOf(object, clusters).name === "kube-prometheus-stack"
  );
}

/** Why a release's alerts cannot get a route; empty if they already go to Pushover, undefined if the step can add the route. */
export function whyNot(release: Mapping, { objects }: BuiltCluster): string | undefined {
  const pushes = objects.find(
    ({ object }) =>
      (isKind(object, "monitoring.coreos.com", "AlertmanagerConfig") || object === release) &&
      /"pushover_?configs"/i.test(JSON.stringify(object)),
  );
  if (pushes || JSON.stringify(release.spec ?? {}).includes("pushover_configs")) return "";
  if (fieldAt(release, ["spec", "values", "alertmanager", "enabled"]) === false)
    return "its Alertmanager is disabled";
  const spec = fieldsIn(release, ALERTMANAGER);
  const global = scalarText(fieldAt(spec, ["alertmanagerConfiguration", "name"]));
  if (global !== "")
    return `AlertmanagerConfig ${global} contains its whole configuration: add the receiver there`;
  if (spec.configSecret !== undefined || spec.useExistingSecret === true)
    return "its configuration is in a Secret, which this step cannot read";
  const receiver = notifiedByDefault(release);
  if (receiver !== undefined)
    return `critical alerts that only reach its default receiver ${receiver} would no longer arrive there: add a Pushover receiver to its configuration, or a route to ${receiver} with \`continue: true\` and no matchers`;
  if (labelsOf(spec) === undefined)
    return "its alertmanagerConfigSelector has expressions, which this step cannot satisfy";
  return Object.keys(fieldsIn(spec, ["alertmanagerConfigNamespaceSelector"])).length > 0
    ? "its alertmanagerConfigNamespaceSelector may exclude its own namespace"
    : undefined;
}

/**
 * The receiver of the root route if it notifies anyone. Alertmanager uses it only for alerts that match no other route, so a new route takes
 * its alerts away, even with `continue: true`. The chart's default receiver is `null`.
 * Source: Match in https://github.com/prometheus/alertmanager/blob/v0.31.1/dispatch/route.go
 */
function notifiedByDefault(release: Mapping): string | undefined {
  const values = fieldsIn(release, ["spec", "values", "alertmanager"]);
  if (values.stringConfig !== undefined && values.stringConfig !== "") return "in `stringConfig`";
  const config = fieldsIn(values, ["config"]);
  const name = scalarText(fieldAt(config, ["route", "receiver"]));
  if (name === "") return undefined;
  const receivers = Array.isArray(config.receivers) ? config.receivers.filter(isMapping) : [];
  const found = receivers.find((receiver) => scalarText(receiver.name) === name);
  if (found === undefined) return name === "null" ? undefined : name;
  return Object.keys(found).length > 1 ? name : undefined;
}

/** The labels that an AlertmanagerConfig needs for Alertmanager to read it; undefined if the selector has `matchExpressions`. */
export function labelsOf(spec: Mapping): Mapping | undefined {
  const selector = fieldsIn(spec, ["alertmanagerConfigSelector"]);
  return selector.matchExpressions === undefined ? fieldsIn(selector, ["matchLabels"]) : undefined;
}

/** The secret store that most ExternalSecrets in a cluster use. */
export function storeOf({ objects }: BuiltCluster): Store | undefined {
  const stores = objects
    .map(({ object }) => object)
    .filter((object) => isKind(object, "external-secrets.io", "ExternalSecret"))
    .flatMap((object): Store[] => {
      const reference = fieldAt(object, ["spec", "secretStoreRef"]);
      if (!isMapping(reference) || scalarText(reference.kind) !== "ClusterSecretStore") return [];
      return [
        {
          apiVersion: scalarText(object.apiVersion),
          kind: scalarText(reference.kind),
          name: scalarText(reference.name),
        },
      ];
    });
  const [most] = [...Map.groupBy(stores, (store) => JSON.stringify(store)).values()].toSorted(
    (a, b) => b.length - a.length,
  );
  return most?.[0];
}
