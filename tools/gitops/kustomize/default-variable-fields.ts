import type { FieldSpec } from "./field-spec.ts";

const CONTAINER = ["args", "command", "env/value", "volumeMounts/mountPath"];

const podFields = (kind: string, spec: string, ...more: readonly string[]): readonly FieldSpec[] => [
  ...["containers", "initContainers"].flatMap((list) =>
    CONTAINER.map((field) => ({ kind, path: `${spec}/${list}/${field}` })),
  ),
  ...more.map((path) => ({ kind, path })),
];

const TEMPLATE = "spec/template/spec";

/**
 * The fields in which Kustomize replaces `$(NAME)` with the value of an entry in `vars`. Source: varreference.go in kustomize's builtinpluginconsts, including its odd path for a CronJob's
 * volumes.
 */
export const VARIABLE_FIELDS: readonly FieldSpec[] = [
  ...podFields(
    "CronJob",
    "spec/jobTemplate/spec/template/spec",
    "spec/jobTemplate/spec/template/volumes/nfs/server",
  ),
  ...["DaemonSet", "Job", "ReplicaSet"].flatMap((kind) =>
    podFields(kind, TEMPLATE, `${TEMPLATE}/volumes/nfs/server`),
  ),
  ...podFields(
    "Deployment",
    TEMPLATE,
    `${TEMPLATE}/volumes/nfs/server`,
    "spec/template/metadata/annotations",
  ),
  ...podFields("StatefulSet", TEMPLATE, "spec/volumeClaimTemplates/spec/nfs/server"),
  ...podFields("Pod", "spec", "spec/volumes/nfs/server"),
  ...["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"].map((path) => ({ kind: "Ingress", path })),
  ...["spec/ports/port", "spec/ports/targetPort"].map((path) => ({ kind: "Service", path })),
  { kind: "PersistentVolume", path: "spec/nfs/server" },
  { path: "metadata/labels" },
  { path: "metadata/annotations" },
];
