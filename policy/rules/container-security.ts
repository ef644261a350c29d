import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { allContainersOf, CONTAINER_KINDS } from "../objects/containers.ts";
import { isEscapable } from "../objects/escapable.ts";
import { hostAccess } from "../objects/host-access.ts";
import { DROP_ALL, imageNeeds, type ImageNeeds } from "../objects/image-needs.ts";
import { contextProblems, hostProblems, podProblems } from "../objects/pod-security.ts";
import { fields, list, texts, type Fields } from "../engine/read.ts";
import { eitherOf } from "../engine/words.ts";
import { defineRule, type Problem, type RuleContext } from "../engine/rule.ts";
import type { Container } from "../objects/workloads.ts";

/** See docs/reference/rules/container-security.md. */
export const containerSecurity = defineRule({
  id: "container-security",
  description:
    "Pods meet the Restricted profile of the Pod Security Standards (https://kubernetes.io/docs/concepts/security/pod-security-standards/).",
  why: "If a container runs as root, can gain privileges or has access to its node, one compromised app can take over the node.",
  remediation:
    "Set runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities.drop: [ALL] and seccompProfile.type: RuntimeDefault in the securityContext of the container or the pod.",
  severity: "medium",
  enforcement: "mandatory",
  forAuthor: true,
  recommends:
    "everything, except that a long-running container without root does not set allowPrivilegeEscalation, although most such containers do, no comment at its securityContext names the privileges that it needs, and its image is not known to need more (image-privileges.yaml in docs/reference/knowledge.md)",
  kinds: CONTAINER_KINDS,
  settings: z.strictObject({
    requireReadOnlyRoot: z
      .boolean()
      .default(false)
      .describe("Report a writable root file system as an error instead of a warning."),
    requireSeccompProfile: z
      .boolean()
      .default(false)
      .describe("Report a container even if a seccomp profile is all that it lacks."),
  }),
  *check(object, context) {
    const { objects } = context;
    for (const { path, what } of hostAccess(object, objects))
      yield { path, message: `The pod ${what}.`, recommendation: true };
    for (const problem of podProblems(object)) yield { ...problem, recommendation: true };
    for (const container of allContainersOf(object, objects)) {
      const isOversight = isEscapable(container, object, objects) && !isDecided(container, object, context);
      for (const problem of containerProblems(container, context, isOversight))
        yield { recommendation: true, ...problem };
      for (const problem of hostPorts(container)) yield { recommendation: true, ...problem };
    }
  },
});

/** Whether the owner has commented the security context out, or has written above it or in it which privileges the app needs. */
function isDecided(
  { path, spec }: Container,
  object: KubeObject,
  { isCommentedOut, commentsOn }: Pick<RuleContext, "isCommentedOut" | "commentsOn">,
): boolean {
  if (isCommentedOut(object, path, "securityContext")) return true;
  return (
    spec.securityContext !== undefined &&
    commentsOn(object, [...path, "securityContext"]).some(
      (comment) =>
        /privileg|permission|setuid|sudo|capabilit|escalat/i.test(comment) &&
        !/^(?:todo|fixme)\b/i.test(comment),
    )
  );
}

interface Settings {
  readonly requireReadOnlyRoot: boolean;
  readonly requireSeccompProfile: boolean;
}

function* containerProblems(
  container: Container,
  { settings, knowledge }: Pick<RuleContext<Settings>, "settings" | "knowledge">,
  isOversight: boolean,
): Generator<Problem> {
  const { name, path, spec, pod } = container;
  const own = fields(spec.securityContext);
  const shared = fields(pod.securityContext);
  const here = spec.securityContext === undefined ? path : [...path, "securityContext"];
  if (own.privileged === true) {
    // A privileged container ignores the other settings.
    yield { path: [...here, "privileged"], message: `Container ${name} is privileged.` };
    return;
  }
  yield* contextProblems(own, here, `Container ${name}`);
  yield* hostProblems(spec, path, `Container ${name}`);
  const missing = missingSettings(own, shared, pod, settings.requireSeccompProfile);
  // Only now, because a preview may not know the image yet.
  if (missing.length > 0)
    yield { ...lacking(name, missing, imageNeeds(container, knowledge), isOversight), path: here };
  const added = texts(fields(own.capabilities).add).filter((capability) => capability !== "NET_BIND_SERVICE");
  if (added.length > 0)
    yield {
      path: [...here, "capabilities", "add"],
      message: `Container ${name} adds capabilities: ${added.join(", ")}.`,
      remediation:
        "Only NET_BIND_SERVICE is allowed. Remove the others or, if the app needs them, exempt the object.",
    };
  if (own.readOnlyRootFilesystem !== true)
    yield {
      path: here,
      message: `Container ${name} can write to its root file system.`,
      remediation: "Set readOnlyRootFilesystem: true, and mount an emptyDir where the app writes.",
      ...(!settings.requireReadOnlyRoot && { warning: true as const }),
    };
}

/** What a security context lacks of the Restricted profile. */
function missingSettings(own: Fields, shared: Fields, pod: Fields, needsProfile: boolean): readonly string[] {
  const profile = fields(own.seccompProfile ?? shared.seccompProfile);
  const others = [
    missingForNonRoot(own, shared, pod),
    own.allowPrivilegeEscalation !== false && "allowPrivilegeEscalation: false",
    !texts(fields(own.capabilities).drop).includes("ALL") && DROP_ALL,
  ].filter((one) => one !== false);
  // Many kubelets apply RuntimeDefault to a container without a profile, so that alone is no reason to report it.
  const lacksProfile =
    !isConfined(profile) && (others.length > 0 || profile.type !== undefined || needsProfile);
  return [...others, ...(lacksProfile ? ["seccompProfile.type: RuntimeDefault"] : [])];
}

/** The problem that settings are missing. Those with which the image does not start are not advised. */
function lacking(
  name: string,
  missing: readonly string[],
  { refused, because, capabilities }: ImageNeeds,
  isOversight: boolean,
): Omit<Problem, "path"> {
  const kept = missing.filter((one) => refused.includes(one));
  const losesNeeded = capabilities.length > 0 && missing.includes(DROP_ALL);
  const advised = missing
    .filter((one) => !refused.includes(one))
    .map((one) => (one === DROP_ALL && losesNeeded ? `${one} with add: [${capabilities.join(", ")}]` : one))
    .join(", ");
  if (kept.length > 0) {
    const reason = `its image does not start with ${eitherOf(kept)}, because ${because}`;
    return {
      message:
        advised === "" ? `Container ${name}: ${reason}.` : `Container ${name} needs ${advised}; ${reason}.`,
      remediation: `${advised === "" ? "Use" : `Set ${advised}. For the rest, use`} an image that starts without root, or exempt the object.`,
      recommendation: true,
    };
  }
  return {
    message: `Container ${name} needs ${advised}.`,
    // Its owner may have left the settings out because the image needs care.
    recommendation: !isOversight || losesNeeded,
    ...(losesNeeded && {
      remediation: `Set ${advised}: the image's program has these capabilities, and without them it may not start, or listen on another port. If it listens on a port below 1024, also set the pod's sysctl net.ipv4.ip_unprivileged_port_start to "0".`,
    }),
  };
}

function missingForNonRoot(own: Fields, shared: Fields, pod: Fields): string | false {
  // In a user namespace, root is not the node's root.
  if (pod.hostUsers === false) return false;
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) !== true) return "runAsNonRoot: true";
  return (own.runAsUser ?? shared.runAsUser) === 0 && "a runAsUser other than 0";
}

function* hostPorts({ name, path, spec }: Container): Generator<Problem> {
  for (const [index, port] of list(spec.ports).map(fields).entries())
    if (typeof port.hostPort === "number" && port.hostPort !== 0)
      yield {
        path: [...path, "ports", index, "hostPort"],
        message: `Container ${name} opens port ${port.hostPort} on its node.`,
        remediation: "Use a Service instead of hostPort.",
      };
}

function isConfined({ type }: Fields): boolean {
  return type === "RuntimeDefault" || type === "Localhost";
}
