import type { ClusterReader, Finding } from "../../kube/client.ts";
import { INTERNAL_PORTS } from "../../kube/gateway-contract.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { firstOf } from "../../lib/counted.ts";
import { checkAddressPools } from "./address-pools.ts";
import { repeatedArguments } from "./arguments.ts";
import { checkOtherTraefiks } from "./other-traefiks.ts";
import { checkServiceLb } from "./service-lb.ts";
import { checkTraefikService, traefikService } from "./service.ts";
import type { TraefikArgs } from "./traefik.ts";

/** Reports what would keep Traefik from starting or serving, and changes that the API server would reject. */
export async function checkTraefikSettings(args: TraefikArgs, cluster: ClusterReader): Promise<Finding[]> {
  const service = traefikService(args);
  const onCluster = await Promise.all([
    checkTraefikService(args, cluster),
    checkAddressPools(service, cluster),
    checkServiceLb(service, cluster),
    checkOtherTraefiks(args.gateway, cluster),
    checkExtensionRefs(args, cluster),
  ]);
  return [...checkTraefikPorts(args), ...checkArguments(args), ...onCluster.flat()];
}

/** Reports entry points that share a port or a name. Traefik would not start, or would have two entry points for one listener. */
export function checkTraefikPorts({
  gateway,
  ports,
  entryPoints = [],
}: Pick<TraefikArgs, "gateway" | "ports" | "entryPoints">): Finding[] {
  const named: (readonly [name: string, port: number])[] = [
    ["web", ports.http],
    ["websecure", ports.https],
    ...entryPoints.map(({ name, port }) => [name, port] as const),
  ];
  const id = `Gateway ${gateway.namespace}/${gateway.name}`;
  const internal = Object.entries(INTERNAL_PORTS).flatMap(([name, port]) =>
    named.some((each) => each[1] === port)
      ? [
          error(
            `${id} has a listener on port ${port}, which its Traefik uses for its own entry point ${name}.`,
            "Set a different port for the listener or the entry point.",
          ),
        ]
      : [],
  );
  const repeated = entryPoints.filter(
    ({ name, port }, index) =>
      name in INTERNAL_PORTS || named.findIndex((each) => each[0] === name || each[1] === port) !== index + 2,
  );
  return [
    ...internal,
    ...repeated.map(({ name, port }) =>
      error(
        `The entry point ${name} (port ${port}) of ${id} has the same name or port as another entry point.`,
        "Give each entry of traefik.entryPoints a different name and port. The names web, websecure, ping and metrics are reserved.",
      ),
    ),
  ];
}

function checkArguments(args: TraefikArgs): Finding[] {
  const repeated = repeatedArguments(args);
  if (repeated.length === 0) return [];
  return [
    error(
      `traefik.arguments of Gateway ${args.gateway.namespace}/${args.gateway.name} contains arguments that the stack itself sets: ${repeated.join(", ")}.`,
      "Remove them. docs/reference/configuration.md lists the keys that set some of them.",
    ),
  ];
}

interface RouteSpec {
  readonly parentRefs?: readonly { readonly name?: string; readonly namespace?: string }[];
  readonly rules?: readonly { readonly filters?: readonly { readonly type?: string }[] }[];
}

/** Reports live routes of the Gateway that use a Middleware, if Traefik does not read Middlewares. It would answer their requests with an error. */
async function checkExtensionRefs(args: TraefikArgs, cluster: ClusterReader): Promise<Finding[]> {
  if (args.middlewares === true) return [];
  const { name, namespace } = args.gateway;
  const lists = ["HTTPRoute", "GRPCRoute"].map((kind) => cluster.list("gateway.networking.k8s.io/v1", kind));
  const routes = (await Promise.all(lists)).flat().filter((route) => {
    const { parentRefs = [], rules = [] } = (route.spec ?? {}) as RouteSpec;
    const attached = parentRefs.some(
      (parent) => parent.name === name && (parent.namespace ?? route.metadata.namespace) === namespace,
    );
    return attached && rules.some(({ filters = [] }) => filters.some(({ type }) => type === "ExtensionRef"));
  });
  if (routes.length === 0) return [];
  return [
    {
      severity: "warning",
      message: `The Traefik of Gateway ${namespace}/${name} does not read Middlewares, so it answers requests to these routes, which use one, with an error: ${namesOf(routes)}.`,
      hint: "Set traefik.middlewares of the Gateway to true, or remove the filters of type ExtensionRef.",
    },
  ];
}

function namesOf(routes: readonly KubeObject[]): string {
  return firstOf(routes.map(describeObject));
}

function error(message: string, hint: string): Finding {
  return { severity: "error", message, hint };
}
