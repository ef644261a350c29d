import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { indexOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { idOf } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { controllerRelease, controllerOf, controllerValues } from "./controllers/classes.ts";
import { nginx } from "./controllers/nginx.ts";
import { configFate, configOf } from "./controllers/nginx-config.ts";
import { traefik } from "./controllers/traefik.ts";
import { entryPointProtections } from "./controllers/traefik-entry-points.ts";
import { controllerSources } from "./controllers/services.ts";
import { whyUnread } from "./controllers/unread.ts";
import { traefiksBehind } from "./doors.ts";
import type { RouteOptions } from "./options.ts";
import type { CutoverNote } from "./outcome.ts";
import type { Parents } from "./parents.ts";
import type { Reading } from "./served.ts";

/** What the controller of a class does for all its Ingresses, and a Gateway does not. */
export interface ControllerWide {
  /** Why an Ingress of the class must stay: protections. */
  readonly refusals: readonly string[];
  readonly losses: readonly Loss[];
  /** Defaults of the controller, in one sentence; undefined if there are none. */
  readonly defaults: string | undefined;
}

const NOTHING: ControllerWide = { refusals: [], losses: [], defaults: undefined };

/** The settings of the controller of an Ingress's class that the options do not list as provided by the Gateway. */
export function controllerWide(
  { ingressClass = "", annotations }: Reading,
  cluster: BuiltCluster | undefined,
  gateway: RouteOptions["gateways"][string],
  context: StepContext,
): ControllerWide {
  const unread = whyUnread(ingressClass, cluster, context.repository);
  if (unread !== undefined) return { ...NOTHING, refusals: [unread] };
  const release = controllerRelease(ingressClass, cluster);
  const controller = controllerOf(ingressClass, cluster);
  const values = controllerValues(ingressClass, cluster);
  const isOpen = (name: string): boolean => !gateway.provides.includes(name);
  const place = release === undefined ? "" : ` of HelmRelease ${idOf(release)}`;
  const ask = (names: readonly string[], may = ""): string => {
    const [noun, verb, them] =
      names.length === 1 ? ["setting", may || "protects", "it"] : ["settings", may || "protect", "them"];
    return `the ${noun} ${names.join(", ")}${place} ${verb} every Ingress of the class: if Gateway ${gateway.namespace}/${gateway.name} does the same, list ${them} in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`;
  };
  if (controller === traefik) {
    const names = [...entryPointProtections(values), ...defaultTlsOptions(cluster)].filter(isOpen);
    if (names.length === 0 || servesBoth(ingressClass, cluster, gateway, context)) return NOTHING;
    return { ...NOTHING, refusals: [ask(names, "may protect")] };
  }
  if (controller !== nginx) return NOTHING;
  const isLogin = (name: string): boolean => name.startsWith("global-auth-");
  const isExempt = annotations.raw.get(`${nginx.prefix}enable-global-auth`) === "false";
  const config = [...configOf(values)]
    .filter(([name]) => isOpen(name))
    .filter(([name]) => !(isExempt && isLogin(name)));
  const named = (fate: string): string[] =>
    config.filter(([name, value]) => configFate(name, value).fate === fate).map(([name]) => name);
  const [protections, tuning] = [named("refused"), named("lost")];
  return {
    refusals: [
      ...(protections.length === 0 ? [] : [ask(protections)]),
      ...(isExempt && gateway.provides.some(isLogin)
        ? [`its Gateway requires a login, which ${nginx.prefix}enable-global-auth turns off for this Ingress`]
        : []),
    ],
    losses:
      tuning.length === 0
        ? []
        : [{ kind: "setting", message: `settings of the class's controller${place}: ${tuning.join(", ")}` }],
    defaults: nginxDefaults(gateway, configOf(values)),
  };
}

/** The TLSOptions that apply to every router without one. Source: https://doc.traefik.io/traefik/https/tls/#default-tls-options */
function defaultTlsOptions(cluster: BuiltCluster | undefined): readonly string[] {
  if (cluster === undefined) return [];
  return ["traefik.io", "traefik.containo.us"]
    .flatMap((group) => indexOf(cluster).ofKind({ group, kind: "TLSOption" }))
    .filter(({ metadata: { name } }) => name === "default")
    .map(({ metadata: { namespace = "" } }) => `TLSOption ${namespace}/default`);
}

/** What ingress-nginx does unless its ConfigMap says otherwise. Source: as for {@link configFate}. */
function nginxDefaults(
  { provides }: RouteOptions["gateways"][string],
  config: ReadonlyMap<string, string>,
): string | undefined {
  const isDefault = (name: string): boolean => !config.has(name) && !provides.includes(name);
  const defaults = [
    ...(isDefault("hsts") ? ["sends the header Strict-Transport-Security over HTTPS (hsts)"] : []),
    ...(isDefault("proxy-body-size") ? ["accepts request bodies of up to 1 MB (proxy-body-size)"] : []),
  ];
  return defaults.length === 0 ? undefined : `ingress-nginx ${defaults.join(" and ")} by default`;
}

/** Whether the class's Traefik is also the one behind the Gateway, so that its entry points stay as they are. */
function servesBoth(
  ingressClass: string,
  cluster: BuiltCluster | undefined,
  gateway: RouteOptions["gateways"][string],
  context: StepContext,
): boolean {
  const own = controllerSources(ingressClass, cluster);
  const traefiks = traefiksBehind(gateway, cluster, context);
  return traefiks.length > 0 && traefiks.every(({ source }) => own.includes(source));
}

/** What the class's controller does by default, which the Gateway may not do. */
export function defaultsNotes(
  wide: readonly ControllerWide[],
  ingressClass: string | undefined,
  { gateway: { namespace, name } }: Parents,
): readonly CutoverNote[] {
  const all = new Set(wide.flatMap(({ defaults }) => defaults ?? []));
  return [...all].map((defaults) => ({
    kind: "cutover",
    message: `class ${ingressClass ?? ""}: ${defaults}; Gateway ${namespace}/${name} does so only if it is configured to`,
  }));
}
