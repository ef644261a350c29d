import { z } from "zod";
import { annotations, cidr, labels } from "./values.ts";

const nodePort = z.int().min(1).max(65535).meta({ title: "port" });

/** The section `gateways[].traefik.service`. */
export const service = z
  .strictObject({
    type: z
      .enum(["LoadBalancer", "ClusterIP", "NodePort"])
      .default("LoadBalancer")
      .describe("Type of the Service."),
    annotations: annotations
      .default({})
      .describe(
        'Annotations, for example for an address pool: `lbipam.cilium.io/ips: "192.168.1.40,fd00:1::40"`, with one address of each of the `ipFamilies`.',
      ),
    labels: labels
      .default({})
      .describe("Labels, for example those that an address pool uses to select the Service."),
    loadBalancerClass: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Load balancer class, if the cluster has several. Kubernetes allows changing it only together with the Service's type; a preview explains how.",
      ),
    loadBalancerSourceRanges: z
      .array(cidr)
      .min(1)
      .optional()
      .describe(
        "Clients that the load balancer admits, as CIDRs. Defaults to all clients; `LoadBalancer` only.",
      ),
    externalTrafficPolicy: z
      .enum(["Cluster", "Local"])
      .default("Cluster")
      .describe(
        "`Local` preserves the client address, and accepts traffic only on nodes that run a replica. Not for Cilium's L2 announcements, which may announce the address on another node; there, Cilium's `loadBalancer.mode: dsr` preserves it.",
      ),
    ipFamilyPolicy: z
      .enum(["SingleStack", "PreferDualStack", "RequireDualStack"])
      .optional()
      .describe(
        "Whether the Service gets addresses of one IP family or of both (`RequireDualStack`). If omitted, Kubernetes decides.",
      ),
    ipFamilies: z
      .array(z.enum(["IPv4", "IPv6"]))
      .min(1)
      .max(2)
      .optional()
      .describe(
        "IP families in order of preference. The first one cannot be changed on an existing Service.",
      ),
    nodePorts: z
      .strictObject({
        http: nodePort.optional().describe("Node port of the plain listener."),
        https: nodePort.optional().describe("Node port of the HTTPS listeners."),
      })
      .prefault({})
      .describe(
        "Fixed node ports. By default, Kubernetes chooses them. Not allowed for a `ClusterIP` Service.",
      ),
    allocateLoadBalancerNodePorts: z
      .boolean()
      .optional()
      .describe("`false` if the load balancer needs no node ports; `LoadBalancer` only."),
  })
  .superRefine(({ type, nodePorts, loadBalancerSourceRanges, allocateLoadBalancerNodePorts }, context) => {
    const refuse = (path: PropertyKey[], input: unknown, message: string): void => {
      context.addIssue({ code: "custom", path, input, message });
    };
    if (type === "ClusterIP" && Object.values(nodePorts).some((each) => each !== undefined))
      refuse(["nodePorts"], nodePorts, "no node ports for a Service of type ClusterIP");
    if (type === "LoadBalancer") return;
    const only = `no value for a Service of type ${type}, since only a LoadBalancer supports this key`;
    if (loadBalancerSourceRanges !== undefined)
      refuse(["loadBalancerSourceRanges"], loadBalancerSourceRanges, only);
    if (allocateLoadBalancerNodePorts !== undefined)
      refuse(["allocateLoadBalancerNodePorts"], allocateLoadBalancerNodePorts, only);
  })
  .prefault({});
