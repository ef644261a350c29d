import { z } from "zod";
import { allContainersOf, CONTAINER_KINDS } from "../objects/containers.ts";
import { at, text, type Fields } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
export const resources = defineRule({
  id: "resources",
  description:
    "A container says what it needs (requests) and how much memory it may take at most: a leak ends that container, and not the node's others.",
  remediation: "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory.",
  severity: "medium",
  enforcement: "advisory",
  kinds: CONTAINER_KINDS,
  settings: z.strictObject({
    required: z
      .array(z.string())
      .default(["requests.cpu", "requests.memory", "limits.memory"])
      .describe(
        "What must be set, below `resources`. A limit of cpu is left out: it throttles without need.",
      ),
  }),
  *check(object, { settings, objects }) {
    for (const { name, path, spec, longRunning } of allContainersOf(object, objects)) {
      // An init container's share is only what it has more than the others.
      if (!longRunning && path.includes("initContainers")) continue;
      const missing = settings.required.filter((field) => at(spec.resources, field.split(".")) === undefined);
      if (missing.length > 0)
        yield {
          path: spec.resources === undefined ? path : [...path, "resources"],
          message: `Container ${name} has no ${missing.map((field) => lack(field, spec)).join(", no ")}.`,
        };
    }
  },
});

/** Where only the limit is set, it is the request, too (https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/). */
function lack(field: string, { resources: given }: Fields): string {
  const limit = text(at(given, field.replace(/^requests\./, "limits.").split(".")));
  return field.startsWith("requests.") && limit !== undefined
    ? `${field} (so that its limit of ${limit} is what it asks for)`
    : field;
}
