import { z } from "zod";
import { annotations, hostname, labelName, labels, objectName, port, quantity } from "./values.ts";

/** The section `gatewayApi`. */
export const gatewayApi = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe("false: the cluster gets the definitions from elsewhere; they are checked and not applied."),
    source: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A local directory with the very files of `release.yaml`, or the release's `standard-install.yaml`, for machines without a network.",
      ),
  })
  .prefault({});

const resources = z.strictObject({
  requests: z
    .strictObject({
      cpu: quantity.describe("CPU that is set aside."),
      memory: quantity.describe("Memory that is set aside."),
    })
    .describe("What the scheduler sets aside for each replica."),
  limits: z
    .strictObject({
      cpu: quantity.optional().describe("CPU at most; without it, whatever the node has to spare."),
      memory: quantity.describe("Memory at most."),
    })
    .describe("What each replica may use at most."),
});

const service = z
  .strictObject({
    type: z
      .enum(["LoadBalancer", "ClusterIP", "NodePort"])
      .default("LoadBalancer")
      .describe("How clients reach it."),
    annotations: annotations.default({}).describe("For address pools, as in `lbipam.cilium.io/ips`."),
    loadBalancerClass: z
      .string()
      .min(1)
      .optional()
      .describe("Which load balancer serves it, where a cluster has several."),
    externalTrafficPolicy: z
      .enum(["Cluster", "Local"])
      .default("Cluster")
      .describe("`Local` keeps the client's address and serves only through nodes that run a replica."),
  })
  .prefault({});

const traefik = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe(
        "false: a HelmRelease owns Traefik here; it is only checked that it accepts the GatewayClass.",
      ),
    replicas: z.int().min(1).max(20).default(1).describe("How many pods of Traefik run."),
    spread: z
      .enum(["ScheduleAnyway", "DoNotSchedule"])
      .default("ScheduleAnyway")
      .describe("Replicas on different nodes: where possible, or else left pending."),
    podDisruptionBudget: z
      .strictObject({
        maxUnavailable: z
          .int()
          .min(1)
          .default(1)
          .describe("How many replicas a drain may take away at once."),
      })
      .prefault({})
      .describe("With one replica there is no budget: it would block every drain."),
    service: service.describe("The Service that clients reach Traefik by."),
    resources: resources
      .default({ requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } })
      .describe("What each replica gets."),
    logLevel: z
      .enum(["DEBUG", "INFO", "WARN", "ERROR"])
      .default("INFO")
      .describe("How much Traefik writes to its log."),
  })
  .prefault({});

const certificate = z.union(
  [
    z.strictObject({
      secret: objectName.describe("A Secret of type `kubernetes.io/tls`."),
      namespace: labelName
        .optional()
        .describe("Its namespace; by default the Gateway's. Elsewhere, a ReferenceGrant is made there."),
    }),
    z.strictObject({
      issuer: objectName.describe("A cert-manager issuer, which makes the Secret."),
      kind: z.enum(["Issuer", "ClusterIssuer"]).default("ClusterIssuer").describe("What kind of issuer."),
    }),
  ],
  { error: "either { secret, namespace? } or { issuer, kind? }" },
);

const listenerHostname = z.strictObject({
  hostname: hostname.describe("A hostname, or a wildcard such as `*.example.com`."),
  certificate: certificate
    .optional()
    .describe("Where its certificate comes from. Without one, the listener is left out with a warning."),
});

/** An entry of `gateways`. */
export const gateway = z.strictObject({
  name: labelName
    .max(47)
    .describe("Its name; short enough for `traefik-gateway-<name>` to be the name of a Service."),
  namespace: labelName.describe("Its namespace, and that of its Traefik; made where it is absent."),
  className: labelName.describe(
    "The GatewayClass of this Gateway alone: one Gateway, one Traefik, one class.",
  ),
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
    .describe("Which namespaces may attach routes: all, the Gateway's own, or those with these labels."),
  http: z
    .strictObject({
      port: port.default(80).describe("Port of the listener `web`."),
      redirectToHttps: z
        .boolean()
        .default(false)
        .describe("Answer every plain request with a redirect to HTTPS."),
    })
    .prefault({})
    .describe("The listener for plain HTTP."),
  https: z
    .strictObject({
      port: port.default(443).describe("Port of the HTTPS listeners."),
      hostnames: z
        .array(listenerHostname)
        .max(63)
        .default([])
        .describe("One listener a hostname; a Gateway has at most 64 listeners, the plain one among them."),
    })
    .prefault({})
    .describe("The listeners for HTTPS."),
  gatus: z
    .strictObject({
      enabled: z.boolean().optional().describe("Whether routes are monitored that do not say so themselves."),
      endpoint: z
        .record(z.string(), z.unknown())
        .optional()
        .describe("What is merged into each route's endpoint: fields as Gatus reads them."),
    })
    .prefault({})
    .describe(
      "Defaults of the routes' monitoring, as `gatus.home-operations.com/…` annotations of the Gateway.",
    ),
  traefik: traefik.describe("The Traefik that serves this Gateway and no other."),
});
