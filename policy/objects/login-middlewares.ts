import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text } from "../engine/read.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { isLogin } from "../knowledge/lookups.ts";
import { rulesFor } from "./route-rules.ts";

/** Fields of the Middlewares that check a password themselves. */
const PROMPTS = ["basicAuth", "digestAuth"];

const MIDDLEWARE = { group: "traefik.io", kind: "Middleware" };

/** A Traefik Middleware that asks for a login. */
export interface LoginMiddleware {
  readonly name: string;
  /** Whether it responds with 401 to a request without a password; others may redirect to a login page. */
  readonly isPrompt: boolean;
}

/** The Traefik Middlewares that ask for a login on a path of the route. */
export function loginMiddlewares(
  route: KubeObject,
  path: string,
  objects: ObjectIndex,
  knowledge: Knowledge,
): readonly LoginMiddleware[] {
  return rulesFor(route, path)
    .flatMap((rule) => list(rule.filters))
    .map((filter) => fields(fields(filter).extensionRef))
    .filter(({ kind }) => kind === "Middleware")
    .map(({ name }) => text(name) ?? "")
    .flatMap((name) => {
      const middleware = objects.get(MIDDLEWARE, route.metadata.namespace, name);
      const has =
        middleware && ((field: string) => at(middleware, ["spec", ...field.split(".")]) !== undefined);
      const isPrompt = has !== undefined && PROMPTS.some(has);
      return isLogin(name, has, knowledge) ? [{ name, isPrompt }] : [];
    });
}
