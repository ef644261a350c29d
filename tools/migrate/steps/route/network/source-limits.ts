import { commaList } from "../../../../../lib/comma-list.ts";
import { yamlMap } from "../../../../../lib/yaml-map.ts";
import { at, text, texts, type Fields } from "../../../../../policy/engine/read.ts";

/** A Service with what limits who reaches its load balancer. */
export interface FrontService {
  readonly annotations: Fields;
  readonly spec: Fields;
}

/**
 * Annotations with a list of the addresses or prefix lists that a load balancer admits.
 * Sources: service/helpers in k8s.io/cloud-provider (`load-balancer-source-ranges`); https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/;
 * pkg/annotations/constants.go in github.com/kubernetes-sigs/aws-load-balancer-controller;
 * https://docs.digitalocean.com/products/kubernetes/how-to/configure-load-balancers/ (allow rules);
 * https://help.ovhcloud.com, "Using the OVHcloud Managed Kubernetes LoadBalancer" (allowed sources). Those of Hetzner and OpenStack have none.
 */
const LISTS =
  /(?:\/load-balancer-source-ranges|azure-allowed-ip-ranges|azure-allowed-service-tags|aws-load-balancer-security-group-prefix-lists|do-loadbalancer-allow-rules|ovh-loadbalancer-allowed-sources)$/;

/**
 * Annotations that limit it by rules or by something outside the cluster.
 * Sources: as for {@link LISTS}; https://linode.github.io/linode-cloud-controller-manager/configuration/annotations/ (firewalls);
 * https://docs.vultr.com, "How to use a Vultr load balancer with VKE" (firewall rules); https://www.alibabacloud.com/help/en/ack, "Use annotations to configure CLB instances" (acl)
 */
const RULES =
  /(?:aws-load-balancer-security-groups|azure-deny-all-except-load-balancer-source-ranges|do-loadbalancer-deny-rules|linode-loadbalancer-firewall-(?:acl|id)|vultr-loadbalancer-firewall-rules|alibaba-cloud-loadbalancer-acl-id)$/;

/** The lists of addresses that a load balancer admits, by the name of the setting; none if one admits all. */
export function rangesOf(service: FrontService): ReadonlyMap<string, readonly string[]> {
  if (!isLoadBalancer(service)) return new Map();
  const { annotations, spec } = service;
  const own = deniesRanges(annotations) ? [] : texts(spec.loadBalancerSourceRanges).flatMap(commaList);
  const all: readonly (readonly [string, readonly string[]])[] = [
    ...Object.entries(annotations).map(([name, value]) => [name, admitted(name, text(value) ?? "")] as const),
    ["loadBalancerSourceRanges", own],
  ];
  return new Map(all.filter(([, ranges]) => ranges.length > 0 && !ranges.some(isEverything)));
}

/** The other settings that limit who reaches a load balancer, with their values. */
export function rulesOf(service: FrontService): ReadonlyMap<string, string> {
  if (!isLoadBalancer(service)) return new Map();
  const { annotations, spec } = service;
  const denied = deniesRanges(annotations) ? texts(spec.loadBalancerSourceRanges).join() : "";
  const all = Object.entries(annotations).flatMap(([name, value]): readonly (readonly [string, string])[] => {
    const rule = text(value) ?? "";
    const isRule = RULES.test(name) && !["", "false"].includes(rule) && linodeList(name, rule).length === 0;
    return isRule ? [[name, rule]] : [];
  });
  return new Map([...all, ...(denied === "" ? [] : [[DENY, denied] as const])]);
}

const isLoadBalancer = ({ spec }: FrontService): boolean =>
  (text(spec.type) ?? "LoadBalancer") === "LoadBalancer";

/** The annotation by which Cilium takes the ranges for those to keep out. Source: https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/ */
const DENY = "service.cilium.io/src-ranges-policy";

const deniesRanges = (annotations: Fields): boolean => text(annotations[DENY])?.toLowerCase() === "deny";

function admitted(name: string, value: string): readonly string[] {
  if (!LISTS.test(name)) return linodeList(name, value);
  // DigitalOcean writes what each entry is before it.
  return commaList(value).map((one) => one.replace(/^(?:ip|cidr):/, ""));
}

/** The list that a firewall of Linode admits; none if it has a list of those to keep out. */
function linodeList(name: string, value: string): readonly string[] {
  if (!name.endsWith("linode-loadbalancer-firewall-acl")) return [];
  const map = yamlMap(value);
  return ["ipv4", "ipv6"].flatMap((family) => texts(at(map, ["allowList", family])));
}

const isEverything = (range: string): boolean => range === "0.0.0.0/0";
