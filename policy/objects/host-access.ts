import type { KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate, podOptions } from "./app-template.ts";
import { appValues, dialectOf } from "./app-template-dialect.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { formatPath, type Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { podSpecPath } from "./workloads.ts";

/** A way in which a pod has access to its node. */
export interface HostAccess {
  readonly path: Path;
  /** A phrase whose subject is the pod, such as `shares the host's network`. */
  readonly what: string;
}

const SHARED = { hostNetwork: "network", hostPID: "processes", hostIPC: "IPC" } as const;
const FIELDS = Object.keys(SHARED) as (keyof typeof SHARED)[];

const shares = (field: keyof typeof SHARED): string => `shares the host's ${SHARED[field]}`;
const mounts = (path: unknown): string => `mounts ${text(path) ?? "a path"} from the host`;

/** The ways in which the pods of a workload or an app-template release have access to their node. */
export function hostAccess(object: KubeObject, objects: ObjectIndex): readonly HostAccess[] {
  if (object.kind !== "HelmRelease")
    return ofPod(fields(at(object, podSpecPath(object))), podSpecPath(object));
  return isAppTemplate(object, objects) ? ofAppTemplate(object, objects) : [];
}

function ofPod(pod: Fields, path: Path): readonly HostAccess[] {
  return [
    ...FIELDS.filter((field) => pod[field] === true).map((field) => ({
      path: [...path, field],
      what: shares(field),
    })),
    ...list(pod.volumes).flatMap((volume, index) => {
      const { hostPath } = fields(volume);
      if (hostPath === undefined) return [];
      return [{ path: [...path, "volumes", index, "hostPath"], what: mounts(fields(hostPath).path) }];
    }),
  ];
}

/**
 * A controller's pod options override the defaults. A persistence item without mounts, or with global mounts, is a volume of every pod.
 * Source: github.com/bjw-s-labs/helm-charts, charts/library/common/templates/lib/pod (`_spec.tpl`, `fields/_volumes.tpl`).
 */
function ofAppTemplate(release: KubeObject, objects: ObjectIndex): readonly HostAccess[] {
  const { values, path } = appValues(release, objects);
  const isSingle = dialectOf(release, objects) === "single";
  if (isSingle)
    return [
      ...FIELDS.filter((field) => values[field] === true).map((field) => ({
        path: path([field]),
        what: shares(field),
      })),
      ...enabled(values.persistence)
        .filter(([, { type }]) => type === "hostPath")
        .map(([name, { hostPath }]) => ({
          path: path(["persistence", name, "hostPath"]),
          what: mounts(hostPath),
        })),
    ];
  const controllers = enabled(values.controllers);
  const found = controllers.flatMap(([name, controller]) => {
    const pod = podOptions(values, controller);
    return FIELDS.filter((field) => pod[field] === true).map((field) => {
      const isOwn = fields(controller.pod)[field] === true;
      const place = isOwn ? ["controllers", name, "pod", field] : ["defaultPodOptions", field];
      return { path: path(place), what: shares(field) };
    });
  });
  const names = controllers.map(([name]) => name);
  for (const [name, item] of enabled(values.persistence)) {
    const place = [
      "persistence",
      name,
      ...(item.type === "custom" ? ["volumeSpec", "hostPath"] : ["hostPath"]),
    ];
    const hostPath = at(values, place);
    if ((item.type !== "hostPath" && item.type !== "custom") || hostPath === undefined) continue;
    if (isMounted(item, names))
      found.push({ path: path(place), what: mounts(text(hostPath) ?? fields(hostPath).path) });
  }
  // A problem in the defaults is reported only once, even if several controllers use them.
  return [...new Map(found.map((access) => [formatPath(access.path), access])).values()];
}

function isMounted({ globalMounts, advancedMounts }: Fields, controllers: readonly string[]): boolean {
  const isEmpty = (mounts: unknown): boolean => Object.keys(mounts ?? {}).length === 0;
  if (!isEmpty(globalMounts) || isEmpty(advancedMounts)) return controllers.length > 0;
  return controllers.some((controller) => !isEmpty(fields(advancedMounts)[controller]));
}
