import type { KubeObject } from "../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, fields, text } from "../../../../../policy/engine/read.ts";
import { chartOf, releaseOf, valuesOf } from "../../../../../policy/objects/helm.ts";

/** An object, by namespace and name. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The Services through which requests reach a controller that its chart installs. */
export function chartServices(release: KubeObject, index: ObjectIndex): readonly Named[] {
  const { values } = valuesOf(release, index);
  const { namespace: own } = releaseOf(release);
  const namespace = text(values.namespaceOverride) ?? own;
  return serviceNames(release, index).map((name) => ({ namespace, name }));
}

/** Sources: templates/controller-service.yaml and controller-service-internal.yaml in chart ingress-nginx, templates/service.yaml in chart traefik. */
function serviceNames(release: KubeObject, index: ObjectIndex): readonly string[] {
  const { values } = valuesOf(release, index);
  const full = fullName(release, index);
  if (chartOf(release, index).name !== "ingress-nginx") {
    const additional = Object.keys(fields(at(values, ["service", "additionalServices"])));
    return [full, `${full}-internal`, ...additional.map((key) => `${full}-${key}`)];
  }
  const controller = `${full}-${text(at(values, ["controller", "name"])) ?? "controller"}`;
  return [controller, `${controller}-internal`];
}

/** The ServiceAccount of a controller that its chart installs. */
export function chartServiceAccount(release: KubeObject, index: ObjectIndex): string {
  const { values } = valuesOf(release, index);
  return text(at(values, ["serviceAccount", "name"])) ?? fullName(release, index);
}

/** The helper `fullname` of both charts. */
function fullName(release: KubeObject, index: ObjectIndex): string {
  const { values } = valuesOf(release, index);
  const override = text(values.fullnameOverride);
  if (override) return override;
  const { name } = releaseOf(release);
  const chart = text(values.nameOverride) ?? chartOf(release, index).name ?? "";
  return name.includes(chart) ? name : `${name}-${chart}`;
}
