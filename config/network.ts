import { z } from "zod";
import { annotations, hostname, labelName, labels, objectName, port, quantity } from "./values.ts";

/** The section `gatewayApi`. */
export const gatewayApi = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe("false: the CRDs have another owner; they are checked, not applied."),
    source: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A local directory with the files listed in `release.yaml`, or the release's `standard-install.yaml`, for machines without network access.",
      ),
  })
  .prefault({});

const resources = z.strictObject({
  requests: z
    .strictObject({
      cpu: quantity.describe("CPU request."),
      memory: quantity.describe("Memory request."),
    })
    .describe("Resource requests for each replica."),
  limits: z
    .strictObject({
      cpu: quantity
        .optional()
        .describe("CPU limit. Without one, a replica may use any spare CPU on the node."),
      memory: quantity.describe("Memory limit."),
    })
    .describe("Resource limits for each replica."),
});

const nodePort = z.int().min(1).max(65535).meta({ title: "port" });

const service = z
  .strictObject({
    type: z
      .enum(["LoadBalancer", "ClusterIP", "NodePort"])
      .default("LoadBalancer")
      .describe("Type of the Service."),
    annotations: annotations
      .default({})
      .describe("Annotations, for example for an address pool: `lbipam.cilium.io/ips`."),
    labels: labels
      .default({})
      .describe("Labels, for example those with which an address pool selects the Service."),
    loadBalancerClass: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Load balancer class, if the cluster has several. Kubernetes allows a change only together with the type; a preview explains how.",
      ),
    loadBalancerSourceRanges: z
      .array(z.union([z.cidrv4(), z.cidrv6()], { error: "a CIDR such as 192.0.2.0/24" }))
      .min(1)
      .optional()
      .describe("Clients that the load balancer admits, as CIDRs. Defaults to all; `LoadBalancer` only."),
    externalTrafficPolicy: z
      .enum(["Cluster", "Local"])
      .default("Cluster")
      .describe(
        "`Local` preserves the client address, and accepts traffic only on nodes that run a replica.",
      ),
    ipFamilyPolicy: z
      .enum(["SingleStack", "PreferDualStack", "RequireDualStack"])
      .optional()
      .describe("Whether the Service gets addresses of one family or both. Defaults to the cluster's."),
    ipFamilies: z
      .array(z.enum(["IPv4", "IPv6"]))
      .min(1)
      .max(2)
      .optional()
      .describe("Families in order of preference. The first one cannot be changed on an existing Service."),
    nodePorts: z
      .strictObject({
        http: nodePort.optional().describe("Node port of the plain listener."),
        https: nodePort.optional().describe("Node port of the HTTPS listeners."),
      })
      .prefault({})
      .describe("Fixed node ports. By default, the cluster chooses; not with `ClusterIP`."),
    allocateLoadBalancerNodePorts: z
      .boolean()
      .optional()
      .describe("false: a load balancer that needs no node ports gets none; `LoadBalancer` only."),
  })
  .superRefine(({ type, nodePorts, loadBalancerSourceRanges, allocateLoadBalancerNodePorts }, context) => {
    const refuse = (path: PropertyKey[], input: unknown, message: string): void => {
      context.addIssue({ code: "custom", path, input, message });
    };
    if (type === "ClusterIP" && Object.values(nodePorts).some((each) => each !== undefined))
      refuse(["nodePorts"], nodePorts, "none for a Service of type ClusterIP");
    if (type === "LoadBalancer") return;
    const only = `none for a Service of type ${type}; only a LoadBalancer supports it`;
    if (loadBalancerSourceRanges !== undefined)
      refuse(["loadBalancerSourceRanges"], loadBalancerSourceRanges, only);
    if (allocateLoadBalancerNodePorts !== undefined)
      refuse(["allocateLoadBalancerNodePorts"], allocateLoadBalancerNodePorts, only);
  })
  .prefault({});

const traefik = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe("false: a HelmRelease owns Traefik; the stack only checks that it accepts the GatewayClass."),
    replicas: z.int().min(1).max(20).default(1).describe("Number of Traefik pods."),
    spread: z
      .enum(["ScheduleAnyway", "DoNotSchedule"])
      .default("ScheduleAnyway")
      .describe(
        "Whether replicas must run on different nodes: if possible, or always (some may stay pending).",
      ),
    podDisruptionBudget: z
      .strictObject({
        maxUnavailable: z.int().min(1).default(1).describe("How many replicas a drain may evict at once."),
      })
      .prefault({})
      .describe("The disruption budget. Not created for one replica, since it would block every drain."),
    service: service.describe("The Service through which clients reach Traefik."),
    resources: resources
      .default({ requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } })
      .describe("Resources for each replica."),
    logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO").describe("Traefik's log level."),
  })
  .prefault({});

const certificate = z.union(
  [
    z.strictObject({
      secret: objectName.describe("A Secret of type `kubernetes.io/tls`."),
      namespace: labelName
        .optional()
        .describe(
          "Namespace of the Secret. Defaults to the Gateway's; for any other, a ReferenceGrant is created.",
        ),
    }),
    z.strictObject({
      issuer: objectName.describe("A cert-manager issuer, which creates the Secret."),
      kind: z.enum(["Issuer", "ClusterIssuer"]).default("ClusterIssuer").describe("Kind of the issuer."),
    }),
  ],
  { error: "either { secret, namespace? } or { issuer, kind? }" },
);

const listenerHostname = z.strictObject({
  hostname: hostname.describe("A hostname, or a wildcard such as `*.example.com`."),
  certificate: certificate
    .optional()
    .describe("The certificate. Without one, the hostname gets no listener, with a warning."),
});

/** An entry of `gateways`. */
export const gateway = z.strictObject({
  name: labelName
    .max(47)
    .describe("Name, at most 47 characters, so that `traefik-gateway-<name>` is a valid Service name."),
  namespace: labelName.describe("Namespace of the Gateway and its Traefik; created if absent."),
  className: labelName.describe(
    "Name of the GatewayClass, used by this Gateway only: one Gateway, one Traefik, one class.",
  ),
  annotations: annotations
    .default({})
    .describe(
      "Annotations of the Gateway, such as `external-dns.alpha.kubernetes.io/target`. Annotations that other keys set take precedence.",
    ),
  labels: labels.default({}).describe("Labels of the Gateway."),
  allowedNamespaces: z
    .union(
      [
        z.literal("All"),
        z.literal("Same"),
        z.strictObject({ matchLabels: labels.describe("Labels of the namespaces.") }),
      ],
      { error: '"All", "Same" or { matchLabels: {…} }' },
    )
    .default("All")
    .describe("Namespaces whose routes may attach: all, the Gateway's own, or those with these labels."),
  http: z
    .strictObject({
      port: port.default(80).describe("Port of the listener `web`."),
      redirectToHttps: z.boolean().default(false).describe("Redirect every plain request to HTTPS."),
    })
    .prefault({})
    .describe("The plain HTTP listener."),
  https: z
    .strictObject({
      port: port.default(443).describe("Port of the HTTPS listeners."),
      hostnames: z
        .array(listenerHostname)
        .max(63)
        .default([])
        .describe("One listener per hostname. A Gateway has at most 64 listeners, including the plain one."),
    })
    .prefault({})
    .describe("The HTTPS listeners."),
  gatus: z
    .strictObject({
      endpoint: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          'Gatus endpoint fields to merge into the endpoint of each route: `client: { insecure: true }` for a self-signed certificate; without an HTTPS listener, also `conditions: ["[CONNECTED] == true"]`, which shows only that the name resolves and Traefik answers.',
        ),
    })
    .prefault({})
    .describe(
      "Monitoring defaults for routes, set as the annotation `gatus.home-operations.com/endpoint` on the Gateway.",
    ),
  traefik: traefik.describe("The Traefik that serves only this Gateway."),
});
