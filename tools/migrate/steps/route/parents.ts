import { type Mapping } from "../../../gitops/yaml/values.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { RouteOptions } from "./options.ts";
import type { Reading } from "./served.ts";

/** The listeners that a route attaches to. */
export interface Parents {
  readonly parentRefs: readonly Mapping[];
  readonly gateway: RouteOptions["gateways"][string];
}

/**
 * The `parentRefs` that replace an Ingress's class and entry points. An entry point becomes its listener, never all listeners: the others
 * may be open to other networks.
 * @param takesPort whether a parentRef accepts a `port`
 * @returns the reason if there are none
 */
export function parentsOf(
  { ingressClass, entryPoints }: Pick<Reading, "ingressClass" | "entryPoints">,
  { gateways }: RouteOptions,
  takesPort: boolean,
): Parents | string {
  if (ingressClass === undefined || ingressClass === "")
    return "it names no class, and the cluster's default class is not known here: set its class";
  const gateway = Object.hasOwn(gateways, ingressClass) ? gateways[ingressClass] : undefined;
  if (!gateway)
    return `no Gateway is known for class ${ingressClass}: add \`route: { gateways: { ${ingressClass}: { name: …, namespace: … } } }\` to ${OPTIONS_FILE}`;
  const { name, namespace } = gateway;
  const option = `route.gateways.${ingressClass}.entryPoints.`;
  const unknown: string[] = [];
  const listeners = entryPoints.flatMap((entryPoint): Mapping[] => {
    const listener = gateway.entryPoints[entryPoint];
    if (typeof listener === "string") return [{ sectionName: listener }];
    if (listener !== undefined && takesPort) return [{ port: listener }];
    unknown.push(
      listener === undefined
        ? `the listener of ${namespace}/${name} for entry point ${entryPoint} is not known: set its name or port as ${option}${entryPoint} in ${OPTIONS_FILE}`
        : `this version of app-template does not accept a port in parentRefs: set the listener's name as ${option}${entryPoint} in ${OPTIONS_FILE}`,
    );
    return [];
  });
  if (unknown.length > 0) return unknown.join("; ");
  const places = listeners.length === 0 ? [{}] : listeners;
  return { parentRefs: places.map((place) => ({ name, namespace, ...place })), gateway };
}
