import { isDeepStrictEqual } from "node:util";
import { counted } from "../../../../lib/counted.ts";
import { locate, type Origin } from "../../../gitops/yaml/source.ts";
import { isMapping, originOf, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { idOf } from "../../objects.ts";
import type { Note } from "../../step.ts";

/** A field of a child whose value the parent's patches replace. */
export interface Overridden {
  readonly child: Origin;
  readonly parent: Mapping;
  /** `spec.wait` */
  readonly field: string;
  readonly written: Value | undefined;
  /** What the cluster receives instead. */
  readonly effective: Value | undefined;
}

/** Whether any value that is written differs from what the cluster receives. */
export function isOverridden(written: Value | undefined, effective: Value | undefined): boolean {
  if (!isMapping(written) || !isMapping(effective)) return !isDeepStrictEqual(written, effective);
  return Object.entries(written).some(([key, value]) => isOverridden(value, effective[key]));
}

/** Fields that have no effect today: the owner may want to change the patches instead. */
export function overriddenNotes(all: readonly Overridden[]): readonly Note[] {
  const byParent = Map.groupBy(all, ({ parent }) => idOf(parent));
  return [...byParent].flatMap(([id, fields]) => [
    ...fields.filter(isLostProtection).map((field) => pruneNote(field, id)),
    ...summary(fields, id),
  ]);
}

const isLostProtection = ({ field, written, effective }: Overridden): boolean =>
  field === "spec.prune" && written === false && effective === true;

function pruneNote({ child }: Overridden, parent: string): Note {
  const message = `spec.prune: false has no effect today, because the patches of Kustomization ${parent} set true: Flux deletes what disappears from this directory. To prevent that, exempt it from the patches`;
  return { kind: "option", message, position: locate(child) };
}

function summary(all: readonly Overridden[], id: string): readonly Note[] {
  const fields = all.filter((field) => !isLostProtection(field));
  const [first] = fields;
  if (!first) return [];
  const groups = Map.groupBy(fields, ({ field, written, effective }) =>
    isPlain(written) && isPlain(effective)
      ? `${field}: ${String(written)}, where the patches set ${String(effective)}`
      : field,
  );
  const list = [...groups].map(([group, own]) => `${group} (${placesOf(own)})`);
  const they = fields.length === 1 ? "it has" : "they have";
  const message = `the patches of Kustomization ${id} override ${counted(fields.length, "field")} of its children, so ${they} no effect today: ${list.join("; ")}. If the children are right, change the patches first`;
  return [{ kind: "option", message, position: locate(originOf(first.parent)) }];
}

/** More places than these say no more than their number. */
const MOST_PLACES = 3;

function placesOf(fields: readonly Overridden[]): string {
  if (fields.length > MOST_PLACES) return counted(fields.length, "Kustomization");
  return fields
    .map(({ child }) => locate(child))
    .map(({ file, line }) => `${file}:${line}`)
    .join(", ");
}

const isPlain = (value: Value | undefined): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);
