import { selects, type LabelSelector } from "../../kube/label-selector.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, texts } from "../engine/read.ts";
import { allPods, type Pods } from "./pods.ts";

const HOST = "kubernetes.io/hostname";

/**
 * Whether all pods of a workload run on the same node: because its spec names the node, or because they must run next to each other, or next to the only pod of
 * another workload.
 */
export function runOnOneNode(pods: Pods, objects: ObjectIndex): boolean {
  const { nodeName, nodeSelector, affinity } = pods.spec;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  return (
    text(nodeName) !== undefined ||
    fields(nodeSelector)[HOST] !== undefined ||
    namesOneNode(at(affinity, ["nodeAffinity", required])) ||
    list(at(affinity, ["podAffinity", required])).some((term) => followsOnePod(term, pods, objects))
  );
}

/** Labels that most nodes of a cluster share. */
const COMMON = /^(?:beta\.)?kubernetes\.io\/(?:os|arch)$|^node-role\.kubernetes\.io\/worker$/;

/** Whether a pod's node selector asks for a label that perhaps a single node has, such as `gpu: "true"`; the nodes are not in the repository. */
export function selectsFewNodes({ spec }: Pods): boolean {
  return Object.keys(fields(spec.nodeSelector)).some((label) => !COMMON.test(label));
}

/** Keys whose values are names of nodes: the node's own, and those of drivers for volumes on a node. */
const NODE_KEY = /^(?:kubernetes\.io\/hostname|metadata\.name)$|\/node(?:name)?$/;

/** Whether a node selector, as in a pod's affinity or in a PersistentVolume, admits a single node. */
export function namesOneNode(selector: unknown): boolean {
  const terms = list(fields(selector).nodeSelectorTerms).map(fields);
  const nodes = terms.map(({ matchExpressions, matchFields }) => {
    const named = [...list(matchExpressions), ...list(matchFields)]
      .map(fields)
      .find(({ key, operator }) => operator === "In" && NODE_KEY.test(text(key) ?? ""));
    return texts(named?.values);
  });
  return nodes.length > 0 && nodes.every(({ length }) => length > 0) && new Set(nodes.flat()).size === 1;
}

/** Whether a term of a pod's affinity selects the workload's own pods, or at most one other: its node is then the only one. */
function followsOnePod(term: unknown, pods: Pods, objects: ObjectIndex): boolean {
  const { topologyKey, labelSelector, namespaces } = fields(term);
  if (topologyKey !== HOST || labelSelector === undefined) return false;
  const within = namespaces === undefined ? [pods.namespace] : list(namespaces);
  const selected = (one: Pods): boolean =>
    within.includes(one.namespace) &&
    selects(labelSelector as LabelSelector, one.labels as Readonly<Record<string, string>>);
  if (selected(pods)) return true;
  const others = allPods(objects).filter(selected);
  return others.reduce((sum, { count }) => sum + count, 0) <= 1;
}
