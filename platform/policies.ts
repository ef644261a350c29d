import type { Finding } from "../kube/client.ts";
import { describeObject, type KubeObject } from "../kube/objects.ts";
import { formatPath } from "../policy/engine/path.ts";
import { knowledgeFor, PROJECT } from "../policy/knowledge/owner-rows.ts";
import { runRules, type RuleFinding } from "../policy/engine/run.ts";
import type { PolicySettings } from "../policy/engine/settings.ts";

/**
 * Runs the rules of the policy pack on everything that the stack is about to declare. A violation of a mandatory rule stops the program before its first
 * resource. CrossGuard would run stack policies only after the update, and resource policies only if a pack is passed. Advisory rules are left to the pack.
 */
export function checkPolicies(objects: readonly KubeObject[], settings: PolicySettings): Finding[] {
  const { findings, exempted } = runRules({
    host: "stack",
    objects,
    settings,
    knowledge: knowledgeFor(PROJECT),
  });
  const breaches = findings.filter(
    ({ enforcement, exemption }) => enforcement !== "advisory" && exemption === undefined,
  );
  return [
    ...breaches.map(breach),
    ...(exempted.size === 0
      ? []
      : [
          {
            severity: "info" as const,
            message: `Exempt from policies: ${[...exempted].map(([rule, count]) => `${rule} (${count})`).join(", ")}.`,
          },
        ]),
  ];
}

function breach({ rule, object, path, message, remediation }: RuleFinding): Finding {
  return {
    severity: "error",
    message: `Policy ${rule}: ${describeObject(object)}, ${formatPath(path)}: ${message}`,
    hint: remediation,
  };
}
