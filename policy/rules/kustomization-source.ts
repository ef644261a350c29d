import { isDeepStrictEqual } from "node:util";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { dependenciesOf, fluxId } from "../objects/flux.ts";
import { FLUX_KUSTOMIZATION } from "../objects/kinds.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { defineRule, type Problem, type RuleContext, type Undecided } from "../engine/rule.ts";

const SOURCE_GROUP = "source.toolkit.fluxcd.io";

/** See `docs/reference/policies.md`. */
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
  // The namespace that Flux takes anyway, or the only one in which there is what is waited for in vain.
  fix: (_, { path, expected }) =>
    expected === undefined ? [] : [{ path: [...path, "namespace"], value: expected }],
});

function* sourceProblems(
  { metadata, spec }: KubeObject,
  { objects, host }: RuleContext,
): Generator<Problem | Undecided> {
  const { kind, name, namespace } = fields(fields(spec).sourceRef);
  const sourceKind = { group: SOURCE_GROUP, kind: text(kind) ?? "" };
  const path = ["spec", "sourceRef"];
  const expected = namespaceOf(sourceKind, metadata.namespace, text(name) ?? "", objects);
  if (objects.get(sourceKind, text(namespace) ?? metadata.namespace, text(name) ?? "") === undefined) {
    const elsewhere = objects.ofKind(sourceKind).find((source) => source.metadata.name === name);
    const message = `${sourceKind.kind} ${fluxId(text(namespace) ?? metadata.namespace, text(name) ?? "")} is not there`;
    if (elsewhere !== undefined && host === "repository")
      yield {
        path,
        message: `${message}; there is ${describeObject(elsewhere)}.`,
        // A namespace that is written down may be right, and the source still to come.
        ...(namespace === undefined && expected !== undefined && { expected }),
      };
    // The source of the repository itself is often made by a bootstrap, and is in no file.
    else yield { path, undecided: `${message}, or made by something that is not to be seen.` };
  }
  if (namespace === undefined)
    yield {
      path,
      message:
        "The source's namespace is left out: moved to another namespace, the Kustomization would not find it.",
      advice: true,
      ...(expected !== undefined && { expected }),
    };
}

/**
 * The namespace to write where none is: its own, where the object is there or nowhere to be seen; else the only one that has such an object.
 * Undefined where there are several.
 */
function namespaceOf(
  kind: GroupKind,
  own: string | undefined,
  name: string,
  objects: ObjectIndex,
): string | undefined {
  if (objects.get(kind, own, name) !== undefined) return own;
  const [only, ...more] = objects.ofKind(kind).filter(({ metadata }) => metadata.name === name);
  if (only === undefined) return own;
  return more.length === 0 ? only.metadata.namespace : undefined;
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
        ? waitsInVain(object, index, id, objects)
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

function waitsInVain(
  { metadata, spec }: KubeObject,
  index: number,
  id: string,
  objects: ObjectIndex,
): Problem {
  const path = ["spec", "dependsOn", index];
  const message = `It waits for Kustomization ${id}, which is not there, and so for ever`;
  const { name, namespace } = fields(list(fields(spec).dependsOn)[index]);
  const elsewhere = namespaceOf(FLUX_KUSTOMIZATION, metadata.namespace, text(name) ?? "", objects);
  // What is not to be seen at all is no reason to write its own namespace.
  if (namespace !== undefined || elsewhere === undefined || elsewhere === metadata.namespace)
    return { path, message: `${message}.` };
  return {
    path,
    message: `${message}; there is one of that name in ${elsewhere}.`,
    remediation: `Write namespace: ${elsewhere} beside its name.`,
    expected: elsewhere,
  };
}

/** The circle that each Kustomization is in, by its id. */
const circles = oncePer((objects: ObjectIndex): ReadonlyMap<string, readonly string[]> => {
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
