import { isDeepStrictEqual } from "node:util";
import { yamlMap } from "../../../../lib/yaml-map.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { PathStep } from "../../../gitops/yaml/values.ts";

/**
 * Without this setting, an invalid file makes Gatus exit, and gatus-sidecar writes an invalid one for two routes of the same name.
 * Source: https://github.com/TwiN/gatus#reloading-configuration-on-the-fly
 */
export const SKIP_INVALID = "skip-invalid-config-update";

/** Gatus's configuration with {@link SKIP_INVALID}; undefined if it cannot be edited. */
export function withSkip(text: string): string | undefined {
  const line = `${SKIP_INVALID}: true`;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.replace(/\s+$/, "").split(/\r?\n/);
  const after = lines.findIndex((_, index) => isFree(lines, index));
  const ending = /\s*$/.exec(text)?.[0] ?? "";
  const changed = lines.toSpliced(after < 0 ? lines.length : after + 1, 0, line).join(newline) + ending;
  return addsOnlySkip(text, changed) ? changed : undefined;
}

/** Whether a line is a top-level scalar that no comment follows, so that a new line below it separates no comment from its entry. */
function isFree(lines: readonly string[], index: number): boolean {
  const next = lines.slice(index + 1).find((line) => line.trim() !== "");
  return /^[\w-]+: +[^\s|>#&*{[]/.test(lines[index] ?? "") && (next === undefined || /^[\w"']/.test(next));
}

/** Whether a configuration differs from another only by {@link SKIP_INVALID}. */
export function addsOnlySkip(before: string, after: string): boolean {
  const [was, is] = [yamlMap(before), yamlMap(after)];
  return was !== undefined && isDeepStrictEqual({ ...was, [SKIP_INVALID]: true }, is);
}

/** Whether a configuration sets {@link SKIP_INVALID}; undefined if it does not mention it, or cannot be read. */
export function skipsInvalid(text: string): boolean | undefined {
  const value = yamlMap(text)?.[SKIP_INVALID];
  return value === undefined ? undefined : value === true;
}

/** Edits a configuration that is written as a literal block (`key: |`); returns false for any other form. */
export function editBlock(edit: YamlEdit, document: number, path: readonly PathStep[]): boolean {
  const all = edit.linesOf(document, path)?.split("\n") ?? [];
  const header = all.findIndex((line) => /^[^#\s][^#]*:\s+\|[-+]?\s*(?:#.*)?$/.test(line));
  const body = all.slice(header + 1);
  const indent = /^ +/.exec(body.find((line) => line.trim() !== "") ?? "")?.[0];
  if (header < 0 || indent === undefined) return false;
  const outdented = body.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trim()));
  const changed = withSkip(outdented.join("\n"));
  if (changed === undefined) return false;
  const lines = changed.split("\n").map((line) => (line === "" ? "" : `${indent}${line}`));
  return edit.replace(document, path, [all[header], ...lines].join("\n"));
}
