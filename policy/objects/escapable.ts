import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields } from "../engine/read.ts";
import { allContainersOf } from "./containers.ts";
import { HELM_RELEASE } from "./kinds.ts";
import { isOftenOmitted } from "./practice.ts";
import { LONG_RUNNING, type Container } from "./workloads.ts";

/** Kinds whose containers run for long; those of a job have ended before it matters. */
const KINDS = [...LONG_RUNNING, HELM_RELEASE];

/**
 * Whether the app is known to run without root, but its container can still gain privileges. Such a container keeps working without them, and its owner already
 * takes care of the pod. An app that runs as root, on the node's network or with extra capabilities may need what it has. Not if the owner does without the setting
 * in many containers.
 */
export function isEscapable(container: Container, { kind }: KubeObject, objects: ObjectIndex): boolean {
  if (!KINDS.some((one) => one.kind === kind)) return false;
  return isNonRoot(container) && isOpen(container) && !isOftenOpen(objects);
}

/** Computed once, because it is asked for each container. */
const isOftenOpen = oncePer((objects: ObjectIndex): boolean => {
  const containers = KINDS.flatMap((kind) => objects.ofKind(kind)).flatMap((object) =>
    allContainersOf(object, objects),
  );
  return isOftenOmitted(containers.filter(isNonRoot), isOpen);
});

function isNonRoot({ spec, pod, longRunning }: Container): boolean {
  const own = fields(spec.securityContext);
  const shared = fields(pod.securityContext);
  const user = own.runAsUser ?? shared.runAsUser;
  const isDeclared = (own.runAsNonRoot ?? shared.runAsNonRoot) === true || typeof user === "number";
  return longRunning && isDeclared && user !== 0 && pod.hostNetwork !== true;
}

function isOpen({ spec }: Container): boolean {
  const { allowPrivilegeEscalation, capabilities } = fields(spec.securityContext);
  return allowPrivilegeEscalation === undefined && capabilities === undefined;
}
