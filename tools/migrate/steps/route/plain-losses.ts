import { enabled } from "../../../../policy/objects/app-template.ts";
import { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { Fields } from "../../../../policy/engine/read.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import type { Loss } from "../../losses.ts";
import type { StepContext } from "../../step.ts";
import { controllerValues } from "./controllers/classes.ts";
import { flagsOf, redirectingEntryPoints } from "./controllers/traefik-entry-points.ts";
import { settingsBehind } from "./doors.ts";
import { gatewayIn } from "./gateway.ts";
import type { DnsRecord } from "./outcome.ts";
import type { Moving, Parents } from "./parents.ts";
import { plainHttpOf } from "./plain-http.ts";
import { hostsWithoutPlain } from "./plain-listeners.ts";

/** Plain HTTP that the app answers today, and that the route would not. */
export function plainLosses(moving: Moving, parents: Parents, context: StepContext): readonly Loss[] {
  const { cluster, hosts, reading } = moving;
  const { parentRefs, gateway } = parents;
  if (!cluster || !answersPlain(moving, parents)) return [];
  const id = `${gateway.namespace}/${gateway.name}`;
  const lost = (own: readonly string[], reason: string): readonly Loss[] =>
    own.length === 0
      ? []
      : [
          {
            kind: "setting",
            message: `plain HTTP for ${own.join(", ")}: the app answers it today, and ${reason}`,
          },
        ];
  const found = gatewayIn(cluster, gateway);
  if (found) {
    const redirected = redirectedPorts(gateway, cluster, context);
    const without = hostsWithoutPlain(found, parentRefs, moving, cluster);
    const open = hostsWithoutPlain(found, parentRefs, { ...moving, redirected }, cluster).filter(
      (host) => !without.includes(host),
    );
    return [
      ...lost(without, `no plain listener of Gateway ${id} admits its route`),
      ...lost(
        open,
        `the Traefik behind Gateway ${id} redirects every request on port ${[...redirected].join(", ")}`,
      ),
    ];
  }
  if (!parentRefs.every((place) => kindOf(place, gateway) === "https")) return [];
  const names = parentRefs.map(listenerOf).join(", ");
  const option = `route.gateways.${reading.ingressClass ?? ""}.entryPoints.web`;
  return lost(
    hosts,
    `its route attaches only to HTTPS listeners of Gateway ${id} (${names}): name the listener for plain HTTP as ${option} if that should stay`,
  );
}

/** The listeners of a Gateway that the repository does not show, if one of them must answer plain HTTP as the app does today; empty for all. */
export function unseenPlain(moving: Moving, parents: Parents): string | undefined {
  const { parentRefs, gateway } = parents;
  if (gatewayIn(moving.cluster, gateway) || !answersPlain(moving, parents)) return undefined;
  const kinds = new Set(parentRefs.map((place) => kindOf(place, gateway)));
  const isSure = kinds.has("plain") && !gateway.redirectsToHttps;
  if (isSure || (kinds.size === 1 && kinds.has("https"))) return undefined;
  return parentRefs.map(listenerOf).filter(Boolean).join(", ");
}

/** What to check before the commit, for each Gateway of {@link unseenPlain}. */
export function unseenPlainLines(records: readonly DnsRecord[]): readonly string[] {
  const open = records.filter(({ plainAt }) => plainAt !== undefined);
  return [...Map.groupBy(open, ({ gateway, plainAt = "" }) => `${gateway}\n${plainAt}`)].map(([key, own]) => {
    const [gateway = "", listeners = ""] = key.split("\n");
    const hosts = [...new Set(own.map(({ host }) => host))].join(", ");
    const among = listeners === "" ? "" : ` (${listeners})`;
    return `Gateway ${gateway}: the apps of ${hosts} answer plain HTTP today. Make sure before the commit that one of its listeners${among} is a plain one that admits their routes and redirects nothing; otherwise, http:// gets a redirect or a 404`;
  });
}

/** Whether the app answers plain HTTP today, on an entry point for it. */
function answersPlain({ reading, cluster }: Moving, { gateway }: Parents): boolean {
  const { answer, entryPoints } = plainHttpOf(reading, cluster, gateway);
  if (answer !== "served") return false;
  const ports = new Map(enabled(controllerValues(reading.ingressClass, cluster).ports));
  const isPlain = (name: string): boolean =>
    name === "web" || [ports.get(name)?.exposedPort, ports.get(name)?.port].includes(80);
  return entryPoints.length === 0 || entryPoints.some(isPlain);
}

const listenerOf = ({ sectionName, port }: Fields): string =>
  scalarText((sectionName ?? port ?? null) as Mapping[string]);

/** What the options say of a listener: `websecure` is the entry point for HTTPS in Traefik's chart, and `web` that for plain HTTP. */
function kindOf(
  { sectionName, port }: Mapping,
  { httpsListeners, entryPoints }: Parents["gateway"],
): "https" | "plain" | undefined {
  const listener = sectionName ?? port;
  const names = Object.keys(entryPoints).filter((name) => entryPoints[name] === listener);
  if (httpsListeners.some((one) => one === listener) || port === 443) return "https";
  if (port === 80 || names.includes("web")) return "plain";
  return names.length > 0 && names.every((name) => name === "websecure") ? "https" : undefined;
}

/** The ports on which each Traefik behind a Gateway only redirects, whatever its routes say. */
function redirectedPorts(
  gateway: Parents["gateway"],
  cluster: Moving["cluster"],
  context: StepContext,
): ReadonlySet<number> {
  const defaults = entryPointPorts(knowledgeOf(context.repository));
  const [first, ...others] = settingsBehind(gateway, cluster, context).map((values) => {
    const ports = new Map(enabled(values.ports));
    const flags = flagsOf(values);
    const own = [...redirectingEntryPoints(values)].map((name) => {
      const address = /:(\d+)/.exec(flags.get(`entrypoints.${name.toLowerCase()}.address`) ?? "")?.[1];
      return Number(ports.get(name)?.port ?? address ?? defaults[name]);
    });
    return new Set(own);
  });
  return others.reduce((one, other) => one.intersection(other), first ?? new Set());
}
