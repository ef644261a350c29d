import { yamlMap } from "../lib/yaml-map.ts";
import type { KubeObject } from "./objects.ts";

/** Annotation that turns monitoring of a resource on or off. */
export const ENABLED_ANNOTATION = "gatus.home-operations.com/enabled";
/** Annotation with a YAML fragment that is merged into the endpoint. */
export const ENDPOINT_ANNOTATION = "gatus.home-operations.com/endpoint";

/** An endpoint fragment. */
export type Template = Readonly<Record<string, unknown>>;

/** The fragment in the object's annotation: empty without an annotation, undefined if it cannot be parsed. Gatus merges `<<`, too. */
export function template({ metadata }: KubeObject): Template | undefined {
  return yamlMap(metadata.annotations?.[ENDPOINT_ANNOTATION] ?? "");
}

/** gatus-sidecar parses the annotation as a Go boolean and takes any other value as false (`isExplicitlyDisabled` in its source). */
export function isDisabled({ metadata }: KubeObject): boolean {
  const value = metadata.annotations?.[ENABLED_ANNOTATION];
  return value !== undefined && !["1", "t", "T", "true", "TRUE", "True"].includes(value);
}
