import { readerOf } from "../controllers/classes.ts";
import { traefik } from "../controllers/traefik.ts";
import type { MovingForm } from "../gateway/parents.ts";
import { meetToday, takesAllOf, type Ranked } from "../meetings/precedence.ts";
import type { RouteOptions } from "../options.ts";
import { releaseNamespace, rendered } from "../reading/hosts.ts";
import { readingsOf } from "../reading/readings.ts";
import { pathOf, servicesBehind, type Served } from "../reading/served.ts";

/** Rules that name a Service that does not exist. */
export interface StandIn {
  /** Their paths, each with its host. */
  readonly paths: readonly string[];
  /** The path and the object of the rule that answers instead; undefined if none is known. */
  readonly rule: string | undefined;
  /** Whether they name other Services as well, which their route would reach. */
  readonly isShared: boolean;
}

/** Whether nothing that is known creates a Service. */
type IsMissing = (namespace: string, name: string) => boolean;

/**
 * What answers in Traefik for a Service that does not exist: it has no router for such a rule, so requests go to the next rule that matches them.
 * Sources: loadConfigurationFromIngresses in pkg/provider/kubernetes/ingress/kubernetes.go ("Cannot create service"), loadIngressRouteConfiguration in
 * pkg/provider/kubernetes/crd/kubernetes_http.go.
 */
export function standIns(
  service: string,
  moving: MovingForm,
  { options, isMissing }: { readonly options: RouteOptions; readonly isMissing: IsMissing },
): readonly StandIn[] {
  const { form, reading } = moving;
  const { entryPoints, ingressClass } = reading;
  const others = answering(moving, options, isMissing);
  const groups = new Map<string, { paths: string[]; rule: string | undefined; isShared: boolean }>();
  for (const one of reading.served.filter((served) => names(served, service))) {
    const served = { ...one, host: rendered(one.host, form.object) };
    const missing: Ranked = { served, rank: served.rank ?? 0, entryPoints, ingressClass };
    const [best] = others
      .filter((other) => meetToday(missing, other))
      .filter((other) => other.served.host === served.host && takesAllOf(other.served, served))
      .sort((a, b) => b.rank - a.rank);
    const rule = best && `${pathOf(best.served)[1]} of ${best.source ?? ""}`;
    const isShared = served.backends.length > 1;
    const key = JSON.stringify([rule, isShared]);
    const group = groups.get(key) ?? { paths: [], rule, isShared };
    groups.set(key, group);
    const path = `${served.host}${served.path ?? pathOf(served)[1]}`;
    if (!group.paths.includes(path)) group.paths.push(path);
  }
  return [...groups.values()];
}

const names = (served: Served, service: string): boolean =>
  servicesBehind([served]).some(({ name }) => name === service);

/** The rules in a cluster for which Traefik has a router, as far as is known. */
function answering({ cluster }: MovingForm, options: RouteOptions, isMissing: IsMissing): readonly Ranked[] {
  if (!cluster) return [];
  return readingsOf(options)(cluster)
    .filter(({ reading }) => readerOf(reading, cluster) === traefik)
    .flatMap(({ object, source, reading: { served, entryPoints, ingressClass } }) =>
      served
        .filter(
          (one) =>
            !servicesBehind([one]).some(
              ({ name }) => name !== undefined && isMissing(releaseNamespace(object), name),
            ),
        )
        .map((one): Ranked => ({ served: one, rank: one.rank ?? 0, source, entryPoints, ingressClass })),
    );
}
