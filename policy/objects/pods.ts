import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, type Fields } from "../engine/read.ts";
import { enabled, isAppTemplate, podOptions } from "./app-template.ts";
import { appValues } from "./app-template-dialect.ts";
import { localReleases, releaseOf } from "./helm.ts";
import { SERVICE } from "./kinds.ts";
import { LONG_RUNNING, podSpecPath } from "./workloads.ts";

/** The pods of a workload. */
export interface Pods {
  readonly namespace: string | undefined;
  readonly labels: Fields;
  /** The pods' spec; for app-template, their options. */
  readonly spec: Fields;
  /** How many there are: 1 if the workload leaves it open, infinite for a DaemonSet. */
  readonly count: number;
}

/** The pods of a workload that is not a job. */
export function podsOf(workload: KubeObject): Pods {
  const path = podSpecPath(workload);
  return {
    namespace: workload.metadata.namespace,
    labels: fields(at(workload, [...path.slice(0, -1), "metadata", "labels"])),
    spec: fields(at(workload, path)),
    count: workload.kind === "DaemonSet" ? Infinity : countOf(fields(workload.spec)),
  };
}

/** Whether a Service of the cluster leads to the workload's pods. */
export function isServed(workload: KubeObject, objects: ObjectIndex): boolean {
  const { namespace, labels } = podsOf(workload);
  return objects.ofKind(SERVICE).some((service) => {
    const selector = fields(fields(service.spec).selector);
    return (
      service.metadata.namespace === namespace &&
      Object.keys(selector).length > 0 &&
      hasLabels(labels, selector)
    );
  });
}

/** Whether labels have all those of a Service's selector. */
export function hasLabels(labels: Fields, selector: Fields): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** The pods of all workloads, without those of jobs and of releases. */
export const workloadPods = oncePer((objects: ObjectIndex): readonly Pods[] =>
  LONG_RUNNING.flatMap((kind) => objects.ofKind(kind)).map(podsOf),
);

/** The pods of a controller in app-template's values, with the labels that the chart gives them (lib/controller/_metadata.tpl, lib/metadata/_allLabels.tpl). */
export function controllerPods(
  release: KubeObject,
  values: Fields,
  [identifier, settings]: readonly [string, Fields],
): Pods {
  const { name, namespace } = releaseOf(release);
  const spec = podOptions(values, settings);
  return {
    namespace,
    labels: {
      "app.kubernetes.io/name": name,
      "app.kubernetes.io/instance": name,
      "app.kubernetes.io/controller": identifier,
      "app.kubernetes.io/component": identifier,
      ...fields(settings.labels),
      ...fields(spec.labels),
    },
    spec,
    count: settings.type === "daemonset" ? Infinity : countOf(settings),
  };
}

/** The pods of all workloads and of all controllers of app-template. */
export const allPods = oncePer((objects: ObjectIndex): readonly Pods[] => [
  ...workloadPods(objects),
  ...localReleases(objects)
    .filter((release) => isAppTemplate(release, objects))
    .flatMap((release) => {
      const { values } = appValues(release, objects);
      return enabled(values.controllers).map((controller) => controllerPods(release, values, controller));
    }),
]);

function countOf({ replicas }: Fields): number {
  return typeof replicas === "number" ? replicas : 1;
}
