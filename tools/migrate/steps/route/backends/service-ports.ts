import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { fieldAt } from "../../../objects.ts";

/** A port of a Service, with the API's defaults. */
export interface ServicePort {
  readonly name: string;
  readonly port: Value | undefined;
  readonly targetPort: string;
  readonly protocol: string;
  readonly appProtocol: string;
  /** Whether app-template's values mark it as the primary port. */
  readonly isPrimary: boolean;
}

/** The ports of a Service, in order. */
export const portsIn = (service: Value | undefined): readonly ServicePort[] =>
  mappingsIn(fieldAt(service, ["spec", "ports"])).map(servicePort);

/** The ports of a Service in app-template's values, in the order in which the chart writes them. Source: classes/_service.tpl in its library. */
export function portsInValues(service: Value | undefined): readonly ServicePort[] {
  const ports = fieldAt(service, ["ports"]);
  const enabled = Object.entries(isMapping(ports) ? ports : {}).flatMap(([name, port]) =>
    isMapping(port) && port.enabled !== false ? [{ ...port, name }] : [],
  );
  return enabled.sort((a, b) => (a.name < b.name ? -1 : 1)).map(servicePort);
}

function servicePort({ name, port, targetPort, protocol, appProtocol, primary }: Mapping): ServicePort {
  return {
    name: scalarText(name),
    port,
    targetPort: scalarText(targetPort ?? port),
    protocol: /^(?:|https?)$/i.test(scalarText(protocol)) ? "TCP" : scalarText(protocol),
    appProtocol: scalarText(appProtocol),
    isPrimary: primary === true,
  };
}

/** The number of a Service's port that an Ingress means. */
export interface Meant {
  readonly port: number;
  /** What the Ingress says, if ingress-nginx reads it in another way than other controllers do. */
  readonly written?: string;
}

/**
 * The port that an Ingress means by a name or number. ingress-nginx takes the first port with that number, name or `targetPort`.
 * Source: serviceEndpoints in internal/ingress/controller/controller.go of ingress-nginx
 */
export function meantBy(written: Value | undefined, ports: readonly ServicePort[]): Meant | undefined {
  const own = scalarText(written);
  const exact = ports.find(({ name, port }) =>
    typeof written === "number" ? port === written : name === own,
  );
  const first = ports.find(({ name, port, targetPort }) =>
    [name, scalarText(port), targetPort].includes(own),
  );
  const { port } = exact ?? first ?? {};
  if (typeof port !== "number") return typeof written === "number" ? { port: written } : undefined;
  return exact && exact.targetPort === first?.targetPort ? { port } : { port, written: own };
}
