import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { dependenciesOf, fluxId } from "../objects/flux.ts";
import { FLUX_KUSTOMIZATION, GIT_REPOSITORY } from "../objects/kinds.ts";
import { isPartial } from "../objects/partial.ts";
import { removedVersion } from "../objects/removed-version.ts";
import type { GroupKind, ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { notAmong } from "../objects/missing.ts";
import { defineRule, type Problem, type RuleContext, type NotEvaluated } from "../engine/rule.ts";

const SOURCE_GROUP = "source.toolkit.fluxcd.io";
const SOURCE_VERSION = `${SOURCE_GROUP}/v1`;
const KUSTOMIZATION_VERSION = `${FLUX_KUSTOMIZATION.group}/v1`;

/** See docs/reference/rules/kustomization-source.md. */
export const kustomizationSource = defineRule({
  id: "kustomization-source",
  description:
    "A Flux Kustomization names a source that exists, and Flux supports the API version of both. It depends only on Kustomizations that exist and do not depend on it, and it keeps its own lists when its parent patches it.",
  why: "A Kustomization whose source or dependency is missing waits forever. In a custom resource, a patch replaces a list as a whole, so the child's own patches or substituteFrom entries are lost.",
  remediation:
    "Set sourceRef.namespace. Correct dependsOn. Add the lists' merge keys to the parent's patch (a comment with x-kubernetes-list-map-keys), or let the child opt out of the patch.",
  severity: "high",
  enforcement: "mandatory",
  recommends: "an API version that the repository's Flux still supports",
  kinds: [FLUX_KUSTOMIZATION, GIT_REPOSITORY],
  wholeStack: true,
  settings: z.strictObject({
    requireSourceNamespace: z
      .boolean()
      .optional()
      .describe(
        "Warn about a sourceRef without a namespace. Default: true in a stack, false in a repository.",
      ),
  }),
  *check(object, context) {
    if (isPartial(object)) return;
    const current = object.kind === "Kustomization" ? KUSTOMIZATION_VERSION : SOURCE_VERSION;
    for (const problem of removedVersion(object, context))
      yield {
        ...problem,
        remediation: `Use ${current}, which Flux has since 2.0, without fields that it does not have, such as patchesStrategicMerge or gitImplementation.`,
      };
    if (object.kind !== "Kustomization") return;
    yield* sourceProblems(object, context);
    yield* dependencyProblems(object, context);
    yield* lostLists(object, context);
  },
  // Sets the namespace that Flux uses by default, or the only one that contains the missing object.
  fix: (_, { path, expected }) =>
    expected === undefined ? [] : [{ path: [...path, "namespace"], value: expected }],
});

function* sourceProblems(
  { metadata, spec }: KubeObject,
  {
    objects,
    isComplete,
    host,
    settings,
  }: RuleContext<{ readonly requireSourceNamespace?: boolean | undefined }>,
): Generator<Problem | NotEvaluated> {
  const { kind, name, namespace } = fields(fields(spec).sourceRef);
  const sourceKind = { group: SOURCE_GROUP, kind: text(kind) ?? "" };
  const path = ["spec", "sourceRef"];
  const expected = namespaceOf(sourceKind, metadata.namespace, text(name) ?? "", objects);
  if (objects.get(sourceKind, text(namespace) ?? metadata.namespace, text(name) ?? "") === undefined) {
    const elsewhere = objects.ofKind(sourceKind).find((source) => source.metadata.name === name);
    const id = `${sourceKind.kind} ${fluxId(text(namespace) ?? metadata.namespace, text(name) ?? "")}`;
    if (elsewhere !== undefined && isComplete)
      yield {
        path,
        message: `${id} does not exist, but ${describeObject(elsewhere)} does.`,
        cause: id,
        // An explicit namespace is kept, since it may be right and only the source may be missing.
        ...(namespace === undefined && expected !== undefined && { expected }),
      };
    // A bootstrap often creates the source for the repository itself, so no file contains it.
    else yield { path, notEvaluated: `${id} is in no file; \`flux bootstrap\` may create it.` };
  }
  if (namespace === undefined && (settings.requireSourceNamespace ?? host === "stack"))
    yield {
      path,
      message:
        "sourceRef has no namespace, so the Kustomization would not find its source if it moved to another namespace.",
      warning: true,
      ...(expected !== undefined && { expected }),
    };
}

/**
 * The namespace to set in a reference without one: the Kustomization's own if that contains the object, or if no namespace does; otherwise the only namespace
 * that contains it. Undefined if several do.
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

function* dependencyProblems(object: KubeObject, context: RuleContext): Generator<Problem | NotEvaluated> {
  const { objects } = context;
  const own = fluxId(object.metadata.namespace, object.metadata.name);
  for (const [index, id] of dependenciesOf(object).entries()) {
    const path = ["spec", "dependsOn", index];
    const [namespace, name = ""] = id.split("/");
    if (objects.get(FLUX_KUSTOMIZATION, namespace, name) === undefined)
      yield context.isComplete && !isBootstrap(id, object)
        ? missingDependency(object, index, id, objects)
        : { path, notEvaluated: notAmong(`Kustomization ${id}`, context) };
    else if (cycles(objects).get(own) !== undefined && cycles(objects).get(own) === cycles(objects).get(id))
      yield {
        path,
        message: `It depends on ${id}, which depends on it: ${(cycles(objects).get(own) ?? []).join(" → ")}.`,
      };
  }
}

/** Whether `flux bootstrap` or the Flux Operator may have created the Kustomization, because it has the same name as its source. */
function isBootstrap(id: string, { metadata, spec }: KubeObject): boolean {
  const { name, namespace } = fields(fields(spec).sourceRef);
  return id === FLUX_SYSTEM || id === fluxId(text(namespace) ?? metadata.namespace, text(name) ?? "");
}

const FLUX_SYSTEM = "flux-system/flux-system";

function missingDependency(
  { metadata, spec }: KubeObject,
  index: number,
  id: string,
  objects: ObjectIndex,
): Problem {
  const path = ["spec", "dependsOn", index];
  const message = `It depends on Kustomization ${id}, which does not exist, so it waits forever`;
  const { name, namespace } = fields(list(fields(spec).dependsOn)[index]);
  const elsewhere = namespaceOf(FLUX_KUSTOMIZATION, metadata.namespace, text(name) ?? "", objects);
  // If no namespace contains the dependency, adding the Kustomization's own namespace does not help.
  if (namespace !== undefined || elsewhere === undefined || elsewhere === metadata.namespace)
    return { path, message: `${message}.`, cause: id };
  return {
    path,
    cause: id,
    message: `${message}; namespace ${elsewhere} has one with that name.`,
    remediation: `Add namespace: ${elsewhere} to the entry.`,
    expected: elsewhere,
  };
}

/** The dependency cycles, keyed by the id of each Kustomization in them. */
const cycles = oncePer((objects: ObjectIndex): ReadonlyMap<string, readonly string[]> => {
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
      const cycle = trail.slice(start);
      for (const member of cycle) if (!found.has(member)) found.set(member, cycle);
      return;
    }
    if (done.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...trail, id]);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
  return found;
});

/** Lists that a patch replaces as a whole in a custom resource. */
const LISTS = [
  ["spec", "patches"],
  ["spec", "postBuild", "substituteFrom"],
  ["spec", "dependsOn"],
  ["spec", "healthChecks"],
  ["spec", "images"],
  ["spec", "components"],
];

/**
 * Whether an entry is still in a list. A patch may add fields, set the namespace of a dependency that it moves, or repeat a source of variables without
 * `optional`, which loses nothing.
 */
function isKept(entry: unknown, other: unknown): boolean {
  const [before, after] = [fields(entry), fields(other)];
  const keys = Object.keys(before).filter((key) => key !== "namespace" && key !== "optional");
  return keys.length === 0
    ? isDeepStrictEqual(entry, other)
    : keys.every((key) => isDeepStrictEqual(before[key], after[key]));
}

function* lostLists(object: KubeObject, { buildSteps }: RuleContext): Generator<Problem> {
  const steps = buildSteps(object);
  if (steps === undefined) return;
  const patches = JSON.stringify(fields(steps.kustomization.spec).patches ?? []);
  for (const path of LISTS) {
    // Building without the patches takes time: only for lists that they mention.
    if (!patches.includes(String(path.at(-1)))) continue;
    const own = list(at(steps.beforePatches, path));
    const kept = list(at(steps.beforeSubstitution, path));
    const lost = own.filter((entry) => !kept.some((other) => isKept(entry, other)));
    if (lost.length > 0)
      yield {
        path,
        message: `A patch in ${describeObject(steps.kustomization)} replaces ${path.slice(1).join(".")}, so entries of this Kustomization are lost.`,
      };
  }
}
