import * as kx from "@pulumi/kubernetesx";
import * as pulumi from "@pulumi/pulumi";
import { exemption } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, resourceName, withFieldManager, type CommonArgs } from "../shared/declare.ts";
import type { GatewayIdentity } from "../../kube/gateway-contract.ts";
import { autoscaler, type Autoscaling } from "./autoscaler.ts";
import { networkPolicy } from "../shared/network-policy.ts";
import { HTTP3_PORT, traefikName, traefikSelector } from "./names.ts";
import { podTemplate, type TraefikPodArgs } from "./pod.ts";
import { traefikRules } from "./rbac.ts";
import { traefikService, type TraefikServiceArgs } from "./service.ts";

/** Arguments of {@link Traefik}. */
export interface TraefikArgs extends TraefikPodArgs, CommonArgs {
  /** The one Gateway that this Traefik serves (docs/decisions/one-gateway-one-traefik.md). */
  readonly gateway: GatewayIdentity;
  readonly replicas: number;
  /** If set, an autoscaler decides the number of replicas, and `replicas` is ignored. */
  readonly autoscaling?: Autoscaling | undefined;
  /** How many replicas a drain may evict at once; ignored if there is only one replica. */
  readonly podDisruptionBudget: { readonly maxUnavailable: number };
  readonly service: TraefikServiceArgs;
  /** Whether a NetworkPolicy closes every port but those of the entry points, and that of the metrics for the cluster. */
  readonly networkPolicy?: boolean;
}

/** A Traefik that serves one Gateway and does not run as root. */
export class Traefik extends pulumi.ComponentResource {
  constructor(name: string, args: TraefikArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:Traefik", name, {}, options);
    const supporting = supportingObjects(args).map((object) => declare(object, { parent: this }));
    const service = traefikService(args);
    const deployment = deploymentObject(args);
    new kx.Service(resourceName(service), withFieldManager(service) as unknown as KxServiceArgs, {
      parent: this,
    });
    // Another version of Traefik may watch other kinds: without its rights, it would be ready and serve nothing.
    new kx.Deployment(resourceName(deployment), withFieldManager(deployment) as unknown as KxDeploymentArgs, {
      parent: this,
      dependsOn: supporting,
    });
    this.registerOutputs({});
  }
}

type KxServiceArgs = ConstructorParameters<typeof kx.Service>[1];
type KxDeploymentArgs = ConstructorParameters<typeof kx.Deployment>[1];

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
      rules: traefikRules(args),
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
  // If there is only one replica, a disruption budget would block every drain of its node.
  if ((args.autoscaling?.minReplicas ?? args.replicas) > 1)
    objects.push({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name, namespace },
      spec: { ...args.podDisruptionBudget, selector: { matchLabels: traefikSelector(args.gateway) } },
    });
  if (args.networkPolicy === true) objects.push(policy(args));
  if (args.autoscaling !== undefined) objects.push(autoscaler({ name, namespace }, args.autoscaling));
  return objects.map((object) => labelled(args.labels, object));
}

function policy({ gateway, http3 = false, entryPoints = [] }: TraefikArgs): KubeObject {
  return networkPolicy({
    name: traefikName(gateway),
    namespace: gateway.namespace,
    selector: traefikSelector(gateway),
    open: [
      { name: "web" },
      { name: "websecure" },
      ...(http3 ? [{ name: HTTP3_PORT, protocol: "UDP" as const }] : []),
      ...entryPoints.map(({ name, protocol }) => ({ name, protocol })),
    ],
    inCluster: [{ name: "metrics" }],
  });
}

function deploymentObject(args: TraefikArgs): KubeObject {
  const labels = traefikSelector(args.gateway);
  return labelled(args.labels, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: traefikName(args.gateway), namespace: args.gateway.namespace, labels },
    spec: {
      // With autoscaling, the autoscaler owns this field.
      ...(args.autoscaling === undefined && { replicas: args.replicas }),
      selector: { matchLabels: labels },
      // The old pod keeps serving until the new one is ready, even with one replica.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: podTemplate(args),
    },
  });
}
