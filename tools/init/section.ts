import { stringify } from "yaml";
import { z } from "zod";
import { configSchema } from "../../config/schema.ts";

/** One key in the configuration, as it is written to the file. */
export interface Section {
  readonly key: keyof typeof configSchema.shape;
  /** Comment lines above the key, without `#`. */
  readonly comment: readonly string[];
  /** Its value; undefined if there is only a comment. */
  readonly value?: unknown;
  /** Written as a comment, for the user to uncomment and complete. */
  readonly isExample?: boolean;
}

/** Turns a section that does not match the schema into an example, with the reasons, because the file must always load. */
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
