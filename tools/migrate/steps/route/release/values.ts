import { isMapping, type Mapping, type PathStep, type Value } from "../../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn } from "../../../objects.ts";

/** Where a HelmRelease has its own values. */
export const VALUES: readonly PathStep[] = ["spec", "values"];
/** Where app-template's Ingresses are in a HelmRelease. */
export const INGRESS: readonly PathStep[] = [...VALUES, "ingress"];
/** Where app-template's routes are in a HelmRelease. */
export const ROUTE: readonly PathStep[] = [...VALUES, "route"];

/** The entries of app-template's values at a path, without those that are off. */
export const entriesAt = (
  release: Mapping,
  path: readonly PathStep[],
): readonly (readonly [key: string, entry: Mapping])[] =>
  Object.entries(fieldsIn(release, path)).flatMap(([key, entry]) =>
    isMapping(entry) && entry.enabled !== false ? [[key, entry] as const] : [],
  );

/** The Services in app-template's values. */
export const servicesIn = (release: Mapping): Value | undefined => fieldAt(release, [...VALUES, "service"]);
