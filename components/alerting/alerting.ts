import * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { pushoverRouteSpec } from "../../kube/pushover-route.ts";
import { routingFindings } from "./route.ts";
import { alertRules } from "./rules.ts";
import { namespaceLabels, selectionFindings, type Selectable } from "./selection.ts";
import { declare, labelled, type CommonArgs } from "../shared/declare.ts";
import { checkPushoverSecret, type PushoverKeys, type PushoverSecret } from "../shared/pushover.ts";

/** Arguments of {@link Alerting}. */
export interface AlertingArgs extends CommonArgs {
  /** Whether the stack installs alerting; must be false if {@link alertingSupported} returns false. */
  readonly install: boolean;
  readonly namespace: string;
  /** Labels that the cluster's Prometheus and Alertmanager use to select rules and receivers. */
  readonly ruleLabels: Readonly<Record<string, string>>;
  /** Where critical alerts are sent; if undefined, this stack routes no alerts. */
  readonly pushover?: PushoverKeys | undefined;
  /** Pods that Prometheus should scrape. */
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
/** The Prometheus operator kinds that the component declares. */
const KINDS = [
  [`${GROUP}/v1`, "PrometheusRule"],
  [`${GROUP}/v1`, "PodMonitor"],
  [`${GROUP}/v1alpha1`, "AlertmanagerConfig"],
] as const;
/** Name of the component's objects. */
const NAME = "edgefirst";
/** The Secret that the stack writes, unless it uses an existing one. */
const PUSHOVER_SECRET: PushoverSecret = { secret: "edgefirst-pushover", token: "token", userKey: "userKey" };

/** Alerts on metrics from Gatus, the kubelets and Flux. Critical alerts go to Pushover. */
export class Alerting extends pulumi.ComponentResource {
  constructor(name: string, args: AlertingArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Alerting", name, {}, options);
    for (const object of alertingObjects(args)) declare(object, { parent: this });
    this.registerOutputs();
  }
}

/** The component's objects; empty unless it is installed. */
export function alertingObjects(args: AlertingArgs): KubeObject[] {
  if (!args.install) return [];
  const objects = [...pushoverObjects(args), ruleObject(args), ...args.scrape.map(podMonitor)];
  return objects.map((object) => labelled({ ...args.ruleLabels, ...args.labels }, object));
}

/** Whether the cluster serves the Prometheus operator's kinds, without which alerting stays off. */
export async function alertingSupported(cluster: ClusterReader): Promise<boolean> {
  return (await missingKinds(cluster)).length === 0;
}

/**
 * Reports anything that keeps alerts from being raised or sent, such as a kind that the cluster lacks. Pass `install` as configured, even if {@link
 * alertingSupported} returns false.
 */
export async function checkAlerting(args: AlertingArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (!args.install) return [];
  const missing = await missingKinds(cluster);
  if (missing.length > 0)
    return [
      {
        severity: "warning",
        message: `The stack installs no alerting: the cluster does not serve ${missing.join(", ")}, which the Prometheus operator provides.`,
        hint: "Install the operator's CRDs and re-run, or set alerting.install to false.",
      },
    ];
  const ours: Selectable = {
    namespace: args.namespace,
    labels: { ...args.ruleLabels, ...args.labels },
    namespaceLabels: await namespaceLabels(args.namespace, cluster),
  };
  return [
    ...selectionFindings(ours, await cluster.list(`${GROUP}/v1`, "Prometheus")),
    ...(args.pushover === undefined
      ? []
      : routingFindings(ours, await cluster.list(`${GROUP}/v1`, "Alertmanager"))),
    ...(await checkPushoverSecret(
      args.pushover,
      {
        namespace: args.namespace,
        sender: "Alertmanager",
        consequence: "the Prometheus operator would ignore the route to Pushover",
      },
      cluster,
    )),
  ];
}

async function missingKinds(cluster: ClusterReader): Promise<string[]> {
  const served = await Promise.all(KINDS.map(([apiVersion, kind]) => cluster.serves(apiVersion, kind)));
  return KINDS.filter((_, index) => served[index] !== true).map(
    ([apiVersion, kind]) => `${kind} (${apiVersion})`,
  );
}

function pushoverObjects({ namespace, pushover }: AlertingArgs): KubeObject[] {
  if (pushover === undefined) return [];
  if ("secret" in pushover) return [alertmanagerConfig(namespace, pushover)];
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: PUSHOVER_SECRET.secret, namespace },
      type: "Opaque",
      stringData: {
        [PUSHOVER_SECRET.token]: pushover.token,
        [PUSHOVER_SECRET.userKey]: pushover.userKey,
      },
    },
    alertmanagerConfig(namespace, PUSHOVER_SECRET),
  ];
}

/** Sends critical alerts to Pushover. */
function alertmanagerConfig(namespace: string, { secret: name, token, userKey }: PushoverSecret): KubeObject {
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: "AlertmanagerConfig",
    metadata: { name: NAME, namespace },
    spec: pushoverRouteSpec({
      token: { name, key: token },
      userKey: { name, key: userKey },
      title: '{{ .CommonLabels.alertname }} {{ if eq .Status "firing" }}firing{{ else }}resolved{{ end }}',
    }),
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
