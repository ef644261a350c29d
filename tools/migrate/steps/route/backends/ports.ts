import { appValues } from "../../../../../policy/objects/app-template-dialect.ts";
import { renderedService } from "../../../../../policy/objects/app-template-network.ts";
import { at } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Value } from "../../../../gitops/yaml/values.ts";
import { indexOf } from "../../../clusters.ts";
import { fieldAt } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { readerOf } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { isOthers } from "../gateway/doors.ts";
import type { MovingForm, Parents } from "../gateway/parents.ts";
import { servicesIn } from "../release/values.ts";
import type { Backend } from "../reading/served.ts";
import { portsIn, portsInValues, type ServicePort } from "./service-ports.ts";
import { servicesOf } from "./services.ts";

/** Why a route would not find the port that an Ingress reaches: a Gateway takes it only by the Service's own number. */
export function whyOtherPort(moving: MovingForm, gateway: Parents["gateway"]): readonly string[] {
  const { reading, cluster } = moving;
  const isNginx = readerOf(reading, cluster) === nginx;
  const reasons = reading.served
    .flatMap(({ backends }) => backends)
    .flatMap((backend): readonly string[] => {
      const service = backend.service ?? backend;
      const ports = service.kind === "Service" ? portsBehind(service, moving) : undefined;
      const { port, written } = service;
      if (!ports || port === undefined) return [];
      const place = `Service ${service.name ?? service.identifier ?? ""}`;
      const own = ports.find((one) => one.port === port);
      if (!own)
        return ports.every((one) => typeof one.port === "number")
          ? [notAPort(String(port), place, ports)]
          : [];
      if (written !== undefined && isNginx === isExact(written, ports))
        return [isNginx ? otherInNginx(written, place, own) : notAPort(written, place, ports)];
      const isStrict = !isOthers(gateway, cluster) && backend.service === undefined;
      return isStrict && own.protocol !== "TCP"
        ? [
            `the first port ${port} of ${place} has the protocol ${own.protocol}, and Traefik's Gateway provider accepts only TCP for it: write the TCP port with that number before it`,
          ]
        : [];
    });
  return [...new Set(reasons)];
}

const isExact = (written: string, ports: readonly ServicePort[]): boolean =>
  ports.some(({ name, port }) => name === written || scalarText(port) === written);

function notAPort(written: string, place: string, ports: readonly ServicePort[]): string {
  const targets = ports.filter(({ targetPort }) => targetPort === written);
  const numbers = (targets.length === 0 ? ports : targets).map(({ port }) => scalarText(port)).join(" or ");
  const is = targets.length === 0 ? "is no port" : "is a targetPort, but no port,";
  return `${written} ${is} of ${place}, and a Gateway takes only its ports: ${numbers === "" ? "list it in the Service" : `write ${numbers} into the Ingress`} first`;
}

const otherInNginx = (written: string, place: string, { port }: ServicePort): string =>
  `port ${written} of ${place} is also the targetPort of a port before it, which ingress-nginx takes, and a route would take port ${scalarText(port)}: write the number of the port that you mean into the Ingress first`;

/** The ports of the Service behind a backend; undefined if they are not known. */
export function portsBehind(
  { identifier, name = "" }: Backend,
  { form: { object }, cluster, namespace }: MovingForm,
): readonly ServicePort[] | undefined {
  if (identifier !== undefined)
    return isRelease(object) ? portsInValues(fieldAt(servicesIn(object), [identifier])) : undefined;
  const service = servicesOf(cluster)(namespace, name);
  if (service) return portsIn(service);
  const index = cluster && indexOf(cluster);
  const app = index && renderedService(namespace, name, index);
  if (!app) return undefined;
  const { values } = appValues(app.release, index);
  return portsInValues(at(values, ["service", app.service.identifier]) as Value);
}
