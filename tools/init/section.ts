import { stringify } from "yaml";
import { z } from "zod";
import { configSchema } from "../../config/schema.ts";

/** One key of the configuration, as the file is to show it. */
export interface Section {
  readonly key: keyof typeof configSchema.shape;
  /** Lines above it, without `#`. */
  readonly comment: readonly string[];
  /** Its value; undefined for a comment alone. */
  readonly value?: unknown;
  /** Shown as a comment, for the reader to uncomment and complete. */
  readonly isExample?: boolean;
}

/** A section that the schema refuses becomes an example, with the reasons: the file must always load. */
export function checked(section: Section): Section {
  if (section.value === undefined || section.isExample) return section;
  const parsed = configSchema.shape[section.key].safeParse(section.value);
  if (parsed.success) return section;
  const reasons = z.prettifyError(parsed.error).split("\n");
  const comment = [...section.comment, "The live object does not fit this configuration:", ...reasons];
  return { ...section, comment, isExample: true };
}

/** The text of a section, below `config:`. */
export function formatSection({ key, comment, value, isExample }: Section): string {
  const lines = comment.map((line) => `  # ${line}`);
  if (value === undefined) return lines.join("\n");
  const yaml = stringify({ [`edgefirst:${key}`]: value }, { lineWidth: 0 })
    .trimEnd()
    .split("\n");
  return [...lines, ...yaml.map((line) => (isExample ? `  # ${line}` : `  ${line}`))].join("\n");
}
