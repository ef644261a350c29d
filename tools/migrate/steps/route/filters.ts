import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { matchOf } from "./served.ts";

/** Filters that run Middlewares in the route's own namespace. */
export function extensionRefs(middlewares: readonly string[]): Mapping[] {
  return middlewares.map((name) => ({
    type: "ExtensionRef",
    extensionRef: { group: "traefik.io", kind: "Middleware", name },
  }));
}

/** The Middlewares that filters name; any other filter is compared as a whole. */
export function middlewaresOf(filters: Value | undefined): readonly string[] {
  const list = Array.isArray(filters) ? filters.filter(isMapping) : [];
  return list.map((filter) => {
    const reference = isMapping(filter.extensionRef) ? filter.extensionRef : {};
    return reference.kind === "Middleware" ? scalarText(reference.name) : JSON.stringify(filter);
  });
}

/** The `matches` field, unless it only states the default. */
export function writtenMatches(matches: readonly Mapping[]): Mapping {
  const [first] = matches;
  const all = JSON.stringify(matchOf({}));
  return matches.length === 1 && JSON.stringify(first) === all ? {} : { matches: [...matches] };
}
