import type { KubeObject } from "../../../../../kube/objects.ts";
import { at, fields, text, type Fields } from "../../../../../policy/engine/read.ts";
import { releaseOf } from "../../../../../policy/objects/helm.ts";
import { CONFIG_MAP, HELM_RELEASE } from "../../../../../policy/objects/kinds.ts";
import { argumentsOf, containersOf } from "../../../../../policy/objects/workloads.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { controllerOf, controllerValues } from "./classes.ts";
import { nginx } from "./nginx.ts";
import { controllerSources } from "./services.ts";

/**
 * The ports at which the ingress-nginx of a class passes everything on to a Service, whatever the host: `TCP port 22 to Service den/forge:22`.
 * Sources: https://kubernetes.github.io/ingress-nginx/user-guide/exposing-tcp-udp-services/; templates/_params.tpl in chart ingress-nginx (`tcp`, `udp`, `extraArgs`)
 */
export function passedPorts(ingressClass: string, cluster: BuiltCluster): readonly string[] {
  if (controllerOf(ingressClass, cluster) !== nginx) return [];
  const values = controllerValues(ingressClass, cluster);
  const sources = controllerSources(ingressClass, cluster);
  return ["tcp", "udp"].flatMap((protocol) => {
    const maps = sources
      .flatMap((source) => namedMaps(`${protocol}-services-configmap`, source, values))
      .map(({ namespace, name }) => indexOf(cluster).get(CONFIG_MAP, namespace, name));
    const ports = Object.assign(
      {},
      ...maps.map((map) => fields(map).data),
      fields(values[protocol]),
    ) as Fields;
    return Object.entries(ports).flatMap(([port, to]) => {
      // What follows says whether it speaks the PROXY protocol.
      const [service] = /^[^:]+:[^:]+/.exec(text(to) ?? "") ?? [];
      return service === undefined ? [] : [`${protocol.toUpperCase()} port ${port} to Service ${service}`];
    });
  });
}

/** The ConfigMaps that a flag of a controller names, in its own namespace where that is a variable. */
function namedMaps(
  flag: string,
  source: KubeObject,
  values: Fields,
): readonly { readonly namespace: string; readonly name: string }[] {
  const isRelease = source.kind === HELM_RELEASE.kind;
  const own = (isRelease ? releaseOf(source) : source.metadata).namespace ?? "";
  const written = [
    text(at(values, ["controller", "extraArgs", flag])) ?? "",
    ...containersOf(source)
      .flatMap((container) => argumentsOf(container))
      .filter((argument) => argument.startsWith(`--${flag}=`))
      .map((argument) => argument.slice(flag.length + 3)),
  ];
  return written.flatMap((one) => {
    const [namespace = "", name] = one.split("/");
    return name === undefined ? [] : [{ namespace: namespace.startsWith("$(") ? own : namespace, name }];
  });
}
