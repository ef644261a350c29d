import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text } from "../engine/read.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { isLogin } from "../knowledge/lookups.ts";
import { rulesFor } from "./route-rules.ts";

const MIDDLEWARE = { group: "traefik.io", kind: "Middleware" };

/** The names of the Traefik Middlewares that ask for a login on a path of the route, and therefore respond with 302 or 401. */
export function loginMiddlewares(
  route: KubeObject,
  path: string,
  objects: ObjectIndex,
  knowledge: Knowledge,
): readonly string[] {
  return rulesFor(route, path)
    .flatMap((rule) => list(rule.filters))
    .map((filter) => fields(fields(filter).extensionRef))
    .filter(({ kind }) => kind === "Middleware")
    .map(({ name }) => text(name) ?? "")
    .filter((name) => {
      const middleware = objects.get(MIDDLEWARE, route.metadata.namespace, name);
      const has =
        middleware && ((field: string) => at(middleware, ["spec", ...field.split(".")]) !== undefined);
      return isLogin(name, has, knowledge);
    });
}
