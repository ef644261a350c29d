import { named } from "../../../../../lib/counted.ts";
import { isAppTemplate } from "../../../../../policy/objects/app-template.ts";
import { appServices, renderedService } from "../../../../../policy/objects/app-template-network.ts";
import { releaseOf } from "../../../../../policy/objects/helm.ts";
import { HELM_RELEASE, SERVICE } from "../../../../../policy/objects/kinds.ts";
import { mayBeOperators } from "../../../../../policy/objects/operator-services.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { at, text } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { isRelease } from "../../oci/artifact.ts";
import { controllerOf, controllerValues, readerOf } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { traefik } from "../controllers/traefik.ts";
import type { CutoverNote } from "../outcome.ts";
import type { MovingForm } from "../gateway/parents.ts";
import type { RouteOptions } from "../options.ts";
import { servicesBehind } from "../reading/served.ts";
import { standIns } from "./stand-ins.ts";
import type { StepContext } from "../../../step.ts";

/**
 * Backends that an Ingress names literally and that the repository does not show: what nothing in the repository creates does not answer today either, and of
 * what a chart or an operator creates, the ports are not known.
 */
export function missingServices(moving: MovingForm, { options }: StepContext): readonly CutoverNote[] {
  const { form, cluster, namespace, reading, hosts } = moving;
  if (!cluster) return [];
  const index = indexOf(cluster);
  const own = isRelease(form.object) ? appServices(asKubeObject(form.object), index) : [];
  const names = servicesBehind(reading.served).flatMap(({ name }) => name ?? []);
  const messages = [...new Set(names)].flatMap((name): readonly string[] => {
    if (own.some((service) => service.name === name) || isCreated(namespace, name, index)) return [];
    const check = portCheck(name, moving);
    const isIdentifier = own.some(({ identifier }) => identifier === name);
    if (!isIdentifier && mayBeCreated(namespace, name, index)) {
      const place = `Service ${namespace}/${name}, the backend of ${hosts.join(", ")}`;
      return check === undefined
        ? []
        : [`${place}: this repository does not show its ports; before the commit, ${check}`];
    }
    const hint =
      own.length === 0
        ? ""
        : `; its release has ${named(
            own.map((service) => service.name),
            "Service",
          )}`;
    const otherwise = check === undefined ? "" : `; if something else does, ${check}`;
    return withoutService(name, { ...moving, cluster }, options.route).map(
      ({ places, answers }) =>
        `Service ${namespace}/${name}, the backend of ${places.join(", ")}, is not in this repository${hint}: unless something else creates it, ${answers}${otherwise}`,
    );
  });
  return messages.map((message) => ({ kind: "cutover", message }));
}

interface Unanswered {
  /** Hosts, or hosts with paths. */
  readonly places: readonly string[];
  /** What answers there today and after the move. */
  readonly answers: string;
}

/** What answers for a Service that does not exist. */
function withoutService(
  name: string,
  moving: MovingForm & { readonly cluster: BuiltCluster },
  options: RouteOptions,
): readonly Unanswered[] {
  const { reading, hosts, cluster } = moving;
  if (readerOf(reading, cluster) !== traefik) {
    const today = errorsToday(reading.ingressClass, cluster);
    return [{ places: hosts, answers: `${today}, and the Gateway with a 500 after the move` }];
  }
  const index = indexOf(cluster);
  const isMissing = (namespace: string, service: string): boolean =>
    isMissingService(namespace, service, index);
  return standIns(name, moving, { options, isMissing }).map(({ paths, rule, isShared }) => ({
    places: paths,
    answers: answersOfTraefik(rule, isShared),
  }));
}

function answersOfTraefik(rule: string | undefined, isShared: boolean): string {
  const leavesOut = `Traefik leaves out its rule${isShared ? " with all its Services" : ""}`;
  const today = `so ${rule === undefined ? "a 404 or another rule answers there" : `${rule} answers there`} today`;
  const later = isShared
    ? "after the move, the Gateway answers its share of requests with a 500, and its other Services answer the rest"
    : "the Gateway answers with a 500 after the move";
  const first =
    rule === undefined && !isShared
      ? ""
      : "; if the answer of today should stay, remove the rule before the commit";
  return `${leavesOut}, ${today}, and ${later}${first}`;
}

/**
 * What to check about the ports of a Service that the repository does not show; undefined where Traefik serves its Ingress, because it takes a Service's ports
 * only by their own numbers as well.
 */
function portCheck(service: string, { reading, cluster, namespace }: MovingForm): string | undefined {
  const controller = readerOf(reading, cluster);
  if (controller === traefik) return undefined;
  const own = servicesBehind(reading.served).filter(({ name }) => name === service);
  const ports = [...new Set(own.flatMap(({ port }) => port ?? []))];
  if (isOfFlux(namespace, service) && ports.every((port) => port === 80)) return undefined;
  const who = controller === nginx ? "ingress-nginx" : "its controller";
  return `\`kubectl get service --namespace ${namespace} ${service}\` must list ${ports.join(" and ")} among its ports: ${who} ${controller === nginx ? "takes" : "may take"} a targetPort as well, and a Gateway does not (500)`;
}

/** What a controller other than Traefik answers for a Service that does not exist. */
function errorsToday(ingressClass: string | undefined, cluster: BuiltCluster): string {
  if (controllerOf(ingressClass, cluster) !== nginx)
    return "the Ingress controller answers with an error, or as if the rule were not there";
  const values = controllerValues(ingressClass, cluster);
  const backend = text(at(values, ["controller", "extraArgs", "default-backend-service"]));
  if (backend !== undefined) return `ingress-nginx answers with Service ${backend}`;
  return at(values, ["defaultBackend", "enabled"]) === true
    ? "ingress-nginx answers with its default backend"
    : "ingress-nginx answers with a 503";
}

/** Whether nothing in the repository creates a Service, or may create it. */
export const isMissingService = (namespace: string, name: string, index: ObjectIndex): boolean =>
  !isCreated(namespace, name, index) && !mayBeCreated(namespace, name, index);

function isCreated(namespace: string, name: string, index: ObjectIndex): boolean {
  return (
    index.get(SERVICE, namespace, name) !== undefined || renderedService(namespace, name, index) !== undefined
  );
}

const releasesIn = (namespace: string, index: ObjectIndex): ReturnType<ObjectIndex["ofKind"]> =>
  index.ofKind(HELM_RELEASE).filter((release) => releaseOf(release).namespace === namespace);

/** The Services that Flux is installed with, each on port 80. Source: config/manager/service.yaml of fluxcd/notification-controller and source-controller. */
const OF_FLUX = ["webhook-receiver", "notification-controller", "source-controller"];

const isOfFlux = (namespace: string, name: string): boolean =>
  namespace === "flux-system" && OF_FLUX.includes(name);

/** Whether another chart may create the Service, or an operator, which names it after its custom resource. */
function mayBeCreated(namespace: string, name: string, index: ObjectIndex): boolean {
  return (
    isOfFlux(namespace, name) ||
    releasesIn(namespace, index).some((release) => !isAppTemplate(release, index)) ||
    mayBeOperators(namespace, name, index)
  );
}
