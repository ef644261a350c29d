import type { KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, list, text, type Fields } from "../engine/read.ts";
import { appContainers, enabled, type AppContainer } from "./app-template.ts";
import { appValues } from "./app-template-dialect.ts";
import { appRoutes, appServices } from "./app-template-network.ts";
import { HELM_RELEASE } from "./kinds.ts";
import { isOftenOmitted } from "./practice.ts";
import { isForOwner, opensOnlyUdp, PROBES } from "./probes.ts";

/** The probes that a container in an app-template release lacks. */
export function absentProbes({ probes }: AppContainer): readonly (typeof PROBES)[number][] {
  return PROBES.filter((probe) => fields(probes[probe]).enabled !== true);
}

/**
 * Whether users reach a controller in which nothing is probed, and the container is the one that serves them: Kubernetes then sends their requests to a pod that is
 * not ready. Not if the owner switched the probes off, or does without probes in many apps.
 */
export function isServedUnprobed(
  container: AppContainer,
  release: KubeObject,
  objects: ObjectIndex,
): boolean {
  const serving = servingIn(objects)(release).find(({ path }) => path.join() === container.path.join());
  return serving !== undefined && isUnprobed(serving) && !doesWithoutProbes(objects);
}

/** The container that serves a controller's users, together with the others in the controller. */
interface Serving extends AppContainer {
  readonly siblings: readonly AppContainer[];
}

function isUnprobed({ siblings }: Serving): boolean {
  return siblings.every(({ probes }) => Object.keys(probes).length === 0);
}

/** Computed once per release, because it is asked for each container. */
const servingIn = oncePer((objects: ObjectIndex) =>
  oncePer((release: KubeObject) => servingContainers(release, objects)),
);

const allServing = oncePer((objects: ObjectIndex): readonly Serving[] =>
  objects.ofKind(HELM_RELEASE).flatMap(servingIn(objects)),
);

/** Computed once, because it is asked for each release. */
const doesWithoutProbes = oncePer((objects: ObjectIndex) => isOftenOmitted(allServing(objects), isUnprobed));

function servingContainers(release: KubeObject, objects: ObjectIndex): readonly Serving[] {
  const running = appContainers(release, objects).filter(({ longRunning }) => longRunning);
  const { values } = appValues(release, objects);
  return [...Map.groupBy(running, ({ controller }) => controller)].flatMap(([controller, siblings]) => {
    const main = siblings.find(({ name }) => ["app", "main", controller].includes(name)) ?? siblings[0];
    const isReached = servicesOf(controller, values).some(
      (service) => hasPortToProbe(service) && leadsTo(service, values, release, objects),
    );
    const { replicas } = fields(fields(values.controllers)[controller] ?? values.controller);
    if (main === undefined || !isReached || replicas === 0) return [];
    return opensOnlyUdp(main.spec) || isForOwner(main.spec) ? [] : [{ ...main, siblings }];
  });
}

/** A Service in app-template's values, with its identifier. */
export type ValuesService = readonly [string, Fields];

/** The controller's Services. One without `controller` belongs to the only controller (`service/_valuesToObject.tpl`). */
export function servicesOf(controller: string, values: Fields): readonly ValuesService[] {
  const services = enabled(values.service);
  if (values.controllers === undefined) return services;
  const isOnly = enabled(values.controllers).length === 1;
  return services.filter(
    ([, service]) => service.controller === controller || (service.controller === undefined && isOnly),
  );
}

/** Whether a Service has more than UDP ports, which no probe can reach. */
function hasPortToProbe([, { ports }]: ValuesService): boolean {
  const open = enabled(ports);
  return open.length === 0 || open.some(([, { protocol }]) => protocol !== "UDP");
}

/** Whether a load balancer, a route or an Ingress of the release leads to the Service. */
function leadsTo(
  [identifier, { type }]: ValuesService,
  values: Fields,
  release: KubeObject,
  objects: ObjectIndex,
): boolean {
  const { name } = appServices(release, objects).find((one) => one.identifier === identifier) ?? {};
  const backends = appRoutes(release, objects)
    .flatMap(({ route }) => list(fields(route.spec).rules))
    .flatMap((rule) => list(fields(rule).backendRefs));
  const paths = enabled(values.ingress)
    .flatMap(([, ingress]) => list(ingress.hosts))
    .flatMap((host) => list(fields(host).paths))
    .map((path) => fields(fields(path).service));
  return (
    type === "LoadBalancer" ||
    (name !== undefined && backends.some((backend) => fields(backend).name === name)) ||
    paths.some((service) => [text(service.identifier), text(service.name)].includes(identifier))
  );
}
