import { z } from "zod";
import { allContainersOf, CONTAINER_KINDS } from "../objects/containers.ts";
import { eitherOf } from "../engine/words.ts";
import { at, text, type Fields } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See docs/reference/rules/resources.md. */
export const resources = defineRule({
  id: "resources",
  description: "Every container has CPU and memory requests and a memory limit.",
  why: "Without requests, the scheduler does not know which node has room for a pod. Without a memory limit, a leak gets other containers on the node killed.",
  remediation: "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory.",
  severity: "medium",
  enforcement: "advisory",
  forAuthor: true,
  kinds: CONTAINER_KINDS,
  settings: z.strictObject({
    required: z
      .array(z.string())
      .default(["requests.cpu", "requests.memory", "limits.memory"])
      .describe(
        "Required fields below `resources`. `limits.cpu` is not required, because it throttles containers needlessly.",
      ),
  }),
  *check(object, { settings, objects }) {
    for (const { name, path, spec, longRunning } of allContainersOf(object, objects)) {
      // The requests of an init container count only if they exceed those of the other containers.
      if (!longRunning && path.includes("initContainers")) continue;
      const missing = settings.required.filter((field) => at(spec.resources, field.split(".")) === undefined);
      if (missing.length > 0)
        yield {
          path: spec.resources === undefined ? path : [...path, "resources"],
          message: `Container ${name} has no ${eitherOf(missing.map((field) => lack(field, spec)))}.`,
        };
    }
  },
});

/**
 * If there is a limit but no request, the limit is also the request
 * (https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/).
 */
function lack(field: string, { resources: given }: Fields): string {
  const limit = text(at(given, field.replace(/^requests\./, "limits.").split(".")));
  return field.startsWith("requests.") && limit !== undefined
    ? `${field} (its limit of ${limit} is then the request)`
    : field;
}
