import { agreeing } from "../../../../../lib/counted.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { enabled } from "../../../../../policy/objects/app-template.ts";
import { at, fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import { SERVICE } from "../../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { indexOf } from "../../../clusters.ts";
import { idOf } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf, controllerRelease, controllerValues } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { podServices } from "../controllers/pod-services.ts";
import { controllerServices, controllerSources } from "../controllers/services.ts";
import { settingsBehind, staysAtController } from "../gateway/doors.ts";
import { classesThatMove, type CutoverNote, type DnsRecord } from "../outcome.ts";
import { frontOf } from "./front-services.ts";
import { controllerPods } from "./pods.ts";
import { placesThatSend } from "./senders.ts";
import { wayThroughTunnel } from "./remote-tunnels.ts";
import { tunnels } from "./tunnels.ts";

/** What to say about how requests reach a controller whose Ingresses move without a load balancer, or past it: DNS does not lead them to the Gateway. */
export function waysIn(records: readonly DnsRecord[], context: StepContext): readonly CutoverNote[] {
  return context.clusters.flatMap((cluster) =>
    classesThatMove(records, cluster)
      .filter((ingressClass) => !staysAtController(ingressClass, cluster, context))
      .flatMap(
        (ingressClass) =>
          wayInto(ingressClass, cluster, context) ??
          wayThroughTunnel(records, ingressClass, cluster, context) ??
          [],
      )
      .map((message) => ({ kind: "cutover", message }) as const),
  );
}

function wayInto(ingressClass: string, cluster: BuiltCluster, context: StepContext): string | undefined {
  const services = servicesOf(ingressClass, cluster);
  if (services === undefined || services.some(hasLoadBalancer)) return undefined;
  const release = controllerRelease(ingressClass, cluster);
  const place = release === undefined ? "" : ` of HelmRelease ${idOf(release)}`;
  const onNodes = [
    ...frontOf(ingressClass, cluster).keepers.filter((keeper) => !keeper.startsWith("externalTrafficPolicy")),
    ...services.flatMap(({ type }) => (type === "NodePort" ? ["type: NodePort"] : [])),
  ];
  if (onNodes.length > 0)
    return `class ${ingressClass}: its controller has no load balancer and listens on ports of the nodes (${onNodes[0]}${place}). What leads there, such as a router's port forwarding or DNS records of the nodes, must lead to the Gateway for the moved hosts, or they get 404`;
  if (services.length === 0) return undefined;
  const what = `class ${ingressClass}: the Service of its controller is of type ClusterIP${place === "" ? "" : ` (${place.trim().slice(3)})`}`;
  const move = "send those for the moved hosts to the Gateway's Service in the same commit, or they get 404";
  return `${what}, so something else, such as a tunnel, sends the requests there. ${whatSends(ingressClass, cluster, context)}: ${move}${pastTunnel(ingressClass, cluster, context)}`;
}

/** Where that is configured. */
function whatSends(ingressClass: string, cluster: BuiltCluster, context: StepContext): string {
  const places = placesThatSend(ingressClass, cluster, context);
  if (places.length > 0) return `It is configured in ${places.join(", ")}`;
  const all = tunnels(cluster).map(({ name }) => name);
  if (all.length === 0) return "This repository does not show what it is";
  return `This repository shows no rule for it, but ${agreeing(all, "runs", "run")} cloudflared, whose rules may be in a Secret or at Cloudflare`;
}

/** Whether clients might avoid the tunnel after the move. */
function pastTunnel(ingressClass: string, cluster: BuiltCluster, context: StepContext): string {
  const option = context.options.route.gateways[ingressClass];
  const behind = option ? settingsBehind(option, cluster, context) : [];
  const isClosed =
    behind.length > 0 && behind.every((values) => !traefikServices(values).some(hasLoadBalancer));
  return isClosed
    ? ""
    : ". If the Gateway has an address of its own, clients that know it get past what the tunnel demands, such as a login";
}

/** What is known of a controller's Service. */
interface ControllerService {
  readonly type: string;
  readonly externalIps: number;
}

const hasLoadBalancer = ({ type, externalIps }: ControllerService): boolean =>
  type === "LoadBalancer" || externalIps > 0;

/** The Services in front of a class's controller; undefined if the repository does not show all of them. */
function servicesOf(ingressClass: string, cluster: BuiltCluster): readonly ControllerService[] | undefined {
  const values = controllerValues(ingressClass, cluster);
  const release = controllerRelease(ingressClass, cluster);
  const objects = indexOf(cluster);
  if (release !== undefined) {
    const pods = controllerPods(asKubeObject(release), objects);
    if (podServices(values, pods, cluster).length > 0) return undefined;
    return controllerOf(ingressClass, cluster) === nginx ? nginxServices(values) : traefikServices(values);
  }
  const sources = controllerSources(ingressClass, cluster);
  // K3s and RKE2 have defaults of their own.
  if (sources.length === 0 || sources.some(({ kind }) => kind.startsWith("HelmChart"))) return undefined;
  return controllerServices(ingressClass, cluster).flatMap(({ namespace, name }) => {
    const service = objects.get(SERVICE, namespace, name);
    return service ? [controllerService(fields(service.spec), "ClusterIP")] : [];
  });
}

/** Source: templates/controller-service.yaml and controller-service-internal.yaml in chart ingress-nginx */
function nginxServices(values: Fields): readonly ControllerService[] {
  const service = fields(at(values, ["controller", "service"]));
  const internal = fields(service.internal);
  if (service.enabled === false) return [];
  return [
    ...(at(service, ["external", "enabled"]) === false ? [] : [controllerService(service)]),
    ...(internal.enabled === true ? [controllerService({ type: service.type, ...internal })] : []),
  ];
}

/** Source: templates/service.yaml and _service.tpl in chart traefik */
function traefikServices({ service }: Fields): readonly ControllerService[] {
  const own = fields(service);
  if (own.enabled === false) return [];
  const others = enabled(own.additionalServices).map(([, one]) => one);
  return [own, ...others].map((one) => controllerService({ ...one, ...fields(one.spec) }));
}

const controllerService = (spec: Fields, standard = "LoadBalancer"): ControllerService => ({
  type: text(spec.type) ?? standard,
  externalIps: list(spec.externalIPs).length,
});
