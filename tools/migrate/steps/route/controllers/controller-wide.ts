import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { idOf } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { askFor, NOTHING, type ControllerWide, type OfClass } from "./class-settings.ts";
import { controllerRelease, controllerOf, controllerValues } from "./classes.ts";
import { liftedSettings } from "./lifted-settings.ts";
import { nginx } from "./nginx.ts";
import { configFate, configOf, overriding } from "./nginx-config.ts";
import { traefik } from "./traefik.ts";
import { whyUnreadSettings } from "./unread.ts";
import type { RouteOptions } from "../options.ts";
import type { CutoverNote } from "../outcome.ts";
import type { Parents } from "../gateway/parents.ts";
import type { Reading } from "../reading/served.ts";
import { traefikWide } from "./traefik-wide.ts";

/** The settings of the controller of an Ingress's class that the options do not list as provided by the Gateway. */
export function controllerWide(
  reading: Reading,
  cluster: BuiltCluster | undefined,
  gateway: RouteOptions["gateways"][string],
  context: StepContext,
): ControllerWide {
  const { ingressClass = "" } = reading;
  const unread = whyUnreadSettings(ingressClass, cluster, context.repository);
  if (unread !== undefined) return { ...NOTHING, refusals: [unread] };
  const release = controllerRelease(ingressClass, cluster);
  const place = release === undefined ? "" : ` of HelmRelease ${idOf(release)}`;
  const own = { reading, cluster, gateway, place, context };
  switch (controllerOf(ingressClass, cluster)) {
    case traefik:
      return traefikWide(own);
    case nginx:
      return nginxWide(own);
    default:
      return NOTHING;
  }
}

function nginxWide({ reading, cluster, gateway, place }: OfClass): ControllerWide {
  const { annotations, ingressClass } = reading;
  const all = configOf(controllerValues(ingressClass, cluster));
  const isLogin = (name: string): boolean => name.startsWith("global-auth-");
  const isExempt = annotations.raw.get(`${nginx.prefix}enable-global-auth`) === "false";
  const isOpen = (name: string): boolean =>
    !gateway.provides.includes(name) && overriding(annotations.raw, name) === undefined;
  const config = [...all].filter(([name]) => isOpen(name)).filter(([name]) => !(isExempt && isLogin(name)));
  const named = (fate: string): string[] =>
    config.filter(([name, value]) => configFate(name, value).fate === fate).map(([name]) => name);
  const [protections, tuning] = [named("refused"), named("lost")];
  return {
    refusals: [
      ...(protections.length === 0 ? [] : [askFor(protections, { reading, gateway, place })]),
      ...(isExempt && gateway.provides.some(isLogin)
        ? [`its Gateway requires a login, which ${nginx.prefix}enable-global-auth turns off for this Ingress`]
        : []),
      ...liftedSettings(all, annotations.raw, gateway.provides),
    ],
    losses:
      tuning.length === 0
        ? []
        : [{ kind: "setting", message: `settings of the class's controller${place}: ${tuning.join(", ")}` }],
    defaults: nginxDefaults((name) => isOpen(name) && !all.has(name)),
  };
}

/** What ingress-nginx does unless its ConfigMap or the Ingress says otherwise. Source: as for {@link configFate}. */
function nginxDefaults(isDefault: (name: string) => boolean): string | undefined {
  const defaults = [
    ...(isDefault("hsts") ? ["sends the header Strict-Transport-Security over HTTPS (hsts)"] : []),
    ...(isDefault("proxy-body-size") ? ["accepts request bodies of up to 1 MB (proxy-body-size)"] : []),
  ];
  return defaults.length === 0 ? undefined : `ingress-nginx ${defaults.join(" and ")} by default`;
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
