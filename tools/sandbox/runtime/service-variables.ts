import { type Service } from "../network/objects.ts";
import { type ServiceVariables } from "./environment.ts";
import { type RealPod } from "./pod-spec.ts";

/** The Service variables for a pod: always those for `kubernetes`, and those for the Services in its namespace unless the pod opts out. */
export function serviceVariables(pod: RealPod, services: Iterable<Service>): ServiceVariables {
  const { enableServiceLinks = true } = pod.spec;
  const visible = [...services].filter(
    ({ metadata }) =>
      (metadata.namespace === "default" && metadata.name === "kubernetes") ||
      (enableServiceLinks && metadata.namespace === pod.metadata.namespace),
  );
  return Object.assign({}, ...visible.map(variablesOf)) as ServiceVariables;
}

/** Variables in the kubelet's format, which includes those for Docker links (`_PORT_…`). */
function variablesOf({ metadata, spec }: Service): ServiceVariables {
  const { clusterIP, ports = [] } = spec;
  const [first] = ports;
  if (clusterIP === undefined || clusterIP === "None" || first === undefined) return {};
  const upper = (text: string): string => text.toUpperCase().replaceAll("-", "_");
  const name = upper(metadata.name);
  const protocol = (port: { readonly protocol?: string }): string => port.protocol ?? "TCP";
  const url = (port: typeof first): string => `${protocol(port).toLowerCase()}://${clusterIP}:${port.port}`;
  const variables: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: clusterIP,
    [`${name}_SERVICE_PORT`]: String(first.port),
    [`${name}_PORT`]: url(first),
  };
  for (const port of ports) {
    if (port.name !== undefined) variables[`${name}_SERVICE_PORT_${upper(port.name)}`] = String(port.port);
    const prefix = `${name}_PORT_${port.port}_${protocol(port)}`;
    variables[prefix] = url(port);
    variables[`${prefix}_PROTO`] = protocol(port).toLowerCase();
    variables[`${prefix}_PORT`] = String(port.port);
    variables[`${prefix}_ADDR`] = clusterIP;
  }
  return variables;
}
