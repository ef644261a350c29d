import { describeObject } from "../../../../../kube/objects.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import { NAMESPACE } from "../../../../../policy/objects/kinds.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { locate } from "../../../../gitops/yaml/source.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { portRules, type PortRule } from "./port-rules.ts";
import {
  allOf,
  anyOf,
  isIn,
  meets,
  requirementsIn,
  selectorMatches,
  type Maybe,
  type Pods,
} from "./selectors.ts";

/** A NetworkPolicy, or Cilium's forms of it. */
export interface Policy {
  /** `CiliumNetworkPolicy apps/web (apps/web/policy.yaml:1)` */
  readonly name: string;
  readonly selects: (pods: Pods) => Maybe;
  /** Whether it lets pods reach those that it selects; undefined if it does not restrict that. */
  readonly admits: ((from: Pods) => Maybe) | undefined;
  /** Whether it lets those that it selects reach pods; undefined if it does not restrict that. */
  readonly releases: ((to: Pods) => Maybe) | undefined;
  /** Its rules for certain ports only. */
  readonly portRules: readonly PortRule[];
}

/** The policies in a cluster. Deny rules are not read. */
export const policiesOf = oncePer((cluster: BuiltCluster): readonly Policy[] =>
  cluster.objects.flatMap(({ object, origin }) => {
    const policy = asKubeObject(object);
    const { apiVersion, kind, metadata, spec, specs } = policy;
    const { file, line } = locate(origin);
    const name = `${describeObject(policy)} (${file}:${line})`;
    const index = indexOf(cluster);
    if (kind === "NetworkPolicy" && apiVersion.startsWith("networking.k8s.io/"))
      return [networkPolicy(name, fields(spec), metadata.namespace ?? "default", index)];
    const isClusterwide = kind === "CiliumClusterwideNetworkPolicy";
    if (!isClusterwide && kind !== "CiliumNetworkPolicy") return [];
    const namespace = isClusterwide ? undefined : (metadata.namespace ?? "default");
    return [spec, ...list(specs)]
      .filter((one) => one !== undefined)
      .map((one) => ciliumPolicy(name, fields(one), namespace, index));
  }),
);

/** Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
function networkPolicy(name: string, spec: Fields, namespace: string, index: ObjectIndex): Policy {
  const types = texts(spec.policyTypes);
  const peers = (rules: unknown, key: string) => (pods: Pods) =>
    anyOf(list(rules).map((rule) => peersMatch(list(fields(rule)[key]), pods, namespace, index)));
  const hasEgress = types.length === 0 ? spec.egress !== undefined : types.includes("Egress");
  return {
    name,
    selects: (pods) => allOf([isIn(pods, namespace), selectorMatches(spec.podSelector, pods)]),
    admits: types.length === 0 || types.includes("Ingress") ? peers(spec.ingress, "from") : undefined,
    releases: hasEgress ? peers(spec.egress, "to") : undefined,
    portRules: portRules(spec, (rule, direction) => {
      const own = list(rule[direction === "ingress" ? "from" : "to"]);
      return {
        ports: list(rule.ports),
        peers: own,
        matches: (pods) => peersMatch(own, pods, namespace, index),
      };
    }),
  };
}

function peersMatch(peers: readonly unknown[], pods: Pods, namespace: string, index: ObjectIndex): Maybe {
  if (peers.length === 0) return true;
  return anyOf(
    peers.map(fields).map(({ ipBlock, podSelector, namespaceSelector }) => {
      // The addresses of pods are not known; a block that admits one controller's pods usually admits the other's.
      if (ipBlock !== undefined) return true;
      const place =
        namespaceSelector === undefined
          ? isIn(pods, namespace)
          : selectorMatches(namespaceSelector, namespacePods(pods, index));
      return allOf([place, selectorMatches(podSelector, pods)]);
    }),
  );
}

/** Source: https://docs.cilium.io/en/stable/security/policy/language/ */
function ciliumPolicy(name: string, spec: Fields, own: string | undefined, index: ObjectIndex): Policy {
  const denies = (direction: string): boolean => at(spec, ["enableDefaultDeny", direction]) !== false;
  const restricts = (direction: string): boolean =>
    (spec[direction] !== undefined || spec[`${direction}Deny`] !== undefined) && denies(direction);
  const rules = (direction: string, prefix: string) => (pods: Pods) =>
    anyOf(list(spec[direction]).map((rule) => ciliumRule(fields(rule), prefix, { pods, own, index })));
  return {
    name,
    selects: (pods) =>
      spec.endpointSelector === undefined
        ? false
        : endpointMatches(spec.endpointSelector, { pods, own, index }),
    admits: restricts("ingress") ? rules("ingress", "from") : undefined,
    releases: restricts("egress") ? rules("egress", "to") : undefined,
    portRules: portRules(spec, (rule, direction) => {
      const prefix = direction === "ingress" ? "from" : "to";
      return {
        ports: list(rule.toPorts).flatMap((one) => list(fields(one).ports)),
        peers: peerKeys(rule, prefix).map((key) => rule[key]),
        matches: (pods) => ciliumRule(rule, prefix, { pods, own, index }),
      };
    }),
  };
}

interface Endpoint {
  readonly pods: Pods;
  readonly own: string | undefined;
  readonly index: ObjectIndex;
}

const peerKeys = (rule: Fields, prefix: string): readonly string[] =>
  Object.keys(rule).filter((key) => key.startsWith(prefix) && key !== "toPorts");

function ciliumRule(rule: Fields, prefix: string, endpoint: Endpoint): Maybe {
  const peers = peerKeys(rule, prefix);
  if (peers.length === 0) return true;
  return anyOf(
    peers.map((key) => {
      const values = list(rule[key]);
      switch (key.slice(prefix.length)) {
        case "Endpoints":
          return anyOf(values.map((selector) => endpointMatches(selector, endpoint)));
        case "Entities":
          return anyOf(texts(values).map((entity) => isEntity(entity, endpoint.pods)));
        case "CIDR":
        case "CIDRSet":
        case "FQDNs":
          // Cilium never matches pods by address.
          return false;
        default:
          return values.length === 0 ? false : undefined;
      }
    }),
  );
}

function isEntity(entity: string, { entity: own }: Pods): Maybe {
  return entity === "all" || entity === "cluster" || entity === own;
}

const POD_NAMESPACE = "io.kubernetes.pod.namespace";
const NAMESPACE_LABEL = "io.cilium.k8s.namespace.labels.";

/** In a namespaced policy, a selector that does not mention namespaces selects pods in the policy's own. */
function endpointMatches(selector: unknown, { pods, own, index }: Endpoint): Maybe {
  if (pods.entity !== undefined) return false;
  const requirements = requirementsIn(selector);
  const placed = (key: unknown): boolean => key === POD_NAMESPACE || String(key).startsWith(NAMESPACE_LABEL);
  const isPlaced = own === undefined || requirements.some(({ key }) => placed(key));
  return allOf([
    isPlaced ? true : isIn(pods, own),
    ...requirements.map((requirement) => {
      const key = text(requirement.key) ?? "";
      if (key === POD_NAMESPACE) return meets(requirement, namespaceName(pods, POD_NAMESPACE));
      return key.startsWith(NAMESPACE_LABEL)
        ? meets({ ...requirement, key: key.slice(NAMESPACE_LABEL.length) }, namespacePods(pods, index))
        : meets(requirement, pods);
    }),
  ]);
}

/** The name of the pods' namespace as a label. */
function namespaceName({ namespace }: Pods, key: string): Pods {
  const isKnown = namespace !== undefined;
  return { namespace, labels: new Map(isKnown ? [[key, namespace]] : []), mayHave: isKnown ? /^$/ : /^/ };
}

/** The labels of the pods' namespace. Without the Namespace in the repository, only its name is known. */
function namespacePods(pods: Pods, index: ObjectIndex): Pods {
  const { namespace } = pods;
  if (namespace === undefined) return namespaceName(pods, "");
  const found = index.get(NAMESPACE, undefined, namespace);
  const labels = { ...found?.metadata.labels, "kubernetes.io/metadata.name": namespace };
  return { namespace, labels: new Map(Object.entries(labels)), mayHave: found ? /^$/ : /^/ };
}
