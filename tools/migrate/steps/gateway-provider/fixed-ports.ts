import { at, fields, text, texts, type Fields } from "../../../../policy/engine/read.ts";
import { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { StepContext } from "../../step.ts";
import { indexOf } from "../../clusters.ts";
import { valuesIn } from "../route/release/chart.ts";
import { podServices } from "../route/controllers/pod-services.ts";
import { controllerPods } from "../route/network/pods.ts";
import { changesOf, movedPorts, portIn, type MovedPort } from "./moved-ports.ts";
import type { ReleaseOptions } from "./values.ts";

/** An entry point after the step. */
interface EntryPoint {
  readonly name: string;
  readonly port: number;
}

/** What moves, and the ports on which Traefik listens afterwards. */
interface Move {
  readonly moved: readonly MovedPort[];
  readonly listening: ReadonlySet<number>;
}

/** Values outside `ports` that take the number of an entry point's port. */
const NUMBERS = [
  ["deployment", "healthchecksPort"],
  ["deployment", "podAnnotations", "prometheus.io/port"],
  ["startupProbe", "httpGet", "port"],
  ["startupProbe", "tcpSocket", "port"],
] as const;
/** Traefik's flags are read without regard to case. */
const ADDRESS = /^--entrypoints\.([^.=]+)\.address=.*:(\d+)(?:\/\w+)?$/i;

/**
 * Why a release's entry points cannot move by `ports.<name>.port` alone: something else names the port that they leave. The chart makes
 * the flag `--entryPoints.<name>.address` of `port`, but the pod's named port of `containerPort`, and the Service's target of `targetPort`.
 * Sources: github.com/traefik/traefik-helm-chart: traefik/templates/_podtemplate.tpl and _service.tpl
 */
export function whyFixed(
  release: Mapping,
  option: ReleaseOptions,
  cluster: BuiltCluster,
  context: Pick<StepContext, "repository">,
): string | undefined {
  const values = valuesIn(release, cluster);
  const defaults = entryPointPorts(knowledgeOf(context.repository));
  const moved = movedPorts(values, option, defaults);
  const entryPoints = entryPointsOf(values, option, defaults);
  const taken = takenPort(moved, values, entryPoints);
  if (taken !== undefined) return taken;
  const move = { moved, listening: new Set(entryPoints.map(({ port }) => port)) };
  const pods = controllerPods(asKubeObject(release), indexOf(cluster));
  const found = [
    ...fixedEntryPoints(values, move),
    ...NUMBERS.flatMap((path) => {
      const port = portIn(at(values, path));
      return port !== undefined && isLeft(port, move) ? [`${path.join(".")} is ${port}`] : [];
    }),
    ...addresses(values, move),
    ...podServices(values, pods, cluster).flatMap((service) => {
      const ports = service.ports
        .map(portIn)
        .filter((port) => port !== undefined)
        .filter((port) => isLeft(port, move));
      return ports.length > 0 ? [`${service.name} sends to ${ports.join(" and ")}`] : [];
    }),
  ];
  if (moved.length === 0 || found.length === 0) return undefined;
  return `the step moves ports of its pods (${changesOf(moved)}), and something names a port on which Traefik would not listen: ${found.join(", ")}. Change that in an earlier commit: without containerPort and hostPort, and with an entry point's name as targetPort, requests follow the entry point. Where a number is needed, change it together with the ports of the entry points`;
}

function entryPointsOf(
  values: Fields,
  { ports }: ReleaseOptions,
  defaults: ReturnType<typeof entryPointPorts>,
): readonly EntryPoint[] {
  const own = fields(values.ports);
  const names = new Set([...Object.keys(defaults), ...Object.keys(own), ...Object.keys(ports)]);
  return [...names].flatMap((name) => {
    if (own[name] === null && ports[name] === undefined) return [];
    const port = ports[name] ?? portIn(at(own, [name, "port"])) ?? defaults[name];
    return port === undefined ? [] : [{ name, port }];
  });
}

/** Why an entry point cannot have its new port: another one listens there, for the same protocol, and Traefik would not start. */
function takenPort(
  moved: readonly MovedPort[],
  values: Fields,
  entryPoints: readonly EntryPoint[],
): string | undefined {
  const protocolOf = (name: string): string =>
    (text(at(values, ["ports", name, "protocol"])) ?? "TCP").toUpperCase();
  const [first] = moved.flatMap((one) =>
    entryPoints
      .filter(
        ({ name, port }) => port === one.to && name !== one.name && protocolOf(name) === protocolOf(one.name),
      )
      .map(({ name }) => ({ ...one, other: name })),
  );
  return (
    first &&
    `entry point ${first.name} would move from ${first.from} to ${first.to}, where entry point ${first.other} listens, so that Traefik would not start. Give ${first.other} another port in an earlier commit, or remove it, or correct the ports in the options`
  );
}

/** Whether an entry point leaves a port, and none has it afterwards. */
const isLeft = (port: number, { moved, listening }: Move): boolean =>
  moved.some(({ from }) => from === port) && !listening.has(port);

/** The fields below `ports` that lead to a port without a listener. Below an entry point that moves, that is any other port. */
function fixedEntryPoints(values: Fields, move: Move): readonly string[] {
  return Object.entries(fields(values.ports)).flatMap(([name, entryPoint]) => {
    const target = move.moved.find((one) => one.name === name);
    const isOpen = (port: number): boolean =>
      target === undefined ? !isLeft(port, move) : move.listening.has(port);
    const fixed = ["containerPort", "targetPort"].flatMap((field) => {
      const port = portIn(fields(entryPoint)[field]);
      return port === undefined || isOpen(port) ? [] : [`ports.${name}.${field} is ${port}`];
    });
    const hostPort = portIn(fields(entryPoint).hostPort);
    const isWrong =
      target !== undefined && values.hostNetwork === true && hostPort !== undefined && hostPort !== target.to;
    return isWrong
      ? [
          ...fixed,
          `ports.${name}.hostPort is ${hostPort}, which must be the entry point's port as hostNetwork is true`,
        ]
      : fixed;
  });
}

/** Arguments that set the address of an entry point that moves, to another port. */
function addresses(values: Fields, { moved }: Move): readonly string[] {
  return [...texts(values.globalArguments), ...texts(values.additionalArguments)].flatMap((argument) => {
    const [, name = "", port] = ADDRESS.exec(argument) ?? [];
    const target = moved.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return target !== undefined && Number(port) !== target.to ? [`the argument ${argument}`] : [];
  });
}
