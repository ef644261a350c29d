import { distinct } from "../../../../../lib/distinct.ts";
import { locate } from "../../../../gitops/yaml/source.ts";
import {
  isMapping,
  originAt,
  type Mapping,
  type PathStep,
  type Value,
} from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";
import type { Note } from "../../../step.ts";

const ALREADY = "next to it, the values already enable a route; check which of the two the chart renders";

const unknownFormat = (chart: string): string =>
  `this step does not know how chart ${chart} writes routes; check whether its values support HTTPRoutes`;

/** Whether values enable a route, by the names that charts give such values. */
const hasRoute = (values: Mapping): boolean =>
  Object.entries(values).some(
    ([key, value]) =>
      /^(?:gatewayapi|httproute|route)$/i.test(key) && isMapping(value) && value.enabled === true,
  );

/** Whether values are one of several Ingresses below `ingress`. Without `enabled`, a class or a host is enough, as in rook-ceph-cluster. */
const isNamed = (values: Mapping, parent: Mapping, above: readonly PathStep[]): boolean =>
  above.at(-1) === "ingress" &&
  parent.enabled !== false &&
  (values.enabled === true ||
    (values.enabled === undefined &&
      Object.keys(values).some((key) => ["ingressClassName", "host", "hosts"].includes(key))));

/**
 * Ingresses in the values of a chart whose route format this step does not know.
 * @param forms the release as written and as clusters receive it: a patch may add an Ingress
 */
export function otherIngresses(forms: readonly Mapping[], chart = ""): readonly Note[] {
  const notes = forms.flatMap((form) => ingressesIn(form, chart));
  return distinct(notes);
}

function ingressesIn(release: Mapping, chart: string): readonly Note[] {
  return chartIngresses(release).map(({ path, values, parent }) => {
    const why = hasRoute(values) || hasRoute(parent) ? ALREADY : unknownFormat(chart);
    const message = `${path.slice(2).join(".")} is left unchanged: ${why}`;
    return { kind: "left", message, position: locate(originAt(release, path)) };
  });
}

/** An Ingress in the values of a chart. */
export interface ChartIngress {
  /** From the release on: `["spec", "values", "ingress"]`. */
  readonly path: readonly string[];
  readonly values: Mapping;
  /** The values around it. */
  readonly parent: Mapping;
}

/** The Ingresses in the values of a release, where charts write them. */
export function chartIngresses(release: Mapping): readonly ChartIngress[] {
  const found: ChartIngress[] = [];
  const visit = (value: Value | undefined, path: readonly string[]): void => {
    if (!isMapping(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const own = [...path, key];
      if (isMapping(inner) && (key === "ingress" ? inner.enabled === true : isNamed(inner, value, path)))
        found.push({ path: own, values: inner, parent: value });
      else visit(inner, own);
    }
  };
  visit(fieldAt(release, ["spec", "values"]), ["spec", "values"]);
  return found;
}

/** The hosts of an Ingress in values, by the names that charts give them: a text, a list, or mappings with the host below another key. */
export function hostsInValues({ host, hosts, hostname, hostnames, tls }: Mapping): readonly string[] {
  const inTls = Array.isArray(tls) ? tls.map((entry) => (isMapping(entry) ? entry.hosts : undefined)) : [];
  return [...new Set([host, hosts, hostname, hostnames, ...inTls].flatMap(textsIn))];
}

function textsIn(value: Value | undefined): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isMapping(value) ? [value.host, value.name, value.hostname].flatMap(textsIn) : [];
}
