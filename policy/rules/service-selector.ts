import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";
import { SERVICE } from "../objects/kinds.ts";
import { releaseOf, unrenderedReleases } from "../objects/helm.ts";
import { hasLabels, workloadPods } from "../objects/pods.ts";

/** See docs/reference/rules/service-selector.md. */
export const serviceSelector = defineRule({
  id: "service-selector",
  description: "A Service's selector matches the pods of a workload in its namespace.",
  why: "A Service without pods answers no request, and nothing but its empty endpoints shows that.",
  remediation:
    "Copy the labels of the workload's pod template (spec.template.metadata.labels) to the selector.",
  severity: "high",
  enforcement: "mandatory",
  forAuthor: true,
  kinds: [SERVICE],
  wholeStack: true,
  *check(service, { objects, isComplete }) {
    const selector = fields(at(service, ["spec", "selector"]));
    const labelled = Object.entries(selector).map(([key, value]) => `${key}: ${String(value)}`);
    const { namespace } = service.metadata;
    if (labelled.length === 0) return;
    const pods = workloadPods(objects).filter((pod) => pod.namespace === namespace);
    if (pods.some(({ labels }) => hasLabels(labels, selector))) return;
    const message = `No workload in the namespace has pods with the labels ${labelled.join(", ")}.`;
    const path = ["spec", "selector"];
    // A chart or an operator may create the pods.
    const isKnown = isComplete && pods.length > 0 && !namespacesWithOthers(objects).has(namespace);
    yield isKnown ? { path, message } : { path, notEvaluated: message };
  },
});

const OPERATED = /^(?!(?:[\w.]*\.)?k8s\.io\/)(?!.*fluxcd\.io\/)(?!external-secrets\.io\/)[\w-]+\.[\w.-]+\//;

/** The namespaces that have a release, or an object of a kind that is not Kubernetes' own. */
const namespacesWithOthers = oncePer((objects: ObjectIndex): ReadonlySet<string | undefined> => {
  const operated = objects.all().filter(({ apiVersion }) => OPERATED.test(apiVersion));
  return new Set([
    ...unrenderedReleases(objects).map((release) => releaseOf(release).namespace),
    ...operated.map(({ metadata }) => metadata.namespace),
  ]);
});
