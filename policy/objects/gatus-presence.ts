import { gatewayOf, isAnnotated } from "../../kube/gatus-endpoints.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, text, texts } from "../engine/read.ts";
import { oncePer } from "../../lib/once-per.ts";
import { allContainersOf, CONTAINER_KINDS } from "./containers.ts";
import { chartOf, unrenderedReleases, valuesOf } from "./helm.ts";
import { argumentsOf } from "./workloads.ts";
import { attachedRoutes } from "./routes.ts";

const PREFIX = "gatus.home-operations.com/";
const GATUS = /(?:^|\/)gatus(?:[:@]|$)/;
const SIDECAR = /(?:^|\/)gatus-sidecar(?:[:@]|$)/;

/**
 * Whether the cluster uses Gatus: it runs Gatus or gatus-sidecar, or an object has one of their annotations or labels and no other cluster runs them. Clusters share
 * annotations with the routes, and the Gatus of a stack is not in the repository.
 */
export function usesGatus(objects: ObjectIndex, others: () => readonly ObjectIndex[]): boolean {
  return runsGatus(objects) || (hasMarks(objects) && !others().some(runsGatus));
}

function runsGatus(objects: ObjectIndex): boolean {
  const { hasGatus, sidecars } = gatusPrograms(objects);
  return hasGatus || sidecars.length > 0;
}

const hasMarks = oncePer((objects: ObjectIndex): boolean =>
  objects.all().some((object) => isMarked(object, objects)),
);

/** Which HTTPRoutes gatus-sidecar monitors. */
export interface Discovery {
  /** Those that do not opt out, those with an annotation, or none because Gatus runs without the sidecar. */
  readonly routes: "all" | "annotated" | "none";
  /** The names of the Gateways whose routes it monitors; empty for all. */
  readonly gateways: readonly string[];
}

/** Which routes the cluster's gatus-sidecar monitors. If neither it nor Gatus is among the objects, it monitors all of them, as that of a stack does. */
export const discoveryOf = oncePer((objects: ObjectIndex): Discovery => {
  const { hasGatus, sidecars } = gatusPrograms(objects);
  if (sidecars.length === 0) return { routes: hasGatus ? "none" : "all", gateways: [] };
  const gateways = sidecars.flatMap((args) => flagValues(args, "gateway-name"));
  return { routes: sidecars.some(watchesRoutes) ? "all" : "annotated", gateways };
});

/** Whether gatus-sidecar monitors a route that does not opt out (internal/resources in its source). */
export function discovers({ routes, gateways }: Discovery, route: KubeObject): boolean {
  const name = gatewayOf(route).split("/")[1] ?? "";
  if (routes === "none" || (gateways.length > 0 && !gateways.includes(name))) return false;
  return routes === "all" || isAnnotated(route);
}

/** What a cluster runs of Gatus. */
export interface GatusPrograms {
  readonly hasGatus: boolean;
  /** The arguments of each gatus-sidecar. */
  readonly sidecars: readonly (readonly string[])[];
}

/** Whether arguments turn a flag of gatus-sidecar on, in one of the forms that Go reads. */
export const hasFlag = (args: readonly string[], flag: string): boolean =>
  args.some((arg) => new RegExp(`^--?${flag}(?:=(?:1|t|true))?$`, "i").test(arg));

/** The values of a flag of gatus-sidecar, in one of the forms that Go reads. */
export const flagValues = (args: readonly string[], flag: string): readonly string[] =>
  args.flatMap((arg, index) => {
    const [found, value] = new RegExp(`^--?${flag}(?:=(.*))?$`).exec(arg) ?? [];
    return found === undefined ? [] : [value ?? args[index + 1] ?? ""];
  });

/** Whether a filter of gatus-sidecar lets one of the names through; without the flag, it lets all through. */
export function isAmong(args: readonly string[], flag: string, names: readonly string[]): boolean {
  const wanted = flagValues(args, flag).filter((one) => one !== "");
  return wanted.length === 0 || names.some((name) => wanted.includes(name));
}

/** Whether a gatus-sidecar with these arguments watches every HTTPRoute. */
export const watchesRoutes = (args: readonly string[]): boolean => hasFlag(args, "auto-httproute");

/**
 * Whether a gatus-sidecar with these arguments reads the annotations of HTTPRoutes: it watches the kinds that they name, or all if they name none.
 * Source: All in internal/resources/resources.go of gatus-sidecar
 */
export const readsRoutes = (args: readonly string[]): boolean => readsKind(args, "httproute");

/** Like {@link readsRoutes}, for any kind, as the flags spell it. */
export const readsKind = (args: readonly string[], kind: string): boolean =>
  hasFlag(args, `auto-${kind}`) ||
  hasFlag(args, `enable-${kind}`) ||
  !args.some((arg) => /^--?(?:auto|enable)-/.test(arg));

/** The programs of Gatus in a cluster, including those in the values of charts. */
export const gatusPrograms = oncePer((objects: ObjectIndex): GatusPrograms => {
  const containers = CONTAINER_KINDS.flatMap((kind) => objects.ofKind(kind))
    .flatMap((object) => allContainersOf(object, objects))
    .map((container) => ({ image: text(container.spec.image) ?? "", args: argumentsOf(container) }));
  const charts = unrenderedReleases(objects).filter((release) =>
    chartOf(release, objects).name?.startsWith("gatus"),
  );
  return {
    hasGatus: charts.length > 0 || containers.some(({ image }) => GATUS.test(image)),
    sidecars: [
      ...containers.filter(({ image }) => SIDECAR.test(image)).map(({ args }) => args),
      ...charts.flatMap((release) => chartSidecars(release, objects)),
    ],
  };
});

/** The arguments of the sidecar that a chart of Gatus installs, if it installs one. */
function chartSidecars(release: KubeObject, objects: ObjectIndex): readonly (readonly string[])[] {
  const { values } = valuesOf(release, objects);
  if (chartOf(release, objects).name === "gatus-sidecar") {
    // The defaults of the project's own chart (charts/gatus-sidecar/values.yaml).
    const { enabled = true, kinds, gatewayNames, extraArgs } = fields(values.sidecar);
    const isAutomatic = at(kinds, ["httproute", "auto"]) !== false;
    const gateways = texts(gatewayNames).map((name) => `--gateway-name=${name}`);
    return enabled === false
      ? []
      : [[`--auto-httproute=${String(isAutomatic)}`, ...gateways, ...texts(extraArgs)]];
  }
  const words = [...textsBelow(values)];
  return words.some((word) => SIDECAR.test(word)) ? [words] : [];
}

function* textsBelow(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const item of value) yield* textsBelow(item);
  else for (const item of Object.values(fields(value))) yield* textsBelow(item);
}

function isMarked(object: KubeObject, objects: ObjectIndex): boolean {
  const marks = ({ metadata }: KubeObject): string[] =>
    [metadata.annotations, metadata.labels].flatMap((pairs) => Object.keys(fields(pairs)));
  const routes = attachedRoutes(object, objects).map(({ route }) => route);
  return [object, ...routes]
    .flatMap(marks)
    .some((key) => key.startsWith(PREFIX) || key.startsWith("gatus.io/"));
}
