import type { Finding } from "../../kube/client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { isRead, type Selectable } from "./selection.ts";

/** The field of an Alertmanager that decides to which alerts it applies an AlertmanagerConfig. */
interface AlertmanagerSpec {
  readonly alertmanagerConfigMatcherStrategy?: { readonly type?: string };
}

/**
 * If no Alertmanager on the cluster would use our AlertmanagerConfig for alerts from all namespaces, reports why. With the operator's default
 * strategy, `OnNamespace`, a config receives only alerts from its own namespace, whatever its route says.
 */
export function routingFindings(config: Selectable, alertmanagers: readonly KubeObject[]): Finding[] {
  const readers = alertmanagers.filter((alertmanager) => isRead(alertmanager, "alertmanagerConfig", config));
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
      hint: "Set alerting.namespace to its namespace and, in its spec, alertmanagerConfigMatcherStrategy: { type: OnNamespaceExceptForAlertmanagerNamespace }. The type None works in any namespace, but gives every AlertmanagerConfig the alerts of all namespaces.",
    },
  ];
}

const specOf = ({ spec }: KubeObject): AlertmanagerSpec => spec ?? {};

function routesAllNamespaces(alertmanager: KubeObject, { namespace }: Selectable): boolean {
  const strategy = specOf(alertmanager).alertmanagerConfigMatcherStrategy?.type ?? "OnNamespace";
  if (strategy === "OnNamespaceExceptForAlertmanagerNamespace")
    return alertmanager.metadata.namespace === namespace;
  return strategy === "None";
}
