import { replacementFor } from "./images.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";

/** Fields that the runtime implements, and fields that matter only until a pod is scheduled. */
const POD = new Set([
  ...["containers", "initContainers", "volumes", "restartPolicy", "terminationGracePeriodSeconds"],
  ...[
    "serviceAccountName",
    "serviceAccount",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "readinessGates",
  ],
  ...["hostname", "subdomain", "hostAliases", "securityContext", "dnsPolicy"],
  ...["nodeName", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "schedulerName"],
  ...["priority", "priorityClassName", "preemptionPolicy", "schedulingGates", "imagePullSecrets"],
]);
const POD_SECURITY = new Set(["runAsNonRoot", "sysctls"]);
const CONTAINER = new Set([
  ...["name", "image", "imagePullPolicy", "command", "args", "workingDir", "env", "envFrom", "ports"],
  ...["volumeMounts", "startupProbe", "readinessProbe", "livenessProbe", "securityContext", "restartPolicy"],
]);
const SECURITY = new Set([
  "runAsNonRoot",
  "allowPrivilegeEscalation",
  "readOnlyRootFilesystem",
  "capabilities",
]);
const VOLUMES = [
  "emptyDir",
  "configMap",
  "secret",
  "downwardAPI",
  "projected",
  "persistentVolumeClaim",
  "hostPath",
];
const MOUNT = new Set(["name", "mountPath", "readOnly", "subPath", "recursiveReadOnly"]);
const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

/** What the sandbox does about known fields that it does not implement. */
const EFFECTS: Readonly<Record<string, string>> = {
  runAsUser: "applies only inside a user namespace; outside it, the process runs as your user",
  runAsGroup: "as runAsUser",
  fsGroup: "no effect; files belong to the pod's user",
  fsGroupChangePolicy: "no effect",
  seccompProfile: "no filter",
  resources: "neither measured nor limited",
};

/** Defaults that the API server fills in, which are not worth reporting. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  dnsPolicy: "ClusterFirst",
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};

/** How the runtime deviates from a kubelet for this pod, field by field, including unknown fields. */
export function simulatedParts(pod: RealPod): string[] {
  const { spec } = pod;
  return [
    ...unimplemented(spec, POD, "spec"),
    ...(spec.dnsPolicy === undefined || spec.dnsPolicy === "ClusterFirst"
      ? []
      : ["spec.dnsPolicy: treated as ClusterFirst"]),
    ...unimplemented(spec.securityContext ?? {}, POD_SECURITY, "spec.securityContext"),
    ...(spec.volumes ?? []).flatMap((volume) =>
      VOLUMES.some((kind) => kind in volume) ? [] : [`spec.volumes[${volume.name}]: an empty folder`],
    ),
    ...(spec.initContainers ?? []).flatMap((container) => ofContainer(container, "initContainers")),
    ...spec.containers.flatMap((container) => ofContainer(container, "containers")),
  ];
}

function ofContainer(container: RealContainer, list: string): string[] {
  const path = `spec.${list}[${container.name}]`;
  const image = replacementFor(container);
  if (image === undefined) return [`${path}: no process; no local program replaces ${container.image}`];
  return [
    ...(image.difference === undefined ? [] : [`${path}.image: ${image.difference}`]),
    ...unimplemented(container, CONTAINER, path),
    ...unimplemented(container.securityContext ?? {}, SECURITY, `${path}.securityContext`),
    ...(container.volumeMounts ?? []).flatMap((mount) => unimplemented(mount, MOUNT, `${path}.volumeMounts`)),
    ...PROBES.flatMap((name) => {
      const probe = container[name];
      const known = probe === undefined || (probe.httpGet ?? probe.tcpSocket ?? probe.exec) !== undefined;
      return known ? [] : [`${path}.${name}: always succeeds`];
    }),
  ];
}

function unimplemented(object: object, known: ReadonlySet<string>, path: string): string[] {
  return Object.entries(object)
    .filter(([field, value]) => !known.has(field) && DEFAULTS[field] !== value && !isEmpty(value))
    .map(([field]) => `${path}.${field}: ${EFFECTS[field] ?? "unknown to the sandbox; no effect"}`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
