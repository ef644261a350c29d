import { z } from "zod";
import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../kube/gatus-annotations.ts";
import { fragmentErrors } from "../objects/gatus-fragment.ts";
import { usesGatus } from "../objects/gatus-presence.ts";
import { hasPlaceholder } from "../objects/app-template.ts";
import { GATEWAY } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import { fields, list } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import { isPartial } from "../objects/partial.ts";
import { ROUTE_KINDS, routesOf } from "../objects/routes.ts";

const PREFIX = "gatus.home-operations.com/";

/** Values that Go's strconv.ParseBool accepts. Any other value turns monitoring off. */
const BOOLEANS = ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];

/** See docs/reference/rules/route-monitoring.md. */
export const routeMonitoring = defineRule({
  id: "route-monitoring",
  description:
    "Every HTTPRoute, including those that app-template renders, has no unknown Gatus annotations, and gatus-sidecar reads the value of gatus.home-operations.com/enabled as a boolean. In a stack, every route has that annotation. The rule ignores a repository without Gatus, and a cluster without Gatus if another one in the repository runs it.",
  why: "A value that is not a boolean silently turns monitoring off, and an unknown annotation has no effect.",
  remediation: `Annotate the route with ${ENABLED_ANNOTATION}: "true", or "false" to leave it unmonitored.`,
  severity: "medium",
  enforcement: "remediate",
  recommends: "an annotation on a route without hostnames, which gatus-sidecar does not monitor",
  kinds: [...ROUTE_KINDS, GATEWAY],
  settings: z.strictObject({
    requireAnnotation: z
      .boolean()
      .optional()
      .describe(
        "Report a route without the annotation. Default: true in a stack, false in a repository, where it may follow the flags of gatus-sidecar.",
      ),
  }),
  *check(object, { objects, others, host, settings }) {
    if (host === "repository" && !usesGatus(objects, others)) return;
    const isRequired = settings.requireAnnotation ?? host === "stack";
    if (object.kind === "Gateway") {
      yield* annotationProblems(fields(object.metadata.annotations), ["metadata", "annotations"]);
      return;
    }
    for (const { route, path } of routesOf(object, objects)) {
      const annotations = fields(route.metadata.annotations);
      const place = path(["metadata", "annotations"]);
      const isKnown = !isPartial(route);
      if (isRequired && isKnown && annotations[ENABLED_ANNOTATION] === undefined)
        yield {
          path: place,
          message: `Route ${route.metadata.name} has no annotation ${ENABLED_ANNOTATION}.`,
        };
      // gatus-sidecar gets the address from the first hostname, and creates no endpoint without one.
      const isUnread = isKnown && list(fields(route.spec).hostnames).length === 0;
      for (const problem of annotationProblems(annotations, place))
        yield { ...problem, recommendation: isUnread };
    }
  },
  fix(object, { path }) {
    const key = path.at(-1);
    if (key === ENABLED_ANNOTATION) return booleanFix(object, path);
    const isOther = typeof key === "string" && key.startsWith(PREFIX);
    // A value that comes from another object has to be fixed there.
    if (isOther || path[1] === "valuesFrom") return [];
    // gatus-sidecar already monitors a route without the annotation, so adding it changes nothing.
    const place = key === "annotations" ? path : [...path, "annotations"];
    return [{ path: [...place, ENABLED_ANNOTATION], value: "true" }];
  },
});

function* annotationProblems(annotations: Readonly<Record<string, unknown>>, path: Path): Generator<Problem> {
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(PREFIX)) continue;
    const here = [...path, key];
    if (key === ENABLED_ANNOTATION) yield* enabledProblems(value, here);
    else if (key === ENDPOINT_ANNOTATION) {
      for (const message of endpointProblems(value, path[0] === "spec")) yield { path: here, message };
    } else
      yield {
        path: here,
        message: `gatus-sidecar does not know the annotation ${key}.`,
        remediation: `Use ${ENABLED_ANNOTATION} or ${ENDPOINT_ANNOTATION} (YAML with path, group, guarded, conditions and more).`,
      };
  }
}

/** @param rendered whether a chart renders the value, whose template expressions then are no YAML yet */
function endpointProblems(value: unknown, rendered: boolean): readonly string[] {
  if (typeof value !== "string") return ["An annotation must be a string."];
  return rendered && value.includes("{{") ? [] : fragmentErrors(value);
}

function* enabledProblems(value: unknown, path: Path): Generator<Problem> {
  if (typeof value !== "string")
    yield {
      path,
      message: `The value ${JSON.stringify(value)} is not a string, but annotations must be strings.`,
      remediation: "Put it in quotes.",
    };
  else if (!BOOLEANS.includes(value) && !hasPlaceholder(value))
    yield {
      path,
      message: `The value "${value}" turns monitoring off: gatus-sidecar accepts only a boolean.`,
    };
}

function booleanFix(object: unknown, path: Path): readonly { readonly path: Path; readonly value: string }[] {
  let value: unknown = object;
  for (const step of path) value = fields(value)[step];
  return typeof value === "boolean" ? [{ path, value: String(value) }] : [];
}
