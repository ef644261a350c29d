import type { KubeObject } from "../../kube/objects.ts";
import type { Path } from "../engine/path.ts";
import { fields, list, text, type Fields } from "../engine/read.ts";
import { defineRule, type NotEvaluated, type Problem, type RuleContext } from "../engine/rule.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import { GATEWAY, MIDDLEWARE } from "../objects/kinds.ts";
import { missing } from "../objects/missing.ts";
import { ATTACHED_KINDS, attachedRoutes } from "../objects/routes.ts";
import { hasTraefikClass, traefiksOf } from "../objects/traefiks.ts";

/** See docs/reference/rules/route-filters.md. */
export const routeFilters = defineRule({
  id: "route-filters",
  description:
    "If a route uses a Middleware as a filter, the Middleware exists and the Gateway's Traefik reads Middlewares.",
  why: "Without its CRD provider, Traefik does not read Middlewares, and answers all requests to such a route with an error.",
  remediation:
    "Set traefik.middlewares of the Gateway to true in the stack, or providers.kubernetesCRD.enabled in the values of Traefik's chart, or remove the filter.",
  severity: "high",
  enforcement: "mandatory",
  kinds: ATTACHED_KINDS,
  wholeStack: true,
  *check(object, context) {
    for (const { route, path } of attachedRoutes(object, context.objects))
      for (const [index, rule] of list(fields(route.spec).rules).map(fields).entries())
        for (const [position, filter] of list(rule.filters).map(fields).entries()) {
          if (filter.type !== "ExtensionRef") continue;
          const place = ["spec", "rules", index, "filters", position, "extensionRef"];
          yield* filterProblems(route, fields(filter.extensionRef), path(place), context);
          yield* missingMiddleware(route, fields(filter.extensionRef), path(place), context);
        }
  },
});

function* missingMiddleware(
  { metadata }: KubeObject,
  { group, kind, name }: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  if (group !== MIDDLEWARE.group || kind !== MIDDLEWARE.kind || hasPlaceholder(text(name) ?? "")) return;
  if (context.objects.get(MIDDLEWARE, metadata.namespace, text(name) ?? "") !== undefined) return;
  yield missing(`Middleware ${metadata.namespace ?? ""}/${text(name) ?? ""}`, path, context);
}

function* filterProblems(
  route: KubeObject,
  reference: Fields,
  path: Path,
  context: RuleContext,
): Generator<Problem | NotEvaluated> {
  const id = `${text(reference.kind) ?? ""} ${text(reference.name) ?? ""}`;
  for (const parent of list(fields(route.spec).parentRefs).map(fields)) {
    if ((parent.kind ?? GATEWAY.kind) !== GATEWAY.kind) continue;
    const namespace = text(parent.namespace) ?? route.metadata.namespace;
    const name = `${namespace ?? ""}/${text(parent.name) ?? ""}`;
    const gateway = context.objects.get(GATEWAY, namespace, text(parent.name) ?? "");
    const traefiks = gateway && hasTraefikClass(gateway, context.objects) ? traefiksOf(gateway, context) : [];
    if (traefiks.length === 0) {
      // Other controllers have other filters, so only Traefik's Gateways are checked.
      if (gateway === undefined || hasTraefikClass(gateway, context.objects))
        yield {
          path,
          notEvaluated: `The Traefik of Gateway ${name} is not known, so edgefirst cannot tell whether it reads ${id}.`,
        };
    } else if (reference.group !== "traefik.io" || reference.kind !== "Middleware")
      yield {
        path,
        message: `Traefik does not accept ${id} as a filter, only a Middleware in the group traefik.io.`,
      };
    else if (!traefiks.some(({ middlewares }) => middlewares))
      yield {
        path,
        message: `The Traefik behind Gateway ${name} does not read Middlewares, but the route uses ${id}.`,
      };
  }
}
