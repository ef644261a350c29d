import type { Finding } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** The fields of an Alertmanager that decide which AlertmanagerConfigs it reads, and to which alerts it applies them. */
interface AlertmanagerSpec {
  /** Selects no AlertmanagerConfig if absent, and every one if empty. */
  readonly alertmanagerConfigSelector?: Selector;
  /** Selects the Alertmanager's own namespace if absent, and all namespaces if empty. */
  readonly alertmanagerConfigNamespaceSelector?: Selector;
  readonly alertmanagerConfigMatcherStrategy?: { readonly type?: string };
}

/** Namespace and labels of the AlertmanagerConfig. */
interface ConfigIdentity {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * If no Alertmanager on the cluster would use our AlertmanagerConfig for alerts from all namespaces, reports why. With the operator's default
 * strategy, `OnNamespace`, a config receives only alerts from its own namespace, whatever its route says.
 */
export function routingFindings(config: ConfigIdentity, alertmanagers: readonly KubeObject[]): Finding[] {
  const readers = alertmanagers.filter((alertmanager) => reads(alertmanager, config));
  if (readers.length === 0)
    return [
      {
        severity: "warning",
        message: `No Alertmanager on the cluster reads the AlertmanagerConfig in ${config.namespace}: critical alerts will not reach Pushover.`,
        hint: "Set alertmanagerConfigSelector and alertmanagerConfigNamespaceSelector in an Alertmanager's spec ({} selects all), or set alerting.ruleLabels to labels that they select.",
      },
    ];
  if (readers.some((alertmanager) => routesAllNamespaces(alertmanager, config))) return [];
  return [
    {
      severity: "warning",
      message: `${readers.map(describeObject).join(", ")} will send only alerts with the label namespace="${config.namespace}" to Pushover.`,
      hint: "Set alertmanagerConfigMatcherStrategy: { type: None } in its spec. The type OnNamespaceExceptForAlertmanagerNamespace also works if alerting.namespace is the namespace of the Alertmanager.",
    },
  ];
}

const specOf = ({ spec }: KubeObject): AlertmanagerSpec => spec ?? {};

/** Considers a selector's `matchLabels`, but ignores its `matchExpressions`. */
function reads(alertmanager: KubeObject, { namespace, labels }: ConfigIdentity): boolean {
  const { alertmanagerConfigSelector: selector, alertmanagerConfigNamespaceSelector: namespaces } =
    specOf(alertmanager);
  const selectsNamespace = namespaces !== undefined || alertmanager.metadata.namespace === namespace;
  return (
    selectsNamespace &&
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
