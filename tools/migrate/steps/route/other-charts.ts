import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping, originAt, type Mapping, type PathStep, type Value } from "../../../gitops/yaml/values.ts";
import { fieldAt } from "../../objects.ts";
import type { Note } from "../../step.ts";

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
  return [...new Map(notes.map((note) => [JSON.stringify(note), note])).values()];
}

function ingressesIn(release: Mapping, chart: string): readonly Note[] {
  const notes: Note[] = [];
  const visit = (value: Value | undefined, path: readonly PathStep[]): void => {
    if (!isMapping(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const own = [...path, key];
      if (isMapping(inner) && (key === "ingress" ? inner.enabled === true : isNamed(inner, value, path))) {
        const why = hasRoute(inner) || hasRoute(value) ? ALREADY : unknownFormat(chart);
        const message = `${own.slice(2).join(".")} is left unchanged: ${why}`;
        notes.push({ kind: "left", message, position: locate(originAt(release, own)) });
      } else visit(inner, own);
    }
  };
  visit(fieldAt(release, ["spec", "values"]), ["spec", "values"]);
  return notes;
}
