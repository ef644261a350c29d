import type { KubeObject } from "../../../../../kube/objects.ts";
import { selects, type LabelSelector } from "../../../../../kube/label-selector.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, fields, list, text } from "../../../../../policy/engine/read.ts";
import { valuesOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE, SERVICE } from "../../../../../policy/objects/kinds.ts";
import { yamlMap } from "../../../../../lib/yaml-map.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { chartServices, type Named } from "./chart-names.ts";
import { controllerOf, controllerRelease } from "./classes.ts";
import { chartOwnPorts, workloadOwnPorts } from "./own-ports.ts";
import { sourcesWithoutRelease } from "./without-release.ts";

/** A Service of a controller, and the HelmRelease, HelmChart or workload that runs the controller. */
export interface ControllerService extends Named {
  readonly source: KubeObject;
  /** Its ports, by name and number, that lead to the controller itself and not to apps. */
  readonly ownPorts: ReadonlySet<string>;
}

/** The Services through which requests reach the controller of a class, as far as the repository shows them. */
export function controllerServices(
  ingressClass: string,
  cluster: BuiltCluster,
): readonly ControllerService[] {
  const objects = indexOf(cluster);
  return controllerSources(ingressClass, cluster).flatMap((source) =>
    servicesOf(source, objects).map((service) => ({ ...service, source })),
  );
}

/** What runs the controller of a class: its HelmRelease or, without one, its workloads and HelmCharts. */
export function controllerSources(
  ingressClass: string,
  cluster: BuiltCluster | undefined,
): readonly KubeObject[] {
  if (cluster === undefined) return [];
  const release = controllerRelease(ingressClass, cluster);
  if (release) return [asKubeObject(release)];
  return sourcesWithoutRelease(controllerOf(ingressClass, cluster), indexOf(cluster));
}

function servicesOf(source: KubeObject, objects: ObjectIndex): readonly Omit<ControllerService, "source">[] {
  if (source.kind === HELM_RELEASE.kind) {
    const ownPorts = chartOwnPorts(valuesOf(source, objects).values);
    return chartServices(source, objects).map((service) => ({ ...service, ownPorts }));
  }
  if (!source.kind.startsWith("HelmChart")) return selecting(source, objects);
  // RKE2 and K3s name the release after the HelmChart, and the charts' Services after the release.
  const { namespace = "kube-system", name } = source.metadata;
  const ownPorts = chartOwnPorts(yamlMap(text(fields(source.spec).valuesContent) ?? "") ?? {});
  return [name, `${name}-controller`].map((service) => ({ namespace, name: service, ownPorts }));
}

/** The Services that select a workload's pods and lead to apps. */
function selecting(workload: KubeObject, objects: ObjectIndex): readonly Omit<ControllerService, "source">[] {
  const labels = fields(at(workload, ["spec", "template", "metadata", "labels"]));
  return objects
    .ofKind(SERVICE)
    .filter(({ metadata: { namespace }, spec }) => {
      const matchLabels = fields(fields(spec).selector) as LabelSelector["matchLabels"];
      return (
        namespace === workload.metadata.namespace &&
        Object.keys(matchLabels ?? {}).length > 0 &&
        selects({ ...(matchLabels && { matchLabels }) }, labels as Readonly<Record<string, string>>)
      );
    })
    .flatMap((service) => {
      const { namespace = "default", name } = service.metadata;
      const ownPorts = workloadOwnPorts(workload, service);
      const ports = list(at(service, ["spec", "ports"])).map((port) => String(fields(port).port));
      return ports.length > 0 && ports.every((port) => ownPorts.has(port))
        ? []
        : [{ namespace, name, ownPorts }];
    });
}
