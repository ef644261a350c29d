import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../kube/gatus-annotations.ts";
import { fragmentFaults } from "../objects/gatus-fragment.ts";
import { isOpen } from "../objects/app-template.ts";
import { GATEWAY } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import { fields } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import { ROUTE_KINDS, routesOf } from "../objects/routes.ts";

const PREFIX = "gatus.home-operations.com/";

/** What Go's strconv.ParseBool takes; anything else turns monitoring off. */
const BOOLEANS = ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];

/** See `docs/reference/policies.md`. */
export const routeMonitoring = defineRule({
  id: "route-monitoring",
  description:
    "Every HTTPRoute, and every route of app-template, says by gatus.home-operations.com/enabled whether it is monitored, in a way that gatus-sidecar understands: any value but a boolean silently turns monitoring off, and a key that does not exist changes nothing.",
  remediation: `Annotate the route with ${ENABLED_ANNOTATION}: "true", or "false" where it is not to be monitored.`,
  severity: "medium",
  enforcement: "remediate",
  kinds: [...ROUTE_KINDS, GATEWAY],
  *check(object, { objects }) {
    if (object.kind === "Gateway") {
      yield* annotationProblems(fields(object.metadata.annotations), ["metadata", "annotations"]);
      return;
    }
    for (const { route, path } of routesOf(object, objects)) {
      const annotations = fields(route.metadata.annotations);
      const place = path(["metadata", "annotations"]);
      if (annotations[ENABLED_ANNOTATION] === undefined)
        yield {
          path: place,
          message: `The route ${route.metadata.name} does not say whether it is monitored.`,
        };
      yield* annotationProblems(annotations, place);
    }
  },
  fix(object, { path }) {
    const key = path.at(-1);
    if (key === ENABLED_ANNOTATION) return booleanFix(object, path);
    const isOther = typeof key === "string" && key.startsWith(PREFIX);
    // Values that another object brings are mended there.
    if (isOther || path[1] === "valuesFrom") return [];
    // A route that says nothing is monitored where the sidecar discovers routes, so that saying it changes nothing.
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
      const faults =
        typeof value === "string"
          ? fragmentFaults(value)
          : ["The fragment must be a text, as every annotation."];
      for (const message of faults) yield { path: here, message };
    } else
      yield {
        path: here,
        message: `gatus-sidecar has no annotation ${key}.`,
        remediation: `It reads ${ENABLED_ANNOTATION} and ${ENDPOINT_ANNOTATION}, a YAML fragment with path, group, guarded, conditions and more.`,
      };
  }
}

function* enabledProblems(value: unknown, path: Path): Generator<Problem> {
  if (typeof value !== "string")
    yield {
      path,
      message: `The value ${JSON.stringify(value)} is no text, as an annotation must be.`,
      remediation: "Put it in quotes.",
    };
  else if (!BOOLEANS.includes(value) && !isOpen(value))
    yield {
      path,
      message: `The value "${value}" turns monitoring off: gatus-sidecar takes only what Go reads as a boolean.`,
    };
}

function booleanFix(object: unknown, path: Path): readonly { readonly path: Path; readonly value: string }[] {
  let value: unknown = object;
  for (const step of path) value = fields(value)[step];
  return typeof value === "boolean" ? [{ path, value: String(value) }] : [];
}
