import { z } from "zod";
import { placement, resources } from "./pods.ts";
import { service } from "./traefik-service.ts";
import { cidr, duration, labelName, port } from "./values.ts";

/** The section `gateways[].traefik`. */
export const traefik = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe(
        "`false` if a HelmRelease owns Traefik: the stack then only checks that Traefik accepts the GatewayClass.",
      ),
    replicas: z.int().min(1).max(20).default(1).describe("Number of Traefik pods."),
    spread: z
      .enum(["ScheduleAnyway", "DoNotSchedule"])
      .default("ScheduleAnyway")
      .describe(
        "How replicas are spread over nodes: `ScheduleAnyway` if possible; `DoNotSchedule` always, so a replica stays pending if no node is free.",
      ),
    podDisruptionBudget: z
      .strictObject({
        maxUnavailable: z.int().min(1).default(1).describe("How many replicas a drain may evict at once."),
      })
      .prefault({})
      .describe(
        "The disruption budget, which exists by default if there are two or more replicas. For one replica, it would block every drain.",
      ),
    service: service.describe("The Service through which clients reach Traefik."),
    resources: resources
      .default({ requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } })
      .describe("Resources for each replica."),
    logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO").describe("Traefik's log level."),
    logFormat: z.enum(["json", "common"]).default("json").describe("Format of Traefik's log."),
    accessLog: z
      .strictObject({
        format: z.enum(["json", "common"]).default("json").describe("Format of the access log."),
        statusCodes: z
          .array(z.string().regex(/^[1-5]\d\d(-[1-5]\d\d)?$/, "a status or a range, such as 400-599"))
          .default([])
          .describe("Response statuses to log, such as `400-599`. Defaults to all."),
      })
      .optional()
      .describe(
        "The access log, on standard output. Off if omitted; `{}` turns it on. `ClientHost` is the visitor's address: the sender of the request, or what `X-Forwarded-For` says, if one of `trustedProxies` sent it.",
      ),
    timeouts: z
      .strictObject({
        read: duration.optional().describe("Time to read a whole request. Traefik's default is `60s`."),
        write: duration
          .optional()
          .describe("Time to write a response. Traefik's default is `0s`, which means no limit."),
        idle: duration
          .optional()
          .describe("Time that an idle connection stays open. Traefik's default is `180s`."),
      })
      .prefault({})
      .describe(
        "Timeouts of client connections. An upload that takes longer than `read` fails; `0s` means no limit.",
      ),
    trustedProxies: z
      .array(cidr)
      .default([])
      .describe("Proxies in front of Traefik whose `X-Forwarded-*` headers it trusts, as CIDRs."),
    proxyProtocol: z
      .strictObject({
        trustedProxies: z
          .array(cidr)
          .min(1)
          .describe("Load balancers that send the PROXY protocol, as CIDRs."),
      })
      .optional()
      .describe("Accept the PROXY protocol, which load balancers use to pass on the client's address."),
    http3: z
      .boolean()
      .default(false)
      .describe(
        "Also serve HTTP/3 over UDP on the HTTPS port. The load balancer must forward both TCP and UDP.",
      ),
    entryPoints: z
      .array(
        z.strictObject({
          name: labelName.max(15).describe("Name of the entry point and of the Service's port."),
          port: port.describe("Port of the entry point and of the Service."),
          protocol: z.enum(["TCP", "UDP"]).default("TCP").describe("Protocol."),
        }),
      )
      .max(16)
      .default([])
      .describe("Entry points in addition to `web` and `websecure`, for `extraListeners`."),
    experimentalChannel: z
      .boolean()
      .default(false)
      .describe(
        "Serve TCPRoutes. Traefik 3.7 reads their version v1alpha2, which the cluster serves only with the CRDs from the experimental channel of the Gateway API.",
      ),
    middlewares: z
      .boolean()
      .default(false)
      .describe(
        "Let routes use Traefik's Middlewares, as filters of type ExtensionRef. Installs Traefik's CRDs, unless another owner has installed them, and permits Traefik to read them. Traefik still ignores IngressRoutes.",
      ),
    autoscaling: z
      .strictObject({
        minReplicas: z.int().min(1).max(100).default(2).describe("Minimum number of pods."),
        maxReplicas: z.int().min(1).max(100).describe("Maximum number of pods."),
        cpuUtilization: z
          .int()
          .min(1)
          .max(1000)
          .default(80)
          .describe("Target CPU utilization, in percent of the request."),
      })
      .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, {
        path: ["maxReplicas"],
        error: "at least minReplicas",
      })
      .optional()
      .describe(
        "A HorizontalPodAutoscaler, which then sets the number of pods instead of `replicas`. Needs metrics-server.",
      ),
    zones: z
      .boolean()
      .default(false)
      .describe("Also spread replicas over zones, if possible (`topology.kubernetes.io/zone`)."),
    ...placement,
    arguments: z
      .array(
        z.string().regex(/^--[a-zA-Z][^\s=]*(=.*)?$/, "an argument such as --ping.terminatingstatuscode=204"),
      )
      .default([])
      .describe(
        "Further arguments of Traefik, for options that no key sets. Arguments that the stack itself sets are refused.",
      ),
  })
  .prefault({});
