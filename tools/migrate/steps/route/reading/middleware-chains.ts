import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping } from "../../../../gitops/yaml/values.ts";
import { fieldAt, isKind, nameOf, objectNamed } from "../../../objects.ts";
import { OLD_TRAEFIK_GROUP, TRAEFIK_GROUP } from "../controllers/traefik.ts";
import type { Moving } from "../gateway/parents.ts";
import { isFilter } from "../routes/filters.ts";
import { chartMiddlewares } from "./chart-middlewares.ts";

const GROUPS = [TRAEFIK_GROUP, OLD_TRAEFIK_GROUP];

/** The Middlewares of an Ingress and those in their chains, by `namespace/name`, also from the values of charts; of the former API group only without one of the same name in the present group. */
export function middlewaresBehind({ reading, cluster, namespace }: Moving): ReadonlyMap<string, Mapping> {
  const found = new Map<string, Mapping>();
  if (!cluster) return found;
  const names = reading.served.flatMap(({ middlewares }) => middlewares.filter((name) => !isFilter(name)));
  for (const name of names) visit(`${namespace}/${name}`, cluster, found);
  return found;
}

/** @param found the Middlewares that have been visited */
function visit(id: string, cluster: BuiltCluster, found: Map<string, Mapping>): void {
  const [namespace = "", name = ""] = id.split("/");
  const built = GROUPS.map((group) =>
    objectNamed([cluster], { ...MIDDLEWARE, group }, { namespace, name }),
  ).find((object) => object !== undefined);
  const object = built?.object ?? chartMiddlewares(cluster).get(id)?.object;
  if (!object || found.has(id)) return;
  found.set(id, object);
  for (const member of membersOf(id, object, cluster)) visit(member, cluster, found);
}

/**
 * What a chain names: each as `namespace/name`, or as it is written (`name@file`) if that is no Middleware of the cluster.
 * Source: createChainMiddleware in pkg/provider/kubernetes/crd/kubernetes.go of github.com/traefik/traefik
 */
export function membersOf(id: string, chain: Mapping, cluster: BuiltCluster): readonly string[] {
  const [own = ""] = id.split("/");
  return mappingsIn(fieldAt(chain, ["spec", "chain", "middlewares"])).map((entry) => {
    const name = scalarText(entry.name);
    const [qualified = "", provider] = name.split("@");
    if (provider === undefined) return `${scalarText(entry.namespace) || own}/${name}`;
    return (provider === "kubernetescrd" ? qualifiedIn(cluster).get(qualified) : undefined) ?? name;
  });
}

/** The Middlewares of a cluster, by the names that Traefik gives them: `namespace-name`. */
const qualifiedIn = oncePer((cluster: BuiltCluster): ReadonlyMap<string, string> => {
  const objects = cluster.objects
    .filter(({ object }) => GROUPS.some((group) => isKind(object, { ...MIDDLEWARE, group })))
    .map(({ object }) => nameOf(object))
    .map(({ namespace, name }) => `${namespace}/${name}`);
  const all = [...objects, ...chartMiddlewares(cluster).keys()];
  return new Map(all.map((id) => [id.replace("/", "-"), id]));
});
