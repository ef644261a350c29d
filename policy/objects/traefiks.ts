import { coerce, gte, subset } from "semver";
import { CONTROLLER_NAME } from "../../kube/gateway-contract.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { enabled } from "./app-template.ts";
import { chartOf, valuesOf } from "./helm.ts";
import { DAEMON_SET, DEPLOYMENT, GATEWAY, GATEWAY_CLASS, HELM_RELEASE } from "./kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { oncePer } from "../../lib/once-per.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import type { RuleContext } from "../engine/rule.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { chartRange, classSelectorValues, entryPointPorts } from "../knowledge/lookups.ts";
import { argumentsOf, containersOf } from "./workloads.ts";

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

/** The first releases that serve every certificate of a listener (Traefik's changelog, #12590; the chart's `appVersion`). */
const ALL_CERTIFICATES = { traefik: "3.7.0", charts: ">=40.0.0" };

const SELECTOR_FLAG = "--providers.kubernetesgateway.labelselector";

/** Every Traefik with the Gateway API provider enabled. */
export function gatewayTraefiks({ objects, knowledge }: Known): readonly Traefik[] {
  return traefiksIn(objects)(knowledge);
}

const traefiksIn = oncePer((objects: ObjectIndex) =>
  oncePer((knowledge: Knowledge): readonly Traefik[] => [
    ...[DEPLOYMENT, DAEMON_SET].flatMap((kind) => objects.ofKind(kind)).flatMap(ofWorkload),
    ...objects.ofKind(HELM_RELEASE).flatMap((release) => ofRelease(release, { objects, knowledge })),
  ]),
);

/** What is needed to recognize a Traefik. */
type Known = Pick<RuleContext, "objects" | "knowledge">;

function ofWorkload(source: KubeObject): readonly Traefik[] {
  return containersOf(source).flatMap((container) => {
    const traefik = ofArguments(source, argumentsOf(container));
    const tag = /:([^:@/]+)(?:@.*)?$/.exec(text(container.spec.image) ?? "")?.[1];
    return traefik === undefined ? [] : [{ ...traefik, servesAllCertificates: isRecent(tag) }];
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
      servesAllCertificates: chartIsRecent(chart.version, text(at(values, ["image", "tag"]))),
      selectorSetting: settings[0] ?? "",
    },
  ];
}

/** Whether values of Traefik's chart leave the CRD provider on. The default is `true` in every version of the chart (values.yaml). */
export function hasCrdProvider(values: Fields): boolean {
  return at(values, ["providers", "kubernetesCRD", "enabled"]) !== false;
}

function chartIsRecent(version: string | undefined, tag: string | undefined): boolean {
  if (tag !== undefined) return isRecent(tag);
  const range = chartRange(version);
  return range !== null && subset(range, ALL_CERTIFICATES.charts);
}

function isRecent(tag: string | undefined): boolean {
  const version = coerce(tag);
  return version !== null && gte(version, ALL_CERTIFICATES.traefik);
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
