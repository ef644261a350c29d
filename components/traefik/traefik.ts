import * as kx from "@pulumi/kubernetesx";
import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../../kube/client.ts";
import { exemption } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, resourceName, withFieldManager, type CommonArgs } from "../shared/declare.ts";
import { INTERNAL_PORTS, type GatewayIdentity, type ListenerPorts } from "../../kube/gateway-contract.ts";
import { podSpec, type TraefikResources } from "./pod.ts";
import { TRAEFIK_RULES } from "./rbac.ts";

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

/** The Service through which clients reach Traefik. */
export interface TraefikServiceArgs {
  readonly type: "LoadBalancer" | "ClusterIP" | "NodePort";
  /** For address pools, such as `lbipam.cilium.io/ips`. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly loadBalancerClass?: string | undefined;
  /** Local preserves the client address, and accepts traffic only on nodes that run a replica. */
  readonly externalTrafficPolicy: "Cluster" | "Local";
}

/** A Traefik that serves one Gateway, reads only the Gateway API and runs without root. */
export class Traefik extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Traefik", name, {}, options);
    for (const object of supportingObjects(args)) declare(object, { parent: this });
    const service = serviceObject(args);
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
  return [...supportingObjects(args), serviceObject(args), deploymentObject(args)];
}

/** Name of a Gateway's Traefik; not `traefik-<gateway>`, which a HelmRelease in the repository may already use. */
export function traefikName(gateway: GatewayIdentity): string {
  return `traefik-gateway-${gateway.name}`;
}

/** Literal values, so that a policy sees them in the first preview. Never change them: a Deployment's selector is immutable. */
export function traefikSelector(gateway: GatewayIdentity): Record<string, string> {
  return { "app.kubernetes.io/name": "traefik", "app.kubernetes.io/instance": traefikName(gateway) };
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

function serviceObject(args: TraefikArgs): KubeObject {
  const { type, annotations, loadBalancerClass, externalTrafficPolicy } = args.service;
  const spec = {
    type,
    selector: traefikSelector(args.gateway),
    ports: [
      { name: "web", port: args.ports.http, targetPort: "web", protocol: "TCP" },
      { name: "websecure", port: args.ports.https, targetPort: "websecure", protocol: "TCP" },
    ],
    // The API server rejects these fields on Services of other types.
    ...(type === "ClusterIP" ? {} : { externalTrafficPolicy }),
    ...(type === "LoadBalancer" && loadBalancerClass !== undefined ? { loadBalancerClass } : {}),
  };
  const { namespace } = args.gateway;
  const metadata = {
    name: traefikName(args.gateway),
    namespace,
    labels: traefikSelector(args.gateway),
    // The engine would wait for the Service's endpoints, and the Gateway would wait for the engine. The verification checks the address instead, and that Traefik responds.
    annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
  };
  return labelled(args.labels, { apiVersion: "v1", kind: "Service", metadata, spec });
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
