import { agreeing, named } from "../../../../../lib/counted.ts";
import { at, fields, text } from "../../../../../policy/engine/read.ts";
import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { isKind } from "../../../objects.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { OLD_TRAEFIK_GROUP, TRAEFIK_GROUP } from "../controllers/traefik.ts";
import { flagsOf } from "../controllers/traefik-entry-points.ts";
import type { CutoverNote } from "../outcome.ts";
import { isFilter } from "../routes/filters.ts";
import { chartMiddlewares } from "../reading/chart-middlewares.ts";
import { membersOf, middlewaresBehind } from "../reading/middleware-chains.ts";
import { servesBoth, settingsBehind } from "./doors.ts";
import type { Moving, Parents } from "./parents.ts";

/** Why the Traefik behind a Gateway may not run the Middlewares of an Ingress, or those in their chains, as the class's controller does. */
export function whyOtherMiddlewares(
  moving: Moving,
  gateway: Parents["gateway"],
  context: Pick<StepContext, "repository">,
): readonly string[] {
  const all = [...middlewaresBehind(moving)];
  const old = all.filter(([, object]) => !isKind(object, MIDDLEWARE)).map(([id]) => id);
  return [...(old.length === 0 ? [] : [whyOldGroup(old)]), ...whyNoPlugin(all, moving, gateway, context)];
}

/** Source: "Kubernetes CRDs API Group traefik.containo.us" in docs/content/migrate/v2-to-v3-details.md of github.com/traefik/traefik */
const whyOldGroup = (ids: readonly string[]): string =>
  `${named(ids, "Middleware")} ${ids.length === 1 ? "is" : "are"} of ${OLD_TRAEFIK_GROUP}, which Traefik 3, the only one that serves HTTPRoutes of v1, does not read, so its route would answer 404: once the cluster has the definitions of ${TRAEFIK_GROUP}, add a copy of each there (ipWhiteList becomes ipAllowList), and keep the present ones as long as a Traefik 2 reads them`;

/** Source: https://doc.traefik.io/traefik/extend/extend-traefik/: plugins are in the static configuration of each Traefik. */
function whyNoPlugin(
  middlewares: readonly (readonly [id: string, object: Mapping])[],
  { cluster, reading: { ingressClass = "" } }: Moving,
  gateway: Parents["gateway"],
  context: Pick<StepContext, "repository">,
): readonly string[] {
  const using = middlewares.flatMap(([id, { spec }]) =>
    Object.entries(fields(fields(spec).plugin)).map(([name, options]) => ({ id, name, options })),
  );
  if (using.length === 0 || servesBoth(ingressClass, cluster, gateway, context)) return [];
  const behind = settingsBehind(gateway, cluster, context).map(pluginsIn);
  const isThere = (name: string): boolean =>
    gateway.provides.includes(`plugin ${name}`) ||
    (behind.length > 0 && behind.every((known) => known.has(name.toLowerCase())));
  return using
    .filter(({ name }) => !isThere(name))
    .map(({ id, name, options }) => {
      const files = Object.values(fields(options)).filter((value) => text(value)?.startsWith("/") ?? false);
      const read = files.length === 0 ? "" : ` and finds the files ${files.join(", ")}`;
      return `Middleware ${id} needs Traefik's plugin ${name}, without which its route would answer 404: if the Traefik behind Gateway ${gateway.namespace}/${gateway.name} has it${read}, list "plugin ${name}" in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`;
    });
}

/** The plugins in the values of Traefik's chart, or in its flags, in lower case. */
function pluginsIn(values: Parameters<typeof flagsOf>[0]): ReadonlySet<string> {
  const byFlags = [...flagsOf(values).keys()].flatMap(
    (flag) => /^experimental\.(?:local)?plugins\.([^.]+)\./.exec(flag)?.[1] ?? [],
  );
  const byValues = ["plugins", "localPlugins"].flatMap((key) =>
    Object.keys(fields(at(values, ["experimental", key]))),
  );
  return new Set([...byFlags, ...byValues].map((name) => name.toLowerCase()));
}

/** The Middlewares of an Ingress, and those in its chains, that no file of the repository contains, or only the values of a chart. */
export function missingMiddlewares(moving: Moving): readonly CutoverNote[] {
  const { reading, cluster, namespace, hosts } = moving;
  if (!cluster) return [];
  const found = middlewaresBehind(moving);
  const own = reading.annotations.translations.flatMap(({ middleware }) => middleware?.suffix ?? []);
  const named = reading.served
    .flatMap(({ middlewares }) => middlewares.filter((name) => !isFilter(name)))
    .filter((name) => !own.some((suffix) => name.endsWith(`-${suffix}`)))
    .map((name) => [`${namespace}/${name}`, ""] as const);
  const inChains = [...found].flatMap(([id, object]) =>
    membersOf(id, object, cluster).map((member) => [member, ` which Middleware ${id} names and`] as const),
  );
  const served = `through which ${agreeing(hosts, "is", "are")} served,`;
  // One that an Ingress names itself needs no chain to be named.
  return [...new Map([...inChains, ...named])]
    .flatMap(([id, chain]): readonly string[] => {
      const what = `Middleware ${id},${chain} ${served}`;
      if (!id.includes("/"))
        return [
          `before the commit: ${what} is of another provider of Traefik: make sure that the Traefik behind the Gateway has it, or the route answers 404`,
        ];
      if (!found.has(id))
        return [
          `before the commit: ${what} is not in this repository: make sure that the cluster has it in ${TRAEFIK_GROUP}, or the route answers 404`,
        ];
      const release = chartMiddlewares(cluster).get(id)?.release;
      return release === undefined
        ? []
        : [
            `${what} comes with HelmRelease ${release}: before that goes, write the Middleware elsewhere, or the route answers 404`,
          ];
    })
    .map((message) => ({ kind: "cutover", message }));
}
