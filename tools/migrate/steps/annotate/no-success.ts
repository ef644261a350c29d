import { ENABLED_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import { loginMiddlewares } from "../../../../policy/objects/login-middlewares.ts";
import { firstPath } from "../../../../policy/objects/route-rules.ts";
import { fields, list } from "../../../../policy/engine/read.ts";
import type { Knowledge } from "../../../../policy/knowledge/knowledge.ts";
import { indexOf } from "../../clusters.ts";
import type { PlacedRoute } from "./places.ts";

const WEBHOOK = /(?:^|\/)(?:web)?hooks?(?:\/|$)/i;

/** Why a route does not respond with 200 to what gatus-sidecar asks, and what to do; undefined if it may. */
export function whyNoSuccess(routes: readonly PlacedRoute[], knowledge: Knowledge): string | undefined {
  const [login] = routes.flatMap(({ route, cluster }) =>
    loginMiddlewares(route, "/", indexOf(cluster), knowledge),
  );
  if (login !== undefined)
    return `Middleware ${login.name} requires a login, so the route does not return 200. Set ${ENABLED_ANNOTATION} by hand: "false", or "true" with an endpoint that expects the login`;
  const [{ route } = {}] = routes;
  if (!route) return undefined;
  const advice = `Set ${ENABLED_ANNOTATION} by hand: "false", or "true" with an endpoint that expects that`;
  const rules = list(fields(route.spec).rules).map(fields);
  if (rules.length > 0 && rules.every(redirects))
    return `the route only redirects, so it does not return 200. ${advice}`;
  const path = firstPath(route);
  return WEBHOOK.test(path)
    ? `${path} is a webhook, which does not return 200 to a GET request. ${advice}`
    : undefined;
}

const redirects = ({ filters }: { readonly filters?: unknown }): boolean =>
  list(filters).some((filter) => fields(filter).type === "RequestRedirect");
