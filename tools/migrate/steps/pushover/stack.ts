import { coerce, lt } from "semver";
import type { GroupKind } from "../../../../policy/engine/object-index.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping, mappingsIn, type Mapping, type PathStep } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn, idOf, isKind, nameOf } from "../../objects.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/release/chart.ts";
import type { Store } from "./objects.ts";

/** The kind of object that adds routes and receivers to Alertmanager's configuration. */
export const ALERTMANAGER_CONFIG: GroupKind = { group: "monitoring.coreos.com", kind: "AlertmanagerConfig" };

/** The values of the Alertmanager object. */
export const ALERTMANAGER: readonly PathStep[] = ["spec", "values", "alertmanager", "alertmanagerSpec"];

/**
 * Gives the configs in Alertmanager's namespace the alerts of all namespaces; each other config keeps those of its own, as with the operator's default. With `None`,
 * tenants would get each other's alerts.
 * Source: https://github.com/prometheus-operator/prometheus-operator/pull/7604
 */
const STRATEGY = {
  alertmanagerConfigMatcherStrategy: { type: "OnNamespaceExceptForAlertmanagerNamespace" },
} as const;

/** The values that set {@link STRATEGY}. */
export const VALUES: Mapping = { alertmanager: { alertmanagerSpec: STRATEGY } };

/** A chart version whose operator, 0.85, has {@link STRATEGY}. */
const SINCE = "77.0.0";

/** Whether an object is a release of kube-prometheus-stack. */
export function isStack(object: Mapping | undefined, clusters: readonly BuiltCluster[]): boolean {
  return (
    object !== undefined && isRelease(object) && chartOf(object, clusters).name === "kube-prometheus-stack"
  );
}

/** Why a release's alerts cannot get a route; empty if they already go to Pushover, undefined if the step can add the route. */
export function whyNot(release: Mapping, cluster: BuiltCluster): string | undefined {
  const { objects } = cluster;
  const pushes = objects.find(
    ({ object }) =>
      (isKind(object, ALERTMANAGER_CONFIG) || object === release) &&
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
  if (Object.keys(fieldsIn(spec, ["alertmanagerConfigNamespaceSelector"])).length > 0)
    return "its alertmanagerConfigNamespaceSelector may exclude its own namespace";
  const elsewhere = otherNamespace(release);
  if (elsewhere !== undefined)
    return `its ${elsewhere} puts Alertmanager into another namespace, where its configs and their Secrets must be: add them there by hand`;
  return routesAllNamespaces(release) ? undefined : whyNoStrategy(release, cluster);
}

/** The setting that puts Alertmanager into another namespace than its HelmRelease. */
function otherNamespace(release: Mapping): string | undefined {
  return ["targetNamespace", "values.namespaceOverride"].find((path) => {
    const value = scalarText(fieldAt(release, ["spec", ...path.split(".")]));
    return value !== "" && value !== nameOf(release).namespace;
  });
}

/** Whether Alertmanager already gives a config in its namespace the alerts of all namespaces. */
export function routesAllNamespaces(release: Mapping): boolean {
  const type = fieldAt(release, [...ALERTMANAGER, ...STRATEGY_TYPE]);
  return type === "None" || type === STRATEGY.alertmanagerConfigMatcherStrategy.type;
}

const STRATEGY_TYPE = ["alertmanagerConfigMatcherStrategy", "type"];

/** Why {@link STRATEGY} cannot be set, or would give another config more alerts; undefined if it changes nothing else. */
function whyNoStrategy(release: Mapping, cluster: BuiltCluster): string | undefined {
  const { version } = chartOf(release, [cluster]);
  const number = coerce(version);
  if (number === null || lt(number, SINCE))
    return `with chart version ${version || "unknown"}, only the strategy None gives a config the alerts of all namespaces, and it does so for every AlertmanagerConfig, those of tenants included: use version ${SINCE} or later, or set \`alertmanagerConfigMatcherStrategy: { type: None }\` in its alertmanagerSpec yourself`;
  const widened = cluster.objects.find(
    ({ object }) =>
      isKind(object, ALERTMANAGER_CONFIG) &&
      nameOf(object).namespace === nameOf(release).namespace &&
      !choosesNamespaces(object),
  );
  if (widened === undefined) return undefined;
  const { file, line } = locate(widened.origin);
  return `AlertmanagerConfig ${idOf(widened.object)} (${file}:${line}) would get the alerts of all namespaces, too: give its route, and both sides of its inhibitRules, a matcher for the label namespace`;
}

/** Whether a config chooses the namespaces of its alerts, so that the operator's matcher is not needed. */
function choosesNamespaces(config: Mapping): boolean {
  const spec = fieldsIn(config, ["spec"]);
  const rules = Array.isArray(spec.inhibitRules) ? spec.inhibitRules : [];
  const matchers = [
    fieldAt(spec, ["route", "matchers"]),
    ...rules.flatMap((rule) => [fieldAt(rule, ["sourceMatch"]), fieldAt(rule, ["targetMatch"])]),
  ];
  return matchers.every(
    (list) => Array.isArray(list) && list.some((matcher) => fieldAt(matcher, ["name"]) === "namespace"),
  );
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
  const receivers = mappingsIn(config.receivers);
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
    .filter((object) => isKind(object, { group: "external-secrets.io", kind: "ExternalSecret" }))
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
