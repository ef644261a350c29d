import type { Finding } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** The part of an Alertmanager that decides which AlertmanagerConfigs it reads, and for which alerts. */
interface AlertmanagerSpec {
  /** Absent: none. Empty: all. */
  readonly alertmanagerConfigSelector?: Selector;
  /** Absent: the Alertmanager's own namespace. Empty: all. */
  readonly alertmanagerConfigNamespaceSelector?: Selector;
  readonly alertmanagerConfigMatcherStrategy?: { readonly type?: string };
}

/** Where the AlertmanagerConfig lies, and its labels. */
interface ConfigIdentity {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Why no Alertmanager of the cluster would send alerts of every namespace by our AlertmanagerConfig. With the operator's default strategy
 * `OnNamespace` a configuration gets the alerts of its own namespace only, whatever its route says.
 */
export function routingFindings(config: ConfigIdentity, alertmanagers: readonly KubeObject[]): Finding[] {
  const readers = alertmanagers.filter((alertmanager) => reads(alertmanager, config));
  if (readers.length === 0)
    return [
      {
        severity: "warning",
        message: `No Alertmanager of the cluster reads the AlertmanagerConfig in ${config.namespace}: critical alerts will not reach Pushover.`,
        hint: "Set alertmanagerConfigSelector and alertmanagerConfigNamespaceSelector in an Alertmanager's spec ({} selects all), or alerting.ruleLabels to what they select.",
      },
    ];
  if (readers.some((alertmanager) => routesAllNamespaces(alertmanager, config))) return [];
  return [
    {
      severity: "warning",
      message: `${readers.map(describeObject).join(", ")} would send only alerts with the label namespace="${config.namespace}" to Pushover.`,
      hint: "Set alertmanagerConfigMatcherStrategy: { type: None } in its spec, or OnNamespaceExceptForAlertmanagerNamespace where alerting.namespace is the Alertmanager's own.",
    },
  ];
}

const specOf = ({ spec }: KubeObject): AlertmanagerSpec => spec ?? {};

/** Expressions of a selector are not looked at: such an Alertmanager is taken to read what its plain labels admit. */
function reads(alertmanager: KubeObject, { namespace, labels }: ConfigIdentity): boolean {
  const { alertmanagerConfigSelector: selector, alertmanagerConfigNamespaceSelector: namespaces } =
    specOf(alertmanager);
  const inReach = namespaces !== undefined || alertmanager.metadata.namespace === namespace;
  return (
    inReach &&
    selector !== undefined &&
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  );
}

function routesAllNamespaces(alertmanager: KubeObject, { namespace }: ConfigIdentity): boolean {
  const strategy = specOf(alertmanager).alertmanagerConfigMatcherStrategy?.type ?? "OnNamespace";
  if (strategy === "OnNamespaceExceptForAlertmanagerNamespace")
    return alertmanager.metadata.namespace === namespace;
  return strategy === "None";
}
