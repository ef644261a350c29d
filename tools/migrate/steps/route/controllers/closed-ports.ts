import { at, fields, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { controllerPods } from "../network/pods.ts";
import { controllerOf, controllerRelease, controllerValues } from "./classes.ts";
import { nginx } from "./nginx.ts";
import { podServices } from "./pod-services.ts";
import { traefik } from "./traefik.ts";

/** Entry points of Traefik's chart that are not for plain HTTP to apps. */
const OTHERS = new Set(["web", "websecure", "traefik", "metrics"]);

/**
 * Whether no request for plain HTTP reaches the controller of a class, because its Service has no port for it: the values of its chart leave that out, and neither
 * the nodes nor another Service of the repository lead to its pods.
 * Sources: github.com/kubernetes/ingress-nginx: charts/ingress-nginx/templates/controller-service.yaml (`controller.service.enableHttp`);
 * github.com/traefik/traefik-helm-chart: traefik/templates/_service.tpl (`ports.web.expose`)
 */
export function isPlainClosed(ingressClass: string | undefined, cluster: BuiltCluster | undefined): boolean {
  const values = controllerValues(ingressClass, cluster);
  const controller = controllerOf(ingressClass, cluster);
  const isClosed =
    controller === nginx
      ? isClosedByNginx(values)
      : controller === traefik && isClosedByTraefik(fields(values.ports), values);
  if (!isClosed || cluster === undefined) return false;
  const release = controllerRelease(ingressClass, cluster);
  const pods = release && controllerPods(asKubeObject(release), indexOf(cluster));
  const port = at(values, ["ports", "web", "port"]);
  const number = typeof port === "number" ? port : 8000;
  const plain = new Set<unknown>(["http", "web", 80, "80", number, String(number)]);
  return (
    pods === undefined ||
    !podServices(values, pods, cluster).some(({ ports }) => ports.some((one) => plain.has(one)))
  );
}

function isClosedByNginx(values: Fields): boolean {
  const { service, hostNetwork, hostPort } = fields(values.controller);
  return fields(service).enableHttp === false && hostNetwork !== true && fields(hostPort).enabled !== true;
}

function isClosedByTraefik(ports: Fields, { hostNetwork }: Fields): boolean {
  const hasOthers = Object.entries(ports).some(([name, port]) => !OTHERS.has(name) && port !== null);
  if (hasOthers || ports.web === undefined) return false;
  if (ports.web === null) return true;
  const { expose, hostPort } = fields(ports.web);
  // A mapping has the default Service and further ones; before chart 27, it was a boolean.
  const isExposed = expose === undefined || (expose !== false && isIn(fields(expose)));
  return !isExposed && hostNetwork !== true && hostPort === undefined;
}

const isIn = ({ default: standard = true, ...others }: Fields): boolean =>
  [standard, ...Object.values(others)].includes(true);
