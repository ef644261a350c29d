import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { eachAtMost } from "../../lib/each-at-most.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { Path } from "../../policy/engine/path.ts";
import { at } from "../../policy/engine/read.ts";
import { RULES } from "../../policy/engine/registry.ts";
import { runRules, type RuleFinding } from "../../policy/engine/run.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";
import { locate } from "../gitops/yaml/source.ts";
import { isMapping, originAt, type Mapping, type Value } from "../gitops/yaml/values.ts";
import type { RepositoryRendering } from "../render/render-repository.ts";
import type { Renderer } from "../render/renderer.ts";
import { asKubeObject } from "./kube-object.ts";
import type { LintedFinding } from "./linted-finding.ts";

/** How many values of one release are tried. Each costs one run of Helm, unless the cache has it. */
const MOST_TRIED = 24;

/** A value that a HelmRelease sets in its own `spec.values`. */
interface Leaf {
  readonly path: Path;
  readonly value: string | number | boolean;
}

/** The findings, with those in rendered objects moved to the value that causes them. */
export async function tracedFindings(
  findings: readonly LintedFinding[],
  { clusters }: RepositoryRendering,
  renderer: Renderer,
): Promise<readonly LintedFinding[]> {
  const releaseOf = new Map<KubeObject, BuiltObject>();
  for (const { releases } of clusters.values())
    for (const [release, objects] of releases)
      for (const object of objects) releaseOf.set(asKubeObject(object), release);
  const byRelease = Map.groupBy(findings, ({ rendered }) => rendered && releaseOf.get(rendered.object));
  const moved = new Map<LintedFinding, LintedFinding>();
  for (const [release, own] of byRelease)
    if (release !== undefined)
      for (const [finding, path] of await causes(own, release, renderer)) {
        const position = locate(originAt(release.object, ["spec", "values", ...path]));
        moved.set(finding, { ...finding, position });
      }
  return findings.map((finding) => moved.get(finding) ?? finding);
}

/** The value that causes each finding of a release, where changing one changes the finding. */
async function causes(
  findings: readonly LintedFinding[],
  release: BuiltObject,
  renderer: Renderer,
): Promise<ReadonlyMap<LintedFinding, Path>> {
  const leaves = [...leavesOf(valuesIn(release), [])];
  const wanted = new Map(findings.map((finding) => [finding, candidates(finding, leaves)]));
  const tried = [...new Set([...wanted.values()].flat())].slice(0, MOST_TRIED);
  const results = new Map<Leaf, readonly Mapping[]>();
  await eachAtMost(availableParallelism(), tried, async (leaf) => {
    const objects = await renderer.renderWith(release, (values) => changed(values, leaf) as Mapping);
    if (objects !== undefined) results.set(leaf, objects);
  });
  const found = new Map<LintedFinding, Path>();
  for (const [finding, own] of wanted) {
    const cause = own.find((leaf) => changes(finding, results.get(leaf) ?? []));
    if (cause !== undefined) found.set(finding, cause.path);
  }
  return found;
}

function valuesIn({ object: { spec } }: BuiltObject): Value {
  return (isMapping(spec) ? spec.values : undefined) ?? {};
}

function* leavesOf(value: Value, path: Path): Generator<Leaf> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* leavesOf(item, [...path, index]);
  else if (isMapping(value))
    for (const [key, item] of Object.entries(value)) yield* leavesOf(item, [...path, key]);
  else if (value !== null) yield { path, value };
}

/**
 * The values that may cause a finding, the likeliest first. If the field is a scalar, those that occur in it: equal ones first, then those that end last, as the
 * tag does in an image. Otherwise something is missing, and a switch may bring it.
 */
function candidates({ rendered }: LintedFinding, leaves: readonly Leaf[]): readonly Leaf[] {
  if (rendered === undefined) return [];
  const field = at(rendered.object, rendered.path);
  if (typeof field !== "string" && typeof field !== "number" && typeof field !== "boolean")
    return leaves.filter(({ value }) => typeof value === "boolean");
  const text = String(field);
  const end = ({ value }: Leaf): number => {
    if (value === field) return text.length + 1;
    const start = String(value).length > 1 ? text.lastIndexOf(String(value)) : -1;
    return start < 0 ? -1 : start + String(value).length;
  };
  return leaves.filter((leaf) => end(leaf) >= 0).toSorted((a, b) => end(b) - end(a));
}

/** A copy of values in which one value is another of the same type. */
function changed(value: Value | undefined, { path: [step, ...rest], value: old }: Leaf): Value {
  if (step === undefined)
    return typeof old === "boolean" ? !old : typeof old === "number" ? old + 1 : `${old}x`;
  const below = (value as Mapping | undefined)?.[step];
  const next = changed(below, { path: rest, value: old });
  if (Array.isArray(value)) return value.with(Number(step), next);
  return { ...(value as Mapping), [step]: next };
}

/** Whether a finding's field, or what the rule says about a field that is missing, differs in other objects. */
function changes({ rendered }: LintedFinding, objects: readonly Mapping[]): boolean {
  if (rendered === undefined) return false;
  const { object, path, rule } = rendered;
  const now = objects.map(asKubeObject).find((other) => isSame(other, object));
  if (now === undefined) return false;
  const [before, after] = [at(object, path), at(now, path)];
  if (typeof before !== "object" && before !== undefined) return before !== after;
  const known = RULES.find(({ id }) => id === rule);
  if (known === undefined || known.wholeStack) return false;
  return !isDeepStrictEqual(messagesOf(rendered, object), messagesOf(rendered, now));
}

/** What the rule says about the field of a finding in an object. */
function messagesOf({ rule, path }: RuleFinding, object: KubeObject): readonly string[] {
  const rules = RULES.filter(({ id }) => id === rule);
  const { findings } = runRules({ host: "repository", objects: [object], rules });
  return findings.filter((finding) => isDeepStrictEqual(finding.path, path)).map(({ message }) => message);
}

/** Whether two objects are the same one. Charts need not write their own namespace. */
function isSame(one: KubeObject, other: KubeObject): boolean {
  const { namespace = other.metadata.namespace } = one.metadata;
  return (
    one.kind === other.kind &&
    one.metadata.name === other.metadata.name &&
    namespace === other.metadata.namespace
  );
}
