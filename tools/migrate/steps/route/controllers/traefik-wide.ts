import type { Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import type { Loss } from "../../../losses.ts";
import { askFor, NOTHING, type ControllerWide, type OfClass } from "./class-settings.ts";
import { controllerValues } from "./classes.ts";
import { OLD_TRAEFIK_GROUP, TRAEFIK_GROUP } from "./traefik.ts";
import { entryPointProtections } from "./traefik-entry-points.ts";
import { entryPointLimits, type Limit } from "./traefik-limits.ts";
import { servesBoth, settingsBehind } from "../gateway/doors.ts";

/** What the entry points of a class's Traefik do, unless that is the Traefik behind the Gateway as well: then they stay as they are. */
export function traefikWide(own: OfClass): ControllerWide {
  const { reading, cluster, gateway, context } = own;
  if (servesBoth(reading.ingressClass ?? "", cluster, gateway, context)) return NOTHING;
  const values = controllerValues(reading.ingressClass, cluster);
  // Traefik compares the names of its settings without case, and its documentation writes them in another one than its flags.
  const provided = new Set(gateway.provides.map((name) => name.toLowerCase()));
  const isOpen = (name: string): boolean => !provided.has(name.toLowerCase());
  const limits = missingLimits(values, own).filter(({ name }) => isOpen(name));
  const protections = [...entryPointProtections(values), ...defaultTlsOptions(cluster)].filter(isOpen);
  const rejecting = limits.flatMap(({ name, permits }) => (permits === undefined ? name : []));
  const names = [...protections, ...rejecting];
  return {
    ...NOTHING,
    refusals: names.length === 0 ? [] : [askFor(names, own, "may protect")],
    losses: permissions(limits, own),
  };
}

/** The limits of the entry points that an Ingress uses, without those that every Traefik behind its Gateway has, too. */
function missingLimits(values: Fields, { reading, cluster, gateway, context }: OfClass): readonly Limit[] {
  const { entryPoints } = reading;
  const present = settingsBehind(gateway, cluster, context).map(entryPointLimits);
  const isThere = ({ setting, value }: Limit): boolean =>
    present.length > 0 &&
    present.every((limits) => limits.some((other) => other.setting === setting && other.value === value));
  return entryPointLimits(values)
    .filter(({ entryPoint }) => entryPoints.length === 0 || entryPoints.includes(entryPoint))
    .filter((limit) => !isThere(limit));
}

/** What only the entry points of the class accept, as losses. */
function permissions(limits: readonly Limit[], { place, gateway }: OfClass): readonly Loss[] {
  return [...Map.groupBy(limits, ({ permits }) => permits)].flatMap(([permits, own]) => {
    if (permits === undefined) return [];
    const settings = own.map(({ name, value }) => `${name}: ${value}`).join(", ");
    const message = `${permits} (${settings}${place}): the Traefik behind Gateway ${gateway.namespace}/${gateway.name} may reject them`;
    return [{ kind: "setting", message } as const];
  });
}

/** The TLSOptions that apply to every router without one. Source: https://doc.traefik.io/traefik/https/tls/#default-tls-options */
function defaultTlsOptions(cluster: BuiltCluster | undefined): readonly string[] {
  if (cluster === undefined) return [];
  return [TRAEFIK_GROUP, OLD_TRAEFIK_GROUP]
    .flatMap((group) => indexOf(cluster).ofKind({ group, kind: "TLSOption" }))
    .filter(({ metadata: { name } }) => name === "default")
    .map(({ metadata: { namespace = "" } }) => `TLSOption ${namespace}/default`);
}
