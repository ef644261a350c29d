import { z } from "zod";
import { allContainersOf, CONTAINER_KINDS } from "../containers.ts";
import type { Path } from "../path.ts";
import { at, fields, list, text, texts, type Fields } from "../read.ts";
import { defineRule, type Problem } from "../rule.ts";
import { podSpecPath, type Container } from "../workloads.ts";

/** See `docs/policies.md`. */
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
    const containers = allContainersOf(object, objects);
    const [first] = containers;
    if (first !== undefined && object.kind !== "HelmRelease")
      yield* hostProblems(first.pod, podSpecPath(object));
    for (const container of containers) yield* containerProblems(container, settings.requireReadOnlyRoot);
  },
});

function* hostProblems(pod: Fields, path: Path): Generator<Problem> {
  for (const field of ["hostNetwork", "hostPID", "hostIPC"])
    if (pod[field] === true)
      yield { path: [...path, field], message: `The pod shares the host's ${field.slice(4)}.` };
  for (const [index, volume] of list(pod.volumes).entries())
    if (fields(volume).hostPath !== undefined)
      yield {
        path: [...path, "volumes", index, "hostPath"],
        message: `The pod mounts ${text(at(volume, ["hostPath", "path"])) ?? "a path"} of the host.`,
      };
}

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
  const lacking = [
    (own.runAsNonRoot ?? shared.runAsNonRoot) !== true && "runAsNonRoot: true",
    own.allowPrivilegeEscalation !== false && "allowPrivilegeEscalation: false",
    !texts(fields(own.capabilities).drop).includes("ALL") && "capabilities.drop: [ALL]",
    !hasSeccomp(own, shared) && "seccompProfile.type: RuntimeDefault",
  ].filter((missing) => missing !== false);
  if (lacking.length > 0) yield { path: here, message: `Container ${name} lacks ${lacking.join(", ")}.` };
  if (own.readOnlyRootFilesystem !== true)
    yield {
      path: here,
      message: `Container ${name} can write to its root file system.`,
      remediation: "Set readOnlyRootFilesystem: true, with an emptyDir where it must write.",
      ...(!requireReadOnlyRoot && { advice: true as const }),
    };
}

function hasSeccomp(own: Fields, shared: Fields): boolean {
  const profile = fields(own.seccompProfile ?? shared.seccompProfile);
  return profile.type === "RuntimeDefault" || profile.type === "Localhost";
}
