import * as kx from "@pulumi/kubernetesx";
import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../../kube/client.ts";
import { exemption } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, resourceName, withFieldManager, type CommonArgs } from "../shared/declare.ts";
import { INTERNAL_PORTS, type GatewayIdentity, type ListenerPorts } from "../../kube/gateway-contract.ts";
import { traefikName, traefikSelector } from "./names.ts";
import { podSpec, type TraefikResources } from "./pod.ts";
import { TRAEFIK_RULES } from "./rbac.ts";
import { traefikService, type TraefikServiceArgs } from "./service.ts";

/** Arguments of {@link Traefik}. */
export interface TraefikArgs extends CommonArgs {
  /** The one Gateway that this Traefik serves (docs/decisions/one-gateway-one-traefik.md). */
  readonly gateway: GatewayIdentity;
  readonly ports: ListenerPorts;
  /** Image with tag and digest. */
  readonly image: string;
  readonly replicas: number;
  /** Whether replicas must run on different nodes; with DoNotSchedule, some stay pending if there are too few nodes. */
  readonly spread: "ScheduleAnyway" | "DoNotSchedule";
  /** How many replicas a drain may evict at once; ignored with one replica. */
  readonly podDisruptionBudget: { readonly maxUnavailable: number };
  readonly service: TraefikServiceArgs;
  readonly resources: TraefikResources;
  readonly logLevel: "DEBUG" | "INFO" | "WARN" | "ERROR";
}

/** A Traefik that serves one Gateway, reads only the Gateway API and runs without root. */
export class Traefik extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Traefik", name, {}, options);
    for (const object of supportingObjects(args)) declare(object, { parent: this });
    const service = traefikService(args);
    const deployment = deploymentObject(args);
    new kx.Service(resourceName(service), withFieldManager(service) as unknown as KxServiceArgs, {
      parent: this,
    });
    new kx.Deployment(resourceName(deployment), withFieldManager(deployment) as unknown as KxDeploymentArgs, {
      parent: this,
    });
    this.registerOutputs({});
  }
}

type KxServiceArgs = ConstructorParameters<typeof kx.Service>[1];
type KxDeploymentArgs = ConstructorParameters<typeof kx.Deployment>[1];

/** Listener ports that collide with Traefik's own entry points: Traefik would find two entry points for one port. */
export function checkTraefikPorts({ gateway, ports }: Pick<TraefikArgs, "gateway" | "ports">): Finding[] {
  return Object.entries(INTERNAL_PORTS)
    .filter(([, port]) => port === ports.http || port === ports.https)
    .map(([name, port]) => ({
      severity: "error",
      message: `Gateway ${gateway.namespace}/${gateway.name} has a listener on port ${port}, which its Traefik uses itself (${name}).`,
      hint: "Set a different http.port or https.port.",
    }));
}

/** The component's objects. */
export function traefikObjects(args: TraefikArgs): KubeObject[] {
  return [...supportingObjects(args), traefikService(args), deploymentObject(args)];
}

function supportingObjects(args: TraefikArgs): KubeObject[] {
  const name = traefikName(args.gateway);
  const { namespace } = args.gateway;
  const objects: KubeObject[] = [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: {
        name,
        annotations: exemption(
          "least-privilege",
          "Traefik's Gateway provider watches the certificates' Secrets in all namespaces",
          "rules[0].resources",
        ),
      },
      rules: TRAEFIK_RULES,
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
  // With one replica, a disruption budget would block every drain of its node.
  if (args.replicas > 1)
    objects.push({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace },
      spec: { ...args.podDisruptionBudget, selector: { matchLabels: traefikSelector(args.gateway) } },
    });
  return objects.map((object) => labelled(args.labels, object));
}

function traefikPod({ gateway, ports, image, spread, resources, logLevel }: TraefikArgs) {
  const selector = traefikSelector(gateway);
  return podSpec({
    name: traefikName(gateway),
    selector,
    gateway,
    ports,
    image,
    spread,
    resources,
    logLevel,
  });
}

function deploymentObject(args: TraefikArgs): KubeObject {
  const labels = traefikSelector(args.gateway);
  return labelled(args.labels, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: traefikName(args.gateway), namespace: args.gateway.namespace, labels },
    spec: {
      replicas: args.replicas,
      selector: { matchLabels: labels },
      // The old pod keeps serving until the new one is ready, even with one replica.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: { ...labels, ...args.labels } },
        spec: traefikPod(args),
      },
    },
  });
}
