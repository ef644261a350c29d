import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { fieldAt, isKind } from "../../../objects.ts";
import { isTraefik3 } from "../controllers/traefik-version.ts";
import type { Moving } from "../gateway/parents.ts";
import { chartMiddlewares } from "./chart-middlewares.ts";
import { middlewaresBehind } from "./middleware-chains.ts";
import { unknownIn } from "./unknown-fields.ts";

/**
 * Why the Middlewares of an Ingress, and those in their chains, may not do what they should: the API server drops or rejects a field of one, or the Traefik
 * behind the Gateway ignores one.
 * @param isPlain whether plain HTTP may reach the Ingress
 */
export function middlewareFieldsWithoutEffect(moving: Moving, isPlain: boolean): readonly string[] {
  const { reading, cluster } = moving;
  if (!cluster) return [];
  const { ingressClass = "" } = reading;
  const inCharts = chartMiddlewares(cluster);
  const current = [...middlewaresBehind(moving)].filter(
    ([id, middleware]) => isKind(middleware, MIDDLEWARE) && inCharts.get(id)?.object !== middleware,
  );
  return current.flatMap(([id, middleware]) => [
    ...unknownFields(id, middleware),
    ...(isTraefik3(ingressClass, cluster) ? [] : fieldsOfTraefik2(id, middleware, ingressClass, isPlain)),
  ]);
}

function unknownFields(id: string, middleware: Mapping): readonly string[] {
  return unknownIn(middleware, "Middleware").map(
    (field) =>
      `Middleware ${id} has ${field}, which is not a field of a Middleware that this step knows, so it may not protect the app: move it to its place or remove it`,
  );
}

/**
 * Fields that Traefik 3, the only one with HTTPRoutes of the version v1, accepts and ignores, with the value that changes nothing in Traefik 2.
 * Source: docs/content/migrate/v2-to-v3-details.md of github.com/traefik/traefik ("Deprecated Options Removal")
 */
const ONLY_IN_TRAEFIK_2: readonly (readonly [path: readonly string[], unused: unknown])[] = [
  ...["sslRedirect", "sslTemporaryRedirect", "sslForceHost"].map(
    (name) => [["headers", name], false] as const,
  ),
  ...["sslHost", "featurePolicy"].map((name) => [["headers", name], ""] as const),
  [["stripPrefix", "forceSlash"], true],
  [["forwardAuth", "tls", "caOptional"], false],
];

/** Those of {@link ONLY_IN_TRAEFIK_2} that change only what becomes of plain HTTP. */
const REDIRECTS = new Set(["sslRedirect", "sslTemporaryRedirect"]);

function fieldsOfTraefik2(
  id: string,
  middleware: Mapping,
  ingressClass: string,
  isPlain: boolean,
): readonly string[] {
  return ONLY_IN_TRAEFIK_2.filter(([path, unused]) => {
    const value = fieldAt(middleware, ["spec", ...path]);
    const isUsed = value !== undefined && value !== null && value !== unused;
    return isUsed && (isPlain || !REDIRECTS.has(path.at(-1) ?? ""));
  }).map(
    ([path]) =>
      `Middleware ${id} sets spec.${path.join(".")}, which Traefik 2 follows and Traefik 3, which serves routes, ignores, and this repository does not show that class ${ingressClass} is served by Traefik 3: if it is, the field has no effect today, so remove it; otherwise, first replace it (a redirect to HTTPS by redirectScheme, which both follow)`,
  );
}
