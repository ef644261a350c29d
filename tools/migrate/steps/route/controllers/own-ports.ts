import type { KubeObject } from "../../../../../kube/objects.ts";
import { at, fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";
import { argumentsOf, containersOf } from "../../../../../policy/objects/workloads.ts";

/**
 * Entry points for Traefik's dashboard and metrics, and their ports in its Service: the dashboard's was 9000 before version 33 of the chart.
 * Source: `ports` in the values of chart traefik
 */
const OWN: Readonly<Record<string, readonly number[]>> = { traefik: [8080, 9000], metrics: [9100] };

/** The ports of the Service in Traefik's chart, by name and number, that lead to Traefik itself and not to apps. */
export function chartOwnPorts({ ports }: Fields): ReadonlySet<string> {
  const exposed = (name: string): unknown => at(ports, [name, "exposedPort"]) ?? at(ports, [name, "port"]);
  const others = Object.keys(fields(ports)).filter((name) => !Object.hasOwn(OWN, name));
  const own = Object.entries(OWN).flatMap(([name, numbers]) => {
    const set = at(ports, [name, "exposedPort"]);
    return [name, ...(set === undefined ? numbers : [set])];
  });
  return new Set(own.map(String)).difference(new Set(others.map((name) => String(exposed(name)))));
}

/** The ports of a Service, by name and number, that lead to a Traefik's own dashboard, because none of its entry points for apps listens there. */
export function workloadOwnPorts(workload: KubeObject, service: KubeObject): ReadonlySet<string> {
  const containers = containersOf(workload);
  const entryPoints = new Set(containers.flatMap((container) => argumentsOf(container).flatMap(appPort)));
  // They may be in a file or in variables.
  if (entryPoints.size === 0) return new Set();
  const named = new Map(
    containers
      .flatMap(({ spec }) => list(spec.ports).map(fields))
      .map(({ name, containerPort }) => [text(name), containerPort]),
  );
  const own = list(at(service, ["spec", "ports"]))
    .map(fields)
    .filter(({ port, targetPort = port }) => {
      const target = typeof targetPort === "string" ? named.get(targetPort) : targetPort;
      return typeof target === "number" && !entryPoints.has(target);
    });
  return new Set(own.flatMap(({ name, port }) => [text(name) ?? [], String(port)].flat()));
}

/** The port of an entry point for apps in a flag; Traefik serves its dashboard on the one that is called like itself. */
function appPort(argument: string): readonly number[] {
  const [, name, port] = /^--entrypoints\.([^.]+)\.address=.*:(\d+)(?:\/\w+)?$/i.exec(argument) ?? [];
  return port === undefined || name?.toLowerCase() === "traefik" ? [] : [Number(port)];
}
