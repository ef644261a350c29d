import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { decoded, encodedAs } from "../../lib/encoded-text.ts";
import { RULES } from "../../policy/engine/registry.ts";
import type { Edit } from "../../policy/engine/rule.ts";
import type { RuleFinding } from "../../policy/engine/run.ts";
import type { EntryPath } from "../gitops/edit/entry-places.ts";
import { symbolicLinkOn } from "../gitops/edit/symbolic-link.ts";
import { writeYaml } from "../gitops/edit/write-yaml.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import { SourceFile, type Origin } from "../gitops/yaml/source.ts";
import {
  entryOrigin,
  isMapping,
  originOf,
  type Mapping,
  type PathStep,
  type Value,
} from "../gitops/yaml/values.ts";
import { holdersOf, placeOf } from "./holders.ts";
import type { LintedReport } from "./lint.ts";

/** What was fixed. */
export interface Fixed {
  /** Paths relative to the root. */
  readonly files: readonly string[];
  /** Number of findings. */
  readonly fixed: number;
}

/**
 * Applies the safe fixes that rules offer, in the files where the fields were written. A fix is skipped if its field comes from text inside
 * another scalar, from a generator or from an alias, if it would change more than one entry of a block mapping, or if another object that
 * is built from the same lines (as in a base that two clusters share) does not need the same change. Symbolic links are never followed or
 * overwritten.
 */
export async function applyFixes(root: string, { findings, checked }: LintedReport): Promise<Fixed> {
  const edits = new Map<string, YamlEdit>();
  const plans = agreed(
    findings.map(({ breaches }) => breaches.flatMap((breach) => plan(breach, edits))),
    checked,
  );
  const written = new Set<string>();
  for (const [file, own] of Map.groupBy(plans.flat(), (planned) => planned.source.file)) {
    const path = join(root, file);
    const bytes = await readFile(path);
    const edit = new YamlEdit(decoded(bytes));
    for (const { apply } of own) apply(edit);
    const text = edit.text();
    const { errors } = parseYaml(new SourceFile(file, text));
    if (errors.length > 0 || symbolicLinkOn(root, file) !== undefined) continue;
    writeFileAtomic(path, encodedAs(text, bytes), statSync(path).mode & 0o777);
    written.add(file);
  }
  const fixed = plans.filter((planned) => planned.every(({ source }) => written.has(source.file))).length;
  return { files: [...written], fixed };
}

/** One change that a fix asks for. */
interface Planned {
  readonly object: KubeObject;
  readonly source: Origin["source"];
  /** Location of the changed entry, or of the mapping that an entry is added to. */
  readonly place: string;
  /** The location, and the key to add there. */
  readonly entry: string;
  /** Undefined if the entry is removed. */
  readonly value: unknown;
  /** Adds the change to an edit; returns false if the text cannot be edited that way. */
  readonly apply: (edit: YamlEdit) => boolean;
}

/** The plans whose lines belong only to objects that need the same change. */
function agreed(
  plans: readonly (readonly Planned[])[],
  checked: readonly KubeObject[],
): readonly (readonly Planned[])[] {
  const all = plans.flat();
  const holders = holdersOf(new Set(all.map(({ place }) => place)), checked);
  const wanted = Map.groupBy(all, ({ entry }) => entry);
  const isAgreed = ({ place, entry, value }: Planned): boolean => {
    const same = wanted.get(entry) ?? [];
    const askers = new Set(same.map(({ object }) => object));
    return (
      same.every((other) => JSON.stringify(other.value) === JSON.stringify(value)) &&
      [...(holders.get(place) ?? [])].every((holder) => askers.has(holder))
    );
  };
  return plans.filter((planned) => planned.length > 0 && planned.every(isAgreed));
}

/** All changes that fix a violation; none if any of them is impossible. */
function plan({ rule: id, object, problem }: RuleFinding, edits: Map<string, YamlEdit>): readonly Planned[] {
  const rule = RULES.find((one) => one.id === id);
  const planned = (rule?.fix?.(object, problem) ?? []).map((change) => planChange(object, change));
  const isPossible = (change: Planned | undefined): change is Planned => {
    if (change === undefined) return false;
    const { source, apply } = change;
    const edit = edits.get(source.file) ?? new YamlEdit(source.text);
    edits.set(source.file, edit);
    return apply(edit);
  };
  return planned.every(isPossible) ? planned : [];
}

function planChange(object: KubeObject, { path, value }: Edit): Planned | undefined {
  let container: Value = object as unknown as Mapping;
  for (const [depth, step] of path.entries()) {
    if (typeof container !== "object" || container === null) return undefined;
    if (!Object.hasOwn(container, step)) {
      if (value === undefined || !isMapping(container)) return undefined;
      const added = { [String(step)]: nested(path.slice(depth + 1), value as Value) };
      return planned(object, originOf(container), added, (edit, { offset }) => {
        const at = edit.collectionAt(offset);
        return at !== undefined && edit.insert(at.document, at.path, writeYaml(added));
      });
    }
    if (depth === path.length - 1)
      return planned(object, entryOrigin(container, step), value, (edit, { offset }) => {
        const at = edit.entryAt(offset, step);
        return at !== undefined && changeEntry(edit, at, value);
      });
    container = (container as Mapping)[step] as Value;
  }
  return undefined;
}

/** Wraps the value in the mappings that are missing above it. */
function nested(path: readonly PathStep[], value: Value): Value {
  return path.reduceRight<Value>((inner, step) => ({ [String(step)]: inner }), value);
}

/** Sets a single scalar, or removes an entry if others remain; anything else is refused. */
function changeEntry(edit: YamlEdit, { document, path }: EntryPath, value: unknown): boolean {
  if (value === undefined) return edit.sizeOf(document, path.slice(0, -1)) > 1 && edit.remove(document, path);
  if (typeof value === "object" || typeof value === "function") return false;
  return edit.setScalar(document, path, value as string | number | boolean);
}

function planned(
  object: KubeObject,
  origin: Origin,
  value: unknown,
  change: (edit: YamlEdit, origin: Origin) => boolean,
): Planned | undefined {
  const place = placeOf(origin);
  if (place === undefined) return undefined;
  const added = value !== undefined && typeof value === "object" && value !== null ? Object.keys(value) : [];
  const apply = (edit: YamlEdit): boolean => change(edit, origin);
  return { object, source: origin.source, place, entry: `${place} ${added.join()}`, value, apply };
}
