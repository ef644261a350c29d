import { text } from "../../../gitops/kustomize/resource.ts";
import { isFields, type Fields, type Value } from "../../../gitops/yaml/values.ts";
import { matchOf } from "./served.ts";

/** Filters that run Middlewares of the route's own namespace. */
export function extensionRefs(middlewares: readonly string[]): Fields[] {
  return middlewares.map((name) => ({
    type: "ExtensionRef",
    extensionRef: { group: "traefik.io", kind: "Middleware", name },
  }));
}

/** The Middlewares that filters name; another filter counts as itself, so that it makes a difference. */
export function middlewaresOf(filters: Value | undefined): readonly string[] {
  const list = Array.isArray(filters) ? filters.filter(isFields) : [];
  return list.map((filter) => {
    const reference = isFields(filter.extensionRef) ? filter.extensionRef : {};
    return reference.kind === "Middleware" ? text(reference.name) : JSON.stringify(filter);
  });
}

/** `matches`, unless it would say what a route does without. */
export function writtenMatches(matches: readonly Fields[]): Fields {
  const [first] = matches;
  const all = JSON.stringify(matchOf({}));
  return matches.length === 1 && JSON.stringify(first) === all ? {} : { matches: [...matches] };
}
