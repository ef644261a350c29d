import * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { routingFindings } from "./route.ts";
import { alertRules } from "./rules.ts";
import { declare, labelled, type CommonArgs } from "../shared/declare.ts";

/** Arguments of {@link Alerting}. */
export interface AlertingArgs extends CommonArgs {
  /** false where it is not wanted, and where {@link alertingSupported} says that the cluster cannot take it. */
  readonly install: boolean;
  readonly namespace: string;
  /** Labels by which the cluster's Prometheus and Alertmanager select what they read. */
  readonly ruleLabels: Readonly<Record<string, string>>;
  /** Routes critical alerts to Pushover; undefined: none is routed by this stack. */
  readonly pushover?:
    { readonly token: pulumi.Input<string>; readonly userKey: pulumi.Input<string> } | undefined;
  /** What Prometheus is to read metrics from. */
  readonly scrape: readonly ScrapeTarget[];
}

/** Pods that serve `/metrics`. */
export interface ScrapeTarget {
  readonly name: string;
  readonly namespace: string;
  readonly matchLabels: Readonly<Record<string, string>>;
  /** Name of the container port. */
  readonly port: string;
}

const GROUP = "monitoring.coreos.com";
/** Kinds of the Prometheus operator that the component declares. */
const KINDS = [
  [`${GROUP}/v1`, "PrometheusRule"],
  [`${GROUP}/v1`, "PodMonitor"],
  [`${GROUP}/v1alpha1`, "AlertmanagerConfig"],
] as const;
/** Name of the component's objects in their namespace. */
const NAME = "edgefirst";
const PUSHOVER_SECRET = "edgefirst-pushover";

/** Alerts on what Gatus, the kubelets and Flux report, the critical ones to Pushover. */
export class Alerting extends pulumi.ComponentResource {
  constructor(name: string, args: AlertingArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Alerting", name, {}, options);
    for (const object of alertingObjects(args)) declare(object, { parent: this });
    this.registerOutputs();
  }
}

/** Every object of alerting; none where it is not to be installed. */
export function alertingObjects(args: AlertingArgs): KubeObject[] {
  if (!args.install) return [];
  const objects = [...pushoverObjects(args), ruleObject(args), ...args.scrape.map(podMonitor)];
  return objects.map((object) => labelled({ ...args.ruleLabels, ...args.labels }, object));
}

/** Whether the cluster serves the Prometheus operator's kinds; without them alerting stays off. */
export async function alertingSupported(cluster: ClusterReader): Promise<boolean> {
  return (await missingKinds(cluster)).length === 0;
}

/**
 * What keeps alerts from being raised or sent. To be asked with what the configuration wants; where a kind is missing, the finding says
 * that alerting is off.
 */
export async function checkAlerting(args: AlertingArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (!args.install) return [];
  const missing = await missingKinds(cluster);
  if (missing.length > 0)
    return [
      {
        severity: "warning",
        message: `Alerting is off: the cluster does not serve ${missing.join(", ")} of the Prometheus operator.`,
        hint: "Install the operator's CRDs and run again, or set alerting.install to false.",
      },
    ];
  if (args.pushover === undefined) return [];
  return routingFindings(
    { namespace: args.namespace, labels: { ...args.ruleLabels, ...args.labels } },
    await cluster.list(`${GROUP}/v1`, "Alertmanager"),
  );
}

async function missingKinds(cluster: ClusterReader): Promise<string[]> {
  const served = await Promise.all(KINDS.map(([apiVersion, kind]) => cluster.serves(apiVersion, kind)));
  return KINDS.filter((_, index) => served[index] !== true).map(
    ([apiVersion, kind]) => `${kind} (${apiVersion})`,
  );
}

function pushoverObjects({ namespace, pushover }: AlertingArgs): KubeObject[] {
  if (pushover === undefined) return [];
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: PUSHOVER_SECRET, namespace },
      type: "Opaque",
      stringData: { token: pushover.token, userKey: pushover.userKey },
    },
    alertmanagerConfig(namespace),
  ];
}

/** Critical alerts to Pushover. Priority 1 bypasses quiet hours; 2, the operator's default, would repeat until it is acknowledged. */
function alertmanagerConfig(namespace: string): KubeObject {
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "AlertmanagerConfig",
    metadata: { name: NAME, namespace },
    spec: {
      route: {
        receiver: "pushover",
        groupBy: ["alertname", "namespace"],
        groupWait: "1m",
        groupInterval: "10m",
        repeatInterval: "12h",
        matchers: [{ name: "severity", value: "critical", matchType: "=" }],
      },
      receivers: [
        {
          name: "pushover",
          pushoverConfigs: [
            {
              token: { name: PUSHOVER_SECRET, key: "token" },
              userKey: { name: PUSHOVER_SECRET, key: "userKey" },
              sendResolved: true,
              priority: '{{ if eq .Status "firing" }}1{{ else }}0{{ end }}',
              title:
                '{{ .CommonLabels.alertname }} {{ if eq .Status "firing" }}firing{{ else }}resolved{{ end }}',
              message: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}",
            },
          ],
        },
      ],
    },
  };
}

function ruleObject({ namespace }: AlertingArgs): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "PrometheusRule",
    metadata: { name: NAME, namespace },
    spec: { groups: alertRules() },
  };
}

function podMonitor({ name, namespace, matchLabels, port }: ScrapeTarget): KubeObject {
  return {
    apiVersion: `${GROUP}/v1`,
    kind: "PodMonitor",
    metadata: { name, namespace },
    spec: { selector: { matchLabels }, podMetricsEndpoints: [{ port, path: "/metrics", interval: "1m" }] },
  };
}
