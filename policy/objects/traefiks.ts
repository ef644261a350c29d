import { coerce, gte, subset } from "semver";
import { CONTROLLER_NAME } from "../../kube/gateway-contract.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { enabled } from "./app-template.ts";
import { chartOf, localReleases, valuesOf } from "./helm.ts";
import { DAEMON_SET, DEPLOYMENT, GATEWAY, GATEWAY_CLASS } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import type { RuleContext } from "../engine/rule.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { chartRange, classSelectorValues, entryPointPorts } from "../knowledge/lookups.ts";
import { argumentsOf, containersOf, type Container } from "./workloads.ts";

/** A Traefik that serves Gateways. */
export interface Traefik {
  readonly source: KubeObject;
  /** The ports of this Traefik's entry points; it serves listeners on these ports. */
  readonly ports: ReadonlySet<number>;
  /**
   * The label, as `key=value`, of the GatewayClasses that this Traefik serves; undefined if it serves every class with its controller name.
   */
  readonly selector: string | undefined;
  /** Whether this Traefik's CRD provider is on, so that routes can use Middlewares. */
  readonly middlewares: boolean;
  /** Whether this Traefik serves every certificate of a listener, instead of only the first. */
  readonly servesAllCertificates: boolean;
  /** The flag or chart value that sets {@link selector}. */
  readonly selectorSetting: string;
}

/** The first releases of Traefik with something, and the releases of its chart that install these. */
export interface Releases {
  /** A version. */
  readonly traefik: string;
  /** A range. */
  readonly charts: string;
}

/** The releases that serve every certificate of a listener (Traefik's changelog, #12590; the chart's `appVersion`). */
const ALL_CERTIFICATES: Releases = { traefik: "3.7.0", charts: ">=40.0.0" };

const SELECTOR_FLAG = "--providers.kubernetesgateway.labelselector";

/** Every Traefik with the Gateway API provider enabled. */
export function gatewayTraefiks({ objects, knowledge }: Known): readonly Traefik[] {
  return traefiksIn(objects)(knowledge);
}

const traefiksIn = oncePer((objects: ObjectIndex) =>
  oncePer((knowledge: Knowledge): readonly Traefik[] => [
    ...[DEPLOYMENT, DAEMON_SET].flatMap((kind) => objects.ofKind(kind)).flatMap(ofWorkload),
    ...localReleases(objects).flatMap((release) => ofRelease(release, { objects, knowledge })),
  ]),
);

/** What is needed to recognize a Traefik. */
type Known = Pick<RuleContext, "objects" | "knowledge">;

function ofWorkload(source: KubeObject): readonly Traefik[] {
  return containersOf(source).flatMap((container) => {
    const traefik = ofArguments(source, argumentsOf(container));
    if (traefik === undefined) return [];
    return [{ ...traefik, servesAllCertificates: imageIsAmong(ALL_CERTIFICATES, container) }];
  });
}

/** Traefik's flags are case-insensitive. */
function ofArguments(
  source: KubeObject,
  args: readonly string[],
): Omit<Traefik, "servesAllCertificates"> | undefined {
  const flags = new Map(
    args.map((argument) => {
      const [flag = "", ...value] = argument.split("=");
      return [flag.toLowerCase(), value.join("=")] as const;
    }),
  );
  const provider = flags.get("--providers.kubernetesgateway");
  if (provider !== "" && provider !== "true") return undefined;
  const ports = [...flags].flatMap(([flag, value]) =>
    /^--entrypoints\.[^.]+\.address$/.test(flag) ? [Number(/:(\d+)/.exec(value)?.[1])] : [],
  );
  return {
    source,
    ports: new Set(ports),
    selector: flags.get(SELECTOR_FLAG),
    middlewares: ["", "true"].includes(flags.get("--providers.kubernetescrd") ?? "false"),
    selectorSetting: SELECTOR_FLAG,
  };
}

function ofRelease(source: KubeObject, { objects, knowledge }: Known): readonly Traefik[] {
  const chart = chartOf(source, objects);
  if (chart.name !== "traefik") return [];
  const { values } = valuesOf(source, objects);
  const provider = fields(at(values, ["providers", "kubernetesGateway"]));
  if (provider.enabled !== true) return [];
  const ports = { ...entryPointPorts(knowledge) };
  for (const [name, { port }] of enabled(values.ports))
    if (typeof port === "number") Object.assign(ports, { [name]: port });
  const settings = classSelectorValues(chart.version, knowledge);
  const selectors = settings.map((setting) => text(at(values, setting.split("."))));
  return [
    {
      source,
      ports: new Set(Object.values(ports)),
      selector: selectors.find((selector) => selector !== undefined),
      middlewares: hasCrdProvider(values),
      servesAllCertificates: chartIsAmong(ALL_CERTIFICATES, chart.version, values),
      selectorSetting: settings[0] ?? "",
    },
  ];
}

/** Whether values of Traefik's chart leave the CRD provider on. The default is `true` in every version of the chart (values.yaml). */
export function hasCrdProvider(values: Fields): boolean {
  return at(values, ["providers", "kubernetesCRD", "enabled"]) !== false;
}

/** Whether the tag of a container's image is that of one of these releases, or later. */
export function imageIsAmong(releases: Releases, { spec }: Container): boolean {
  return tagIsAmong(releases, /:([^:@/]+)(?:@.*)?$/.exec(text(spec.image) ?? "")?.[1]);
}

/** Whether a version of Traefik's chart, or the tag in its values, is sure to install one of these releases. */
export function chartIsAmong(releases: Releases, version: string | undefined, values: Fields): boolean {
  const tag = text(at(values, ["image", "tag"]));
  if (tag !== undefined) return tagIsAmong(releases, tag);
  const range = chartRange(version);
  return range !== null && subset(range, releases.charts);
}

function tagIsAmong({ traefik }: Releases, tag: string | undefined): boolean {
  const version = coerce(tag);
  return version !== null && gte(version, traefik);
}

/** Whether Traefik serves the Gateway's class, judged by the class's name if the class itself is not available. */
export function hasTraefikClass(gateway: KubeObject, objects: ObjectIndex): boolean {
  const name = classOf(gateway);
  const gatewayClass = objects.get(GATEWAY_CLASS, undefined, name);
  const controller = text(at(gatewayClass, ["spec", "controllerName"]));
  return controller === undefined ? name.includes("traefik") : controller === CONTROLLER_NAME;
}

/** The Traefiks that serve the Gateway's class. */
export function traefiksOf(gateway: KubeObject, known: Known): readonly Traefik[] {
  const gatewayClass = known.objects.get(GATEWAY_CLASS, undefined, classOf(gateway));
  return gatewayTraefiks(known).filter(({ selector }) => {
    if (selector === undefined || gatewayClass === undefined) return true;
    const [key = "", value] = selector.split("=");
    return gatewayClass.metadata.labels?.[key] === value;
  });
}

/** Gateways, keyed by class name. */
export const gatewaysByClass = oncePer((objects: ObjectIndex) =>
  Map.groupBy(objects.ofKind(GATEWAY), classOf),
);

/** `spec.gatewayClassName`. */
export function classOf(gateway: KubeObject): string {
  return text(fields(gateway.spec).gatewayClassName) ?? "";
}
