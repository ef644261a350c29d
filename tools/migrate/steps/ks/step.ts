import { isDeepStrictEqual } from "node:util";
import { applyPatch } from "../../../gitops/kustomize/patches.ts";
import { Resource } from "../../../gitops/kustomize/resource.ts";
import { Resources } from "../../../gitops/kustomize/resources.ts";
import { locate, SourceFile, type Origin } from "../../../gitops/yaml/source.ts";
import {
  cloneValue,
  isMapping,
  mappingsIn,
  originOf,
  type Mapping,
  type PathStep,
} from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { attempt } from "../../../gitops/problem.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { notEditable } from "../../not-editable.ts";
import { blockLosses, lossNotes, whyNotAccepted } from "../../losses.ts";
import { fieldAt, idOf } from "../../objects.ts";
import { readersOfChildren } from "./readers.ts";
import { isOverridden, overriddenNotes, type Overridden } from "./overridden.ts";
import { withoutFields } from "../../without-fields.ts";
import {
  noChangeAllowed,
  type FileChange,
  type Note,
  type Plan,
  type Step,
  type StepContext,
} from "../../step.ts";

/** Removes the fields of child Kustomizations that their parent's patches already supply. */
export const ks: Step = {
  id: "ks",
  title: "Remove fields from Flux Kustomizations that a global patch supplies",
  risk: { level: "low", phrase: "nothing in a cluster changes" },
  live: [],
  plan,
  whyForbidden: noChangeAllowed,
};

/** A child as written, with the form in which each cluster receives it. */
interface Child {
  readonly origin: Origin;
  readonly forms: BuiltObject[];
}

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const overridden: Overridden[] = [];
  const taken = new Set<string>();
  for (const [file, children] of Map.groupBy(childrenOf(context), ({ origin }) => origin.source.file)) {
    if (!context.selected(file)) continue;
    const [first] = children;
    if (!first) continue;
    const edit = new YamlEdit(first.origin.source.text);
    for (const child of children) {
      const shortened = shorten(child, edit, context);
      notes.push(...shortened.notes);
      overridden.push(...shortened.overridden);
      for (const field of shortened.taken) taken.add(field);
    }
    changes.push({ path: file, text: edit.text() });
  }
  const readers = readersOfChildren(context.repository, taken);
  return { changes, notes: [...notes, ...readers, ...overriddenNotes(overridden)] };
}

function childrenOf({ clusters }: StepContext): readonly Child[] {
  const children = new Map<string, Child>();
  for (const built of clusters.flatMap(({ objects }) => objects)) {
    const { origin, object, kustomization } = built;
    if (!isFluxKustomization(object) || !kustomization || !(origin.source instanceof SourceFile)) continue;
    const key = `${origin.source.file}:${origin.offset}`;
    const child = children.get(key) ?? { origin, forms: [] };
    children.set(key, child);
    child.forms.push(built);
  }
  // A Kustomization that applies itself is bootstrapped as written, before its own patches.
  return [...children.values()].filter(
    ({ forms }) =>
      !forms.some(
        ({ object, kustomization }) => kustomization && idOf(kustomization.object) === idOf(object),
      ),
  );
}

/** What the owner should know about a child. */
interface Shortened {
  readonly notes: readonly Note[];
  readonly overridden: readonly Overridden[];
  /** The fields that go. */
  readonly taken: readonly string[];
}

/** Removes every field that can go without changing the object that any cluster receives. */
function shorten({ origin, forms }: Child, edit: YamlEdit, context: StepContext): Shortened {
  const simulations = forms.map((form) => simulationOf(form, context.repository));
  if (!simulations.every((simulation) => simulation !== undefined)) {
    const message =
      "unchanged: its parent Kustomization does more than patch it, and only patches are simulated";
    return { notes: [{ kind: "left", message, position: locate(origin) }], overridden: [], taken: [] };
  }
  const notes: Note[] = [];
  const overridden: Overridden[] = [];
  const taken: string[] = [];
  const visit = (path: readonly PathStep[]): void => {
    if (simulations.every((simulation) => simulation.supplies(path) && simulation.without(path))) {
      const name = path.join(".");
      const other = simulations.map((simulation) => simulation.overridden(path)).find(Boolean);
      if (other) overridden.push({ child: origin, field: name, ...other });
      const document = edit.documentAt(origin.offset);
      const losses = blockLosses(edit.ownedCommentsRemovedWith(document, path), name);
      const refusal = whyNotAccepted(losses, context);
      if (refusal !== undefined)
        notes.push({ kind: "refused", message: `${name} is ${refusal}`, position: locate(origin) });
      else if (edit.remove(document, path)) {
        for (const simulation of simulations) simulation.take(path);
        taken.push(name);
        notes.push(...lossNotes(losses, locate(origin)));
      } else {
        const message = `${name} is kept although a patch supplies it: ${notEditable(edit, origin.source.file)}`;
        notes.push({ kind: "left", message, position: locate(origin) });
      }
      return;
    }
    const value = fieldAt(simulations[0]?.plain, path);
    if (isMapping(value)) for (const key of Object.keys(value)) visit([...path, key]);
  };
  const [first] = simulations;
  for (const key of Object.keys(first ? specOf(first.plain) : {})) visit(["spec", key]);
  return { notes, overridden, taken };
}

/** Removes fields from one form of a child, to test whether the cluster still receives the same object. */
class Simulation {
  plain: Mapping;
  readonly #parent: Mapping;
  readonly #expected: Mapping;
  readonly #patched: (plain: Mapping) => Mapping | undefined;

  constructor(
    parent: Mapping,
    plain: Mapping,
    expected: Mapping,
    patched: (plain: Mapping) => Mapping | undefined,
  ) {
    this.#parent = parent;
    this.plain = plain;
    this.#expected = expected;
    this.#patched = patched;
  }

  /** What the child says, and what the cluster receives instead; undefined if the patches do not replace it. */
  overridden(path: readonly PathStep[]): Pick<Overridden, "parent" | "written" | "effective"> | undefined {
    const [written, effective] = [fieldAt(this.plain, path), fieldAt(this.#expected, path)];
    return isOverridden(written, effective) ? { parent: this.#parent, written, effective } : undefined;
  }

  /** Whether the cluster receives the field at all: one without a value is supplied by nothing. */
  supplies(path: readonly PathStep[]): boolean {
    return fieldAt(this.#expected, path) !== undefined;
  }

  /** Whether the cluster receives the same object without the field. */
  without(path: readonly PathStep[]): boolean {
    const shorter = removed(this.plain, path);
    return shorter !== undefined && isDeepStrictEqual(this.#patched(shorter), this.#expected);
  }

  take(path: readonly PathStep[]): void {
    this.plain = removed(this.plain, path) ?? this.plain;
  }
}

function simulationOf(
  { kustomization, origin, beforeSubstitution }: BuiltObject,
  repository: Repository,
): Simulation | undefined {
  const plain = kustomization?.beforePatches(origin);
  if (!kustomization || !plain) return undefined;
  const { patches } = specOf(kustomization.object);
  const entries = mappingsIn(patches);
  const patched = (object: Mapping): Mapping | undefined => {
    const resources = new Resources();
    resources.append(new Resource(cloneValue(object), originOf(object)));
    // A patch may not apply: for example, a JSON patch with a `test` operation.
    return attempt(() => {
      for (const entry of entries) applyPatch(resources, entry, { repository, path: "." });
      return resources.all[0]?.object;
    });
  };
  if (!isDeepStrictEqual(patched(plain), beforeSubstitution)) return undefined;
  return new Simulation(kustomization.object, plain, beforeSubstitution, patched);
}

/** A copy without a field; undefined if spec would become empty. */
function removed(object: Mapping, path: readonly PathStep[]): Mapping | undefined {
  const shorter = withoutFields(object, [path]);
  return isMapping(shorter.spec) ? shorter : undefined;
}
