import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { RULES } from "../../policy/engine/registry.ts";
import type { Edit } from "../../policy/engine/rule.ts";
import type { RuleFinding } from "../../policy/engine/run.ts";
import { statSync } from "node:fs";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import type { Origin } from "../gitops/yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../gitops/yaml/values.ts";
import { applyEdits, EditableText, isValid, type TextEdit } from "../gitops/edit/edit-text.ts";
import { symbolicLinkOn } from "../gitops/edit/symbolic-link.ts";
import { holdersOf, placeOf } from "./holders.ts";
import type { LintedReport } from "./lint.ts";

/** What was mended. */
export interface Fixed {
  /** Relative to the root. */
  readonly files: readonly string[];
  /** Number of findings. */
  readonly fixed: number;
}

/**
 * Applies the safe fixes that rules offer, in the files where the fields were written. A fix is left out where its field comes from
 * text inside another scalar, from a generator or an alias, where it would touch more than one entry of a block mapping, or where another
 * object is made of the same lines, as from a base that two clusters share, and does not ask for the very same. Nothing is written through
 * a symbolic link, or over one.
 */
export async function applyFixes(root: string, { findings, checked }: LintedReport): Promise<Fixed> {
  const texts = new Map<string, EditableText>();
  const plans = agreed(
    findings.map(({ breaches }) => breaches.flatMap((breach) => plan(breach, texts))),
    checked,
  );
  const written = new Set<string>();
  for (const [file, own] of Map.groupBy(plans.flat(), (planned) => planned.file)) {
    const path = join(root, file);
    const { text } = applyEdits(await readFile(path, "utf8"), unique(own.map(({ edit }) => edit)));
    if (!isValid(text) || symbolicLinkOn(root, file) !== undefined) continue;
    writeFileAtomic(path, text, statSync(path).mode & 0o777);
    written.add(file);
  }
  const fixed = plans.filter((edits) => edits.every(({ file }) => written.has(file))).length;
  return { files: [...written], fixed };
}

interface Planned {
  readonly object: KubeObject;
  readonly file: string;
  /** Of the entry, or of the mapping that gets one. */
  readonly place: string;
  /** The place, and the key that is added there. */
  readonly entry: string;
  readonly edit: TextEdit;
}

/** The plans whose lines are in no object that wants something else there, or nothing. */
function agreed(
  plans: readonly (readonly Planned[])[],
  checked: readonly KubeObject[],
): readonly (readonly Planned[])[] {
  const all = plans.flat();
  const holders = holdersOf(new Set(all.map(({ place }) => place)), checked);
  const wanted = Map.groupBy(all, ({ entry }) => entry);
  const isAgreed = ({ place, entry, edit }: Planned): boolean => {
    const same = wanted.get(entry) ?? [];
    const askers = new Set(same.map(({ object }) => object));
    return (
      same.every((other) => other.edit.text === edit.text) &&
      [...(holders.get(place) ?? [])].every((holder) => askers.has(holder))
    );
  };
  return plans.filter((edits) => edits.length > 0 && edits.every(isAgreed));
}

/** All edits for a breach, or none. */
function plan({ rule: id, object, problem }: RuleFinding, texts: Map<string, EditableText>): Planned[] {
  const rule = RULES.find((one) => one.id === id);
  const planned = (rule?.fix?.(object, problem) ?? []).map((edit) => planEdit(object, edit, texts));
  return planned.every((edit) => edit !== undefined) ? planned : [];
}

function planEdit(
  object: KubeObject,
  { path, value }: Edit,
  texts: Map<string, EditableText>,
): Planned | undefined {
  let container: Value = object as unknown as Mapping;
  for (const [depth, step] of path.entries()) {
    if (typeof container !== "object" || container === null) return undefined;
    const present = Object.hasOwn(container, step);
    if (depth < path.length - 1 && present) {
      container = (container as Mapping)[step] as Value;
      continue;
    }
    const key = String(step);
    if (!present) {
      if (value === undefined || !isMapping(container)) return undefined;
      return inFile(object, originOf(container), key, texts, (text, { offset }) =>
        text.add(offset, key, nested(path.slice(depth + 1), value as Value)),
      );
    }
    const origin = entryOrigin(container, step);
    if (value === undefined)
      return inFile(object, origin, "", texts, (text, { offset }) => text.remove(offset));
    if (typeof value === "object" || typeof value === "function") return undefined;
    return inFile(object, origin, "", texts, (text, { offset }) =>
      text.replaceScalar(offset, value as string | number | boolean),
    );
  }
  return undefined;
}

/** The value inside the mappings that are still missing on the way to it. */
function nested(path: Edit["path"], value: Value): Value {
  return path.reduceRight<Value>((inner, step) => ({ [String(step)]: inner }), value);
}

function inFile(
  object: KubeObject,
  origin: Origin,
  addedKey: string,
  texts: Map<string, EditableText>,
  edit: (text: EditableText, origin: Origin) => TextEdit | undefined,
): Planned | undefined {
  const { source } = origin;
  const place = placeOf(origin);
  if (place === undefined) return undefined;
  let text = texts.get(source.file);
  if (!text) texts.set(source.file, (text = new EditableText(source.text)));
  const found = edit(text, origin);
  return found && { object, file: source.file, place, entry: `${place} ${addedKey}`, edit: found };
}

function unique(edits: readonly TextEdit[]): readonly TextEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}
