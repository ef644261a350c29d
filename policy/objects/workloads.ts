import type { KubeObject } from "../../kube/objects.ts";
import type { GroupKind } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, texts, type Fields } from "../engine/read.ts";

/** Kinds whose pods run until they are stopped. */
export const LONG_RUNNING: readonly GroupKind[] = [
  { group: "apps", kind: "Deployment" },
  { group: "apps", kind: "StatefulSet" },
  { group: "apps", kind: "DaemonSet" },
  { group: "apps", kind: "ReplicaSet" },
  { group: "", kind: "ReplicationController" },
  { group: "", kind: "Pod" },
];

/** Every kind that runs pods. */
export const WORKLOADS: readonly GroupKind[] = [
  ...LONG_RUNNING,
  { group: "batch", kind: "Job" },
  { group: "batch", kind: "CronJob" },
];

/** A container of a workload. */
export interface Container {
  readonly name: string;
  readonly path: Path;
  readonly spec: Fields;
  /** The spec of the container's pod; for app-template, its pod options. */
  readonly pod: Fields;
  /** Whether the container runs for as long as its pod. Native sidecars do; other init containers do not. */
  readonly longRunning: boolean;
}

/** The path of the pod spec in a workload. */
export function podSpecPath({ kind }: KubeObject): Path {
  if (kind === "Pod") return ["spec"];
  if (kind === "CronJob") return ["spec", "jobTemplate", "spec", "template", "spec"];
  return ["spec", "template", "spec"];
}

/** A container's command and arguments. */
export const argumentsOf = ({ spec }: Pick<Container, "spec">): readonly string[] => [
  ...texts(spec.command),
  ...texts(spec.args),
];

/** The containers of a workload; init containers come first, since they run first. */
export function containersOf(object: KubeObject): readonly Container[] {
  const path = podSpecPath(object);
  const spec = fields(at(object, path));
  // A bare Pod that is not restarted, such as a chart's test, counts as a job.
  const ends =
    object.kind === "Pod" && (spec.restartPolicy === "Never" || spec.restartPolicy === "OnFailure");
  return (["initContainers", "containers"] as const).flatMap((field) =>
    list(spec[field]).map((item, index) => {
      const container = fields(item);
      return {
        name: typeof container.name === "string" ? container.name : String(index),
        path: [...path, field, index],
        spec: container,
        pod: spec,
        // https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
        longRunning: !ends && (field === "containers" || container.restartPolicy === "Always"),
      };
    }),
  );
}
