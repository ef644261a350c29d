import { fields, list, type Fields } from "../../../../../policy/engine/read.ts";
import { yamlMap } from "../../../../../lib/yaml-map.ts";

/** The objects that a chart's values contain for it to install, each a mapping or a text, which may have templates. Source: `extraObjects` in chart traefik */
export const extraObjects = (entries: unknown): readonly Fields[] =>
  list(entries).map((entry) => fields(typeof entry === "string" ? yamlMap(entry) : entry));
