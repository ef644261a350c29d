import { imageOf } from "./images.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";

/** Fields that the runtime honours, and those that only matter before a pod is on its node. */
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

/** How the fields that are known and not honoured are pretended. */
const HOW: Readonly<Record<string, string>> = {
  runAsUser: "a user of this number in a namespace of its own; outside it is you",
  runAsGroup: "as runAsUser",
  fsGroup: "no effect; files are the pod's user's own",
  fsGroupChangePolicy: "no effect",
  seccompProfile: "no filter",
  resources: "nothing is measured or limited",
};

/** What the API server fills in for everybody, and what has no effect beside it. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  dnsPolicy: "ClusterFirst",
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
};

/** What of a pod is not done as a kubelet would do it, each with the field's path; a field that is not known is named too. */
export function simulatedParts(pod: RealPod): string[] {
  const { spec } = pod;
  return [
    ...others(spec, POD, "spec"),
    ...(spec.dnsPolicy === undefined || spec.dnsPolicy === "ClusterFirst"
      ? []
      : ["spec.dnsPolicy: as ClusterFirst"]),
    ...others(spec.securityContext ?? {}, POD_SECURITY, "spec.securityContext"),
    ...(spec.volumes ?? []).flatMap((volume) =>
      VOLUMES.some((kind) => kind in volume) ? [] : [`spec.volumes[${volume.name}]: an empty folder`],
    ),
    ...(spec.initContainers ?? []).flatMap((container) => ofContainer(container, "initContainers")),
    ...spec.containers.flatMap((container) => ofContainer(container, "containers")),
  ];
}

function ofContainer(container: RealContainer, list: string): string[] {
  const path = `spec.${list}[${container.name}]`;
  const image = imageOf(container.image);
  if (image === undefined) return [`${path}: no process; there is no local program for ${container.image}`];
  return [
    ...(image.difference === undefined ? [] : [`${path}.image: ${image.difference}`]),
    ...others(container, CONTAINER, path),
    ...others(container.securityContext ?? {}, SECURITY, `${path}.securityContext`),
    ...(container.volumeMounts ?? []).flatMap((mount) => others(mount, MOUNT, `${path}.volumeMounts`)),
    ...PROBES.flatMap((name) => {
      const probe = container[name];
      const known = probe === undefined || (probe.httpGet ?? probe.tcpSocket ?? probe.exec) !== undefined;
      return known ? [] : [`${path}.${name}: always succeeds`];
    }),
  ];
}

function others(object: object, known: ReadonlySet<string>, path: string): string[] {
  return Object.entries(object)
    .filter(([field, value]) => !known.has(field) && DEFAULTS[field] !== value && !isEmpty(value))
    .map(([field]) => `${path}.${field}: ${HOW[field] ?? "not known to the sandbox, no effect"}`);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
