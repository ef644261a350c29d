import { z } from "zod";
import { allContainersOf, CONTAINER_KINDS } from "../objects/containers.ts";
import { hostAccess } from "../objects/host-access.ts";
import { fields, list, texts, type Fields } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import type { Container } from "../objects/workloads.ts";

/** See `docs/reference/policies.md`. */
export const containerSecurity = defineRule({
  id: "container-security",
  description:
    "A pod keeps to the Pod Security Standard `restricted` (https://kubernetes.io/docs/concepts/security/pod-security-standards/): no root, no escalation, no capabilities, the runtime's seccomp profile, nothing of the host.",
  remediation:
    "Set runAsNonRoot, allowPrivilegeEscalation: false, capabilities.drop: [ALL] and seccompProfile.type: RuntimeDefault, in the container's or the pod's securityContext.",
  severity: "medium",
  enforcement: "mandatory",
  kinds: CONTAINER_KINDS,
  settings: z.strictObject({
    requireReadOnlyRoot: z
      .boolean()
      .default(false)
      .describe("A writable root file system is a breach; without it, it is advice."),
  }),
  *check(object, { settings, objects }) {
    for (const { path, what } of hostAccess(object, objects)) yield { path, message: `The pod ${what}.` };
    for (const container of allContainersOf(object, objects))
      yield* [...containerProblems(container, settings.requireReadOnlyRoot), ...hostPorts(container)];
  },
});

function* containerProblems(
  { name, path, spec, pod }: Container,
  requireReadOnlyRoot: boolean,
): Generator<Problem> {
  const own = fields(spec.securityContext);
  const shared = fields(pod.securityContext);
  const here = spec.securityContext === undefined ? path : [...path, "securityContext"];
  if (own.privileged === true) {
    // Nothing else that it could say would keep it from anything.
    yield { path: [...here, "privileged"], message: `Container ${name} is privileged.` };
    return;
  }
  const nonRoot = (own.runAsNonRoot ?? shared.runAsNonRoot) === true;
  const lacking = [
    !nonRoot && "runAsNonRoot: true",
    nonRoot && (own.runAsUser ?? shared.runAsUser) === 0 && "a runAsUser that is not 0",
    own.allowPrivilegeEscalation !== false && "allowPrivilegeEscalation: false",
    !texts(fields(own.capabilities).drop).includes("ALL") && "capabilities.drop: [ALL]",
    !hasSeccomp(own, shared) && "seccompProfile.type: RuntimeDefault",
  ].filter((missing) => missing !== false);
  if (lacking.length > 0) yield { path: here, message: `Container ${name} lacks ${lacking.join(", ")}.` };
  const added = texts(fields(own.capabilities).add).filter((capability) => capability !== "NET_BIND_SERVICE");
  if (added.length > 0)
    yield {
      path: [...here, "capabilities", "add"],
      message: `Container ${name} adds ${added.join(", ")}.`,
      remediation: "No capability but NET_BIND_SERVICE; exempt the object where the app cannot do without.",
    };
  if (own.readOnlyRootFilesystem !== true)
    yield {
      path: here,
      message: `Container ${name} can write to its root file system.`,
      remediation: "Set readOnlyRootFilesystem: true, with an emptyDir where it must write.",
      ...(!requireReadOnlyRoot && { advice: true as const }),
    };
}

function* hostPorts({ name, path, spec }: Container): Generator<Problem> {
  for (const [index, port] of list(spec.ports).map(fields).entries())
    if (typeof port.hostPort === "number" && port.hostPort !== 0)
      yield {
        path: [...path, "ports", index, "hostPort"],
        message: `Container ${name} takes port ${port.hostPort} of its host.`,
        remediation: "Use a Service.",
      };
}

function hasSeccomp(own: Fields, shared: Fields): boolean {
  const profile = fields(own.seccompProfile ?? shared.seccompProfile);
  return profile.type === "RuntimeDefault" || profile.type === "Localhost";
}
