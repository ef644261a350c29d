import { isDeepStrictEqual } from "node:util";
import { describeObject, type KubeObject } from "../../cluster/objects.ts";
import { dependenciesOf, fluxId } from "../flux.ts";
import { FLUX_KUSTOMIZATION } from "../kinds.ts";
import { perIndex } from "../per-index.ts";
import { at, fields, list, text } from "../read.ts";
import { defineRule, type Problem, type RuleContext, type Undecided } from "../rule.ts";

const SOURCE_GROUP = "source.toolkit.fluxcd.io";

/** See `docs/policies.md`. */
export const kustomizationSource = defineRule({
  id: "kustomization-source",
  description:
    "A Flux Kustomization finds its source wherever it is moved to, waits for Kustomizations that exist, in no circle, and keeps its own lists under the global patches of its parent.",
  remediation:
    "Write sourceRef.namespace. Correct dependsOn. Give the parent's patch the merge keys of its lists (a comment with x-kubernetes-list-map-keys), or let the child opt out of it.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [FLUX_KUSTOMIZATION],
  wholeStack: true,
  *check(object, context) {
    yield* sourceProblems(object, context);
    yield* dependencyProblems(object, context);
    yield* lostLists(object, context);
  },
  // Saying the namespace that Flux would take anyway changes nothing.
  fix: ({ metadata }, { path, advice }) =>
    advice === true && path[1] === "sourceRef" && metadata.namespace !== undefined
      ? [{ path: ["spec", "sourceRef", "namespace"], value: metadata.namespace }]
      : [],
});

function* sourceProblems(
  { metadata, spec }: KubeObject,
  { objects, host }: RuleContext,
): Generator<Problem | Undecided> {
  const { kind, name, namespace } = fields(fields(spec).sourceRef);
  const sourceKind = { group: SOURCE_GROUP, kind: text(kind) ?? "" };
  const path = ["spec", "sourceRef"];
  if (objects.get(sourceKind, text(namespace) ?? metadata.namespace, text(name) ?? "") === undefined) {
    const elsewhere = objects.ofKind(sourceKind).find((source) => source.metadata.name === name);
    const message = `${sourceKind.kind} ${fluxId(text(namespace) ?? metadata.namespace, text(name) ?? "")} is not there`;
    if (elsewhere !== undefined && host === "repository")
      yield { path, message: `${message}; there is ${describeObject(elsewhere)}.` };
    // The source of the repository itself is often made by a bootstrap, and is in no file.
    else yield { path, undecided: `${message}, or made by something that is not to be seen.` };
  }
  if (namespace === undefined)
    yield {
      path,
      message:
        "The source's namespace is left out: moved to another namespace, the Kustomization would not find it.",
      advice: true,
    };
}

function* dependencyProblems(
  object: KubeObject,
  { objects, host }: RuleContext,
): Generator<Problem | Undecided> {
  const own = fluxId(object.metadata.namespace, object.metadata.name);
  for (const [index, id] of dependenciesOf(object).entries()) {
    const path = ["spec", "dependsOn", index];
    const [namespace, name = ""] = id.split("/");
    if (objects.get(FLUX_KUSTOMIZATION, namespace, name) === undefined)
      yield host === "repository"
        ? { path, message: `It waits for Kustomization ${id}, which is not there, and so for ever.` }
        : { path, undecided: `Kustomization ${id} is not part of the stack.` };
    else if (
      circles(objects).get(own) !== undefined &&
      circles(objects).get(own) === circles(objects).get(id)
    )
      yield {
        path,
        message: `It waits for ${id}, which waits for it: ${(circles(objects).get(own) ?? []).join(" → ")}.`,
      };
  }
}

/** The circle that each Kustomization is in, by its id. */
const circles = perIndex((objects): ReadonlyMap<string, readonly string[]> => {
  const graph = new Map(
    objects
      .ofKind(FLUX_KUSTOMIZATION)
      .map(
        (object) =>
          [fluxId(object.metadata.namespace, object.metadata.name), dependenciesOf(object)] as const,
      ),
  );
  const found = new Map<string, readonly string[]>();
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const start = trail.indexOf(id);
    if (start >= 0) {
      const circle = trail.slice(start);
      for (const member of circle) if (!found.has(member)) found.set(member, circle);
      return;
    }
    if (done.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...trail, id]);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
  return found;
});

/** Lists that kustomize replaces as a whole when a patch sets them on a custom resource. */
const LISTS = [
  ["spec", "patches"],
  ["spec", "postBuild", "substituteFrom"],
  ["spec", "dependsOn"],
  ["spec", "healthChecks"],
  ["spec", "images"],
  ["spec", "components"],
];

function* lostLists(object: KubeObject, { origin }: RuleContext): Generator<Problem> {
  const made = origin(object);
  if (made === undefined) return;
  for (const path of LISTS) {
    const own = list(at(made.beforePatches, path));
    const kept = list(at(made.beforeSubstitution, path));
    const lost = own.filter((entry) => !kept.some((other) => isDeepStrictEqual(entry, other)));
    if (lost.length > 0)
      yield {
        path,
        message: `A patch of ${describeObject(made.kustomization)} replaces ${path.slice(1).join(".")}: ${lost.length === 1 ? "an entry" : `${lost.length} entries`} of its own ${lost.length === 1 ? "is" : "are"} lost.`,
      };
  }
}
