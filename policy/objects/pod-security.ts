import type { KubeObject } from "../../kube/objects.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import type { Problem } from "../engine/rule.ts";
import { containersOf, podSpecPath } from "./workloads.ts";

/** Sysctls that apply to one pod only (https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline). */
const SAFE_SYSCTLS: readonly string[] = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: readonly unknown[] = [
  undefined,
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
];

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS = ["postStart", "preStop"];

/** The settings of a workload's pod that the Baseline profile forbids. */
export function* podProblems(object: KubeObject): Generator<Problem> {
  if (object.kind === "HelmRelease") return;
  const path = podSpecPath(object);
  const context = fields(at(object, [...path, "securityContext"]));
  yield* contextProblems(context, [...path, "securityContext"], "The pod");
  yield* overriddenProblems(object, context, [...path, "securityContext"]);
  for (const [index, sysctl] of list(context.sysctls).entries()) {
    const name = text(fields(sysctl).name) ?? "";
    if (!SAFE_SYSCTLS.includes(name))
      yield {
        path: [...path, "securityContext", "sysctls", index, "name"],
        message: `The pod sets the sysctl ${name}, which is not on the list of safe ones.`,
        remediation: "Remove it, or set it on the node.",
      };
  }
  yield* volumeProblems(fields(at(object, path)), path);
  const template = [...path.slice(0, -1), "metadata", "annotations"];
  for (const [key, value] of Object.entries(fields(at(object, template))))
    if (key.startsWith(APPARMOR_ANNOTATION) && !/^(?:runtime\/default|localhost\/.*)?$/.test(String(value)))
      yield {
        path: [...template, key],
        message: `Container ${key.slice(APPARMOR_ANNOTATION.length)} runs without AppArmor.`,
        remediation: "Remove the annotation.",
      };
}

const ROOT: readonly (readonly [Path, unknown])[] = [
  [["runAsNonRoot"], false],
  [["runAsUser"], 0],
];
const UNCONFINED: readonly [Path, unknown] = [["seccompProfile", "type"], "Unconfined"];

/**
 * Defaults of the pod that the standard forbids although every container overrides them. Where a container does not, the container is reported.
 */
function* overriddenProblems(object: KubeObject, context: Fields, path: Path): Generator<Problem> {
  // In a user namespace, root is not the node's root.
  const { hostUsers } = fields(at(object, podSpecPath(object)));
  const containers = containersOf(object).map(({ spec }) => fields(spec.securityContext));
  for (const [field, value] of hostUsers === false ? [UNCONFINED] : [...ROOT, UNCONFINED])
    if (at(context, field) === value && containers.every((own) => at(own, field) !== undefined))
      yield {
        path: [...path, ...field],
        message: `The pod sets ${field.join(".")} to ${String(value)}, which the standard forbids even if every container overrides it.`,
        remediation: "Remove the field.",
      };
}

/** Probes and lifecycle hooks that name a host: the kubelet sends their requests from the node. */
export function* hostProblems(container: Fields, path: Path, subject: string): Generator<Problem> {
  for (const place of [...PROBES.map((probe) => [probe]), ...HOOKS.map((hook) => ["lifecycle", hook])])
    for (const action of ["httpGet", "tcpSocket"]) {
      const field = [...place, action, "host"];
      if ((at(container, field) ?? "") !== "")
        yield {
          path: [...path, ...field],
          message: `${subject} makes its node send requests to a host of the manifest's choice.`,
          remediation: "Remove the host: requests go to the pod.",
        };
    }
}

/** The volume types that the Restricted profile allows; hostPath is reported as access to the node. */
const VOLUMES: readonly string[] = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "hostPath",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

function* volumeProblems(pod: Fields, path: Path): Generator<Problem> {
  for (const [index, volume] of list(pod.volumes).map(fields).entries()) {
    const type = Object.keys(volume).find((key) => key !== "name" && !VOLUMES.includes(key));
    if (type !== undefined)
      yield {
        path: [...path, "volumes", index, type],
        message: `The pod mounts a volume of type ${type}, which the Restricted profile does not allow.`,
        remediation: "Mount it with a PersistentVolume and a claim.",
        warning: true,
      };
  }
}

/** The fields of a security context that the Baseline profile forbids, of a container or its pod. */
export function* contextProblems(context: Fields, path: Path, subject: string): Generator<Problem> {
  const { appArmorProfile, seLinuxOptions, windowsOptions, procMount } = context;
  if (procMount !== undefined && procMount !== "Default")
    yield {
      path: [...path, "procMount"],
      message: `${subject} sees all of /proc: procMount is ${JSON.stringify(procMount)}.`,
      remediation: "Remove procMount.",
    };
  if (fields(appArmorProfile).type === "Unconfined")
    yield {
      path: [...path, "appArmorProfile", "type"],
      message: `${subject} runs without AppArmor.`,
      remediation: "Use RuntimeDefault or Localhost.",
    };
  const { type, user, role } = fields(seLinuxOptions);
  const isCustom = !SELINUX_TYPES.includes(type) || (user ?? "") !== "" || (role ?? "") !== "";
  if (isCustom)
    yield {
      path: [...path, "seLinuxOptions"],
      message: `${subject} has a custom SELinux user, role or type.`,
      remediation: "Remove user and role, and use a type for containers, such as container_t.",
    };
  if (fields(windowsOptions).hostProcess === true)
    yield { path: [...path, "windowsOptions", "hostProcess"], message: `${subject} runs as a host process.` };
}
