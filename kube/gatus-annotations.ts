import { parse } from "yaml";
import type { KubeObject } from "./objects.ts";

/** Annotation that turns a resource's monitoring on or off. */
export const ENABLED_ANNOTATION = "gatus.home-operations.com/enabled";
/** Annotation with a YAML fragment that is merged into the endpoint. */
export const ENDPOINT_ANNOTATION = "gatus.home-operations.com/endpoint";

/** A fragment of an endpoint. */
export type Template = Readonly<Record<string, unknown>>;

/** The object's fragment, empty without one; undefined where it cannot be read. */
export function template({ metadata }: KubeObject): Template | undefined {
  return yamlMap(metadata.annotations?.[ENDPOINT_ANNOTATION] ?? "");
}

/** A YAML map, empty for an empty text, with `<<` merged as Gatus merges it; undefined where the text is something else. */
export function yamlMap(text: string): Template | undefined {
  try {
    const value: unknown = parse(text, { merge: true }) ?? {};
    return typeof value === "object" && !Array.isArray(value) ? (value as Template) : undefined;
  } catch {
    return undefined;
  }
}

/** gatus-sidecar reads the annotation as Go reads a boolean, and anything else as false (`isExplicitlyDisabled` in its source). */
export function isDisabled({ metadata }: KubeObject): boolean {
  const value = metadata.annotations?.[ENABLED_ANNOTATION];
  return value !== undefined && !["1", "t", "T", "true", "TRUE", "True"].includes(value);
}
