import type { Finding } from "../../kube/client.ts";
import { ENABLED_ANNOTATION, type Template } from "../../kube/gatus-annotations.ts";

/** Fields of an endpoint that Gatus 5.36 has and the endpoint filter does not pass on: secrets, files of the container, and what would take too much to check. */
const IGNORED = ["ssh", "extra-labels", "maintenance-windows", "store", "always-run"];
const IGNORED_IN: Readonly<Record<string, readonly string[]>> = {
  client: ["proxy-url", "oauth2", "identity-aware-proxy", "tls", "tunnel"],
  ui: ["badge"],
};

/** Reports the fields of a fragment that have no effect. @param source where the fragment is */
export function ignoredFields(source: string, fragment: Template): Finding[] {
  const nested = Object.entries(IGNORED_IN).flatMap(([parent, fields]) => {
    const value = fragment[parent];
    const has = (field: string): boolean => typeof value === "object" && value !== null && field in value;
    return fields.filter(has).map((field) => `${parent}.${field}`);
  });
  const found = [...IGNORED.filter((field) => field in fragment), ...nested];
  if (found.length === 0) return [];
  return [
    {
      severity: "warning",
      message: `Gatus does not get the ${found.length === 1 ? "field" : "fields"} ${found.join(", ")} of ${source}: the filter for endpoints does not pass ${found.length === 1 ? "it" : "them"} on.`,
      hint: `Put the endpoint into gatus.endpoints, which takes every field, and turn off the route's own: annotation ${ENABLED_ANNOTATION}: "false".`,
    },
  ];
}
