import { type Mapping } from "../../../gitops/yaml/values.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { MigrateOptions } from "../../options.ts";
import type { Reading } from "./served.ts";

/** The listeners that a route attaches to. */
export interface Parents {
  readonly parentRefs: readonly Mapping[];
  readonly lost: readonly string[];
}

/**
 * The `parentRefs` that replace an Ingress's class and entry points.
 * @param takesPort whether a parentRef accepts a `port`
 * @returns the reason if there are none
 */
export function parentsOf(
  { ingressClass, entryPoints }: Pick<Reading, "ingressClass" | "entryPoints">,
  { gateways }: MigrateOptions["route"],
  takesPort: boolean,
): Parents | string {
  if (ingressClass === undefined || ingressClass === "")
    return "it names no class, and the default class of the cluster is not known here: set its class";
  const gateway = Object.hasOwn(gateways, ingressClass) ? gateways[ingressClass] : undefined;
  if (!gateway)
    return `no Gateway is known for class ${ingressClass}: add \`route: { gateways: { ${ingressClass}: { name: …, namespace: … } } }\` to ${OPTIONS_FILE}`;
  const { name, namespace } = gateway;
  const lost: string[] = [];
  const listeners = entryPoints.flatMap((entryPoint): Mapping[] => {
    const listener = gateway.entryPoints[entryPoint];
    if (typeof listener === "string") return [{ sectionName: listener }];
    if (listener !== undefined && takesPort) return [{ port: listener }];
    lost.push(
      listener === undefined
        ? `entry point ${entryPoint}: the route attaches to every listener of ${namespace}/${name} that lets it; to keep it to one, write that listener's port or name to ${OPTIONS_FILE}, route.gateways.${ingressClass}.entryPoints.${entryPoint}`
        : `entry point ${entryPoint}: this version of app-template knows no port in parentRefs; give the listener's name in route.gateways.${ingressClass}.entryPoints.${entryPoint}`,
    );
    return [];
  });
  const places = lost.length > 0 || listeners.length === 0 ? [{}] : listeners;
  return { parentRefs: places.map((place) => ({ name, namespace, ...place })), lost };
}
