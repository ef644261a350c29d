import { named as portsNamed } from "../../../../../lib/counted.ts";
import { distinct } from "../../../../../lib/distinct.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { at, fields, list } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";

/**
 * Listeners of one Gateway in a form that the API server accepts in `parentRefs`: if there are several, each has its own name. Of the CRDs, only those of the
 * experimental channel accept ports instead, and those do not accept ports for some and names for others.
 * Source: the validation rules of CommonRouteSpec.parentRefs in apis/v1/shared_types.go of github.com/kubernetes-sigs/gateway-api
 * @param gateway undefined if the repository does not show it
 * @returns the reason if the names are not known
 */
export function withSections(
  places: readonly Mapping[],
  gateway: KubeObject | undefined,
  option: string,
): readonly Mapping[] | string {
  const all = distinct(places);
  const ports = all.filter(({ sectionName }) => sectionName === undefined);
  if (all.length < 2 || ports.length === 0) return all;
  if (gateway) return distinct(all.flatMap((place) => named(place, gateway)));
  const numbers = ports.map(({ port }) => scalarText(port ?? null));
  return `its route needs several listeners of one Gateway, and the API server accepts that only if each has a name: set the names of the listeners on ${portsNamed(numbers, "port")} instead in ${option} in ${OPTIONS_FILE}`;
}

function named(place: Mapping, gateway: KubeObject): readonly Mapping[] {
  if (place.sectionName !== undefined) return [place];
  const names = list(at(gateway, ["spec", "listeners"]))
    .map(fields)
    .filter(({ port }) => port === place.port)
    .map(({ name }) => ({ sectionName: String(name) }));
  return names.length > 0 ? names : [place];
}
