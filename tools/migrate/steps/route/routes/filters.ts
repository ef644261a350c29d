import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { matchOf } from "../reading/served.ts";

/** The filters of a route: Middlewares in its namespace by name, any other filter as JSON (see {@link middlewaresOf}). */
export function extensionRefs(middlewares: readonly string[]): Mapping[] {
  return middlewares.map((name) =>
    isFilter(name)
      ? (JSON.parse(name) as Mapping)
      : { type: "ExtensionRef", extensionRef: { ...MIDDLEWARE, name } },
  );
}

/** Whether an entry of a rule's `middlewares` is a filter of the Gateway API, not the name of a Middleware. */
export const isFilter = (middleware: string): boolean => middleware.startsWith("{");

/** Whether a rule redirects every request, so that it needs no backend. */
export const isRedirect = (middlewares: readonly string[]): boolean =>
  extensionRefs(middlewares).some(({ type }) => type === "RequestRedirect");

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
