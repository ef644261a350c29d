import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { rulesFor } from "./route-rules.ts";

/** Names of middlewares that ask for a login, where the middleware itself is not to be seen. */
const AUTH_NAME = /auth|oidc|sso|login/i;
const MIDDLEWARE = { group: "traefik.io", kind: "Middleware" };

/** Traefik's middlewares that ask for a login before a path of a route is reached, and answer 302 or 401. */
export function loginMiddlewares(route: KubeObject, path: string, objects: ObjectIndex): readonly string[] {
  return rulesFor(route, path)
    .flatMap((rule) => list(rule.filters))
    .map((filter) => fields(fields(filter).extensionRef))
    .filter(({ kind }) => kind === "Middleware")
    .map(({ name }) => text(name) ?? "")
    .filter((name) => asksForLogin(name, route, objects));
}

function asksForLogin(name: string, { metadata }: KubeObject, objects: ObjectIndex): boolean {
  const middleware = objects.get(MIDDLEWARE, metadata.namespace, name);
  if (middleware === undefined) return AUTH_NAME.test(name);
  return ["forwardAuth", "basicAuth", "digestAuth"].some(
    (kind) => at(middleware, ["spec", kind]) !== undefined,
  );
}
