import type { KubeObject } from "../../../../../kube/objects.ts";
import { enabled } from "../../../../../policy/objects/app-template.ts";
import { at, fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import { SERVICE } from "../../../../../policy/objects/kinds.ts";
import { containersOf } from "../../../../../policy/objects/workloads.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { controllerRelease, controllerValues } from "../controllers/classes.ts";
import { controllerServices, controllerSources } from "../controllers/services.ts";
import { rangesOf, rulesOf, type FrontService } from "./source-limits.ts";

/** What lets requests into a controller, as far as it decides which addresses they come from. */
export interface Front {
  /** The settings of its load balancers that admit only some addresses, by name. */
  readonly ranges: ReadonlyMap<string, readonly string[]>;
  /** Their other settings that limit who reaches them, with their values. */
  readonly rules: ReadonlyMap<string, string>;
  /** The settings by which it sees the addresses of clients, not those of nodes. */
  readonly keepers: readonly string[];
}

/** What lets requests into the controller of a class. */
export function frontOf(ingressClass: string, cluster: BuiltCluster): Front {
  const byValues = frontInValues(controllerValues(ingressClass, cluster));
  if (controllerRelease(ingressClass, cluster) !== undefined) return byValues;
  const objects = indexOf(cluster);
  const services = controllerServices(ingressClass, cluster).flatMap(
    ({ namespace, name }) => objects.get(SERVICE, namespace, name) ?? [],
  );
  const pods = controllerSources(ingressClass, cluster);
  const byObjects = frontOfServices(
    services.map(({ metadata, spec }) => ({ annotations: metadata.annotations ?? {}, spec: fields(spec) })),
  );
  return {
    ranges: new Map([...byValues.ranges, ...byObjects.ranges]),
    rules: new Map([...byValues.rules, ...byObjects.rules]),
    keepers: [...byValues.keepers, ...byObjects.keepers, ...pods.flatMap(keepersOfPods)],
  };
}

/**
 * The same from the values of a controller's chart.
 * Sources: templates/controller-service.yaml, controller-service-internal.yaml and controller-daemonset.yaml in chart ingress-nginx, templates/_service.tpl and
 * _podtemplate.tpl in chart traefik
 */
export function frontInValues(values: Fields): Front {
  const nginx = fields(values.controller);
  const traefik = fields(values.service);
  const internal = at(nginx, ["service", "internal"]);
  const services = [
    nginx.service,
    at(internal, ["enabled"]) === true ? internal : undefined,
    traefik,
    ...enabled(traefik.additionalServices).map(([, service]) => service),
  ]
    .map(fields)
    .filter((service) => service.enabled !== false)
    .map((service) => ({
      annotations: fields(service.annotations),
      spec: { ...service, ...fields(service.spec) },
    }));
  const front = frontOfServices(services);
  const isInHostNetwork = nginx.hostNetwork === true || values.hostNetwork === true;
  const hasHostPort =
    at(nginx, ["hostPort", "enabled"]) === true ||
    enabled(values.ports).some(([, port]) => typeof port.hostPort === "number");
  return {
    ...front,
    keepers: [
      ...front.keepers,
      ...(isInHostNetwork ? ["hostNetwork: true"] : []),
      ...(hasHostPort ? ["hostPort"] : []),
    ],
  };
}

const frontOfServices = (services: readonly FrontService[]): Front => ({
  ranges: new Map(services.flatMap((service) => [...rangesOf(service)])),
  rules: new Map(services.flatMap((service) => [...rulesOf(service)])),
  keepers: services.some(({ spec }) => text(spec.externalTrafficPolicy) === "Local")
    ? ["externalTrafficPolicy: Local"]
    : [],
});

/** By which the pods of a workload listen on their node's own addresses. */
function keepersOfPods(workload: KubeObject): readonly string[] {
  const hasHostPort = containersOf(workload).some(({ spec }) =>
    list(spec.ports).some((port) => typeof fields(port).hostPort === "number"),
  );
  return [
    ...(at(workload, ["spec", "template", "spec", "hostNetwork"]) === true ? ["hostNetwork: true"] : []),
    ...(hasHostPort ? ["hostPort"] : []),
  ];
}
