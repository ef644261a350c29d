import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RULES } from "../../policy/registry.ts";
import type { Edit } from "../../policy/rule.ts";
import { statSync } from "node:fs";
import { writeFileAtomic } from "../../atomic-file.ts";
import { SourceFile, type Origin } from "../documents/source.ts";
import { entryOrigin, isFields, originOf, type Fields, type Value } from "../documents/values.ts";
import { applyEdits, EditableText, isValid, type TextEdit } from "../edit/edit-text.ts";
import type { LintedFinding } from "./lint.ts";

/** What was mended. */
export interface Fixed {
  /** Relative to the root. */
  readonly files: readonly string[];
  /** Number of findings. */
  readonly fixed: number;
}

/**
 * Applies the safe fixes that rules offer, in the files where the fields were written. A fix is left out where its field comes from
 * text inside another scalar, from a generator or an alias, or where it would touch more than one entry of a block mapping.
 */
export async function applyFixes(root: string, findings: readonly LintedFinding[]): Promise<Fixed> {
  const edits = new Map<string, TextEdit[]>();
  const texts = new Map<string, EditableText>();
  let fixed = 0;
  for (const finding of findings) {
    const planned = plan(finding, texts);
    if (planned.length === 0) continue;
    fixed++;
    for (const { file, edit } of planned) edits.set(file, [...(edits.get(file) ?? []), edit]);
  }
  const files: string[] = [];
  for (const [file, own] of edits) {
    const path = join(root, file);
    const { text } = applyEdits(await readFile(path, "utf8"), unique(own));
    if (!isValid(text)) continue;
    writeFileAtomic(path, text, statSync(path).mode & 0o777);
    files.push(file);
  }
  return { files, fixed };
}

interface Planned {
  readonly file: string;
  readonly edit: TextEdit;
}

/** All edits of a finding, or none. */
function plan({ breach }: LintedFinding, texts: Map<string, EditableText>): readonly Planned[] {
  if (!breach) return [];
  const rule = RULES.find(({ id }) => id === breach.rule);
  const wanted = rule?.fix?.(breach.object, breach.problem) ?? [];
  const planned = wanted.map((edit) => planEdit(breach.object as unknown as Fields, edit, texts));
  return planned.every((edit) => edit !== undefined) ? planned : [];
}

function planEdit(
  object: Fields,
  { path, value }: Edit,
  texts: Map<string, EditableText>,
): Planned | undefined {
  let container: Value = object;
  for (const [depth, step] of path.entries()) {
    if (typeof container !== "object" || container === null) return undefined;
    const present = Object.hasOwn(container, step);
    if (depth < path.length - 1 && present) {
      container = (container as Fields)[step] as Value;
      continue;
    }
    const key = String(step);
    if (!present) {
      if (value === undefined || !isFields(container)) return undefined;
      return inFile(originOf(container), texts, (text, { offset }) =>
        text.add(offset, key, nested(path.slice(depth + 1), value as Value)),
      );
    }
    const origin = entryOrigin(container, step);
    if (value === undefined) return inFile(origin, texts, (text, { offset }) => text.remove(offset));
    if (typeof value === "object" || typeof value === "function") return undefined;
    return inFile(origin, texts, (text, { offset }) =>
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
  origin: Origin,
  texts: Map<string, EditableText>,
  edit: (text: EditableText, origin: Origin) => TextEdit | undefined,
): Planned | undefined {
  const { source } = origin;
  if (!(source instanceof SourceFile)) return undefined;
  let text = texts.get(source.file);
  if (!text) texts.set(source.file, (text = new EditableText(source.text)));
  const found = edit(text, origin);
  return found && { file: source.file, edit: found };
}

function unique(edits: readonly TextEdit[]): readonly TextEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}
