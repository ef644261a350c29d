import { named } from "../../../../../lib/counted.ts";
import { enabled } from "../../../../../policy/objects/app-template.ts";
import { entryPointPorts } from "../../../../../policy/knowledge/lookups.ts";
import type { Fields } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { knowledgeOf } from "../../../../lint/knowledge.ts";
import type { Loss } from "../../../losses.ts";
import type { StepContext } from "../../../step.ts";
import { controllerValues } from "../controllers/classes.ts";
import { flagsOf, isPlainEntryPoint, redirectingEntryPoints } from "../controllers/traefik-entry-points.ts";
import { settingsBehind } from "../gateway/doors.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import type { DnsRecord } from "../outcome.ts";
import type { Moving, Parents } from "../gateway/parents.ts";
import { plainHttpOf } from "./http.ts";
import { isRedirectedByMiddleware } from "./middleware-redirects.ts";
import { hostsWithoutPlain, redirectsPlainHttp } from "./listeners.ts";

/** What a host answers to plain HTTP today: its app, or a redirect of its own Middlewares. */
type PlainToday = NonNullable<DnsRecord["plain"]>["today"];

const TODAY: Readonly<Record<PlainToday, string>> = {
  app: "the app answers it today",
  redirect: "a Middleware redirects it to HTTPS today",
};

/** Plain HTTP that the app or a Middleware of the Ingress answers today, and that the route would not. */
export function plainLosses(moving: Moving, parents: Parents, context: StepContext): readonly Loss[] {
  const { cluster, hosts, reading } = moving;
  const { parentRefs, gateway } = parents;
  if (!cluster || !answersPlain(moving, parents)) return [];
  const id = `${gateway.namespace}/${gateway.name}`;
  const found = gatewayIn(cluster, gateway);
  const lost = (own: readonly string[], reason: string): readonly Loss[] =>
    [...Map.groupBy(own, (host) => plainToday(moving, host))]
      .map(([today, all]) => [today, all.filter((host) => !isRedirectedAnyway(today, host))] as const)
      .filter(([, kept]) => kept.length > 0)
      .map(([today, kept]) => ({
        kind: "setting",
        message: `plain HTTP for ${kept.join(", ")}: ${TODAY[today]}, and ${reason}`,
      }));
  const isRedirectedAnyway = (today: PlainToday, host: string): boolean =>
    today === "redirect" &&
    (gateway.redirectsToHttps || (found !== undefined && redirectsPlainHttp(found, [host], cluster)));
  if (found) {
    const redirected = redirectedPorts(gateway, cluster, context);
    const without = hostsWithoutPlain(found, parentRefs, moving, cluster);
    const open = hostsWithoutPlain(found, parentRefs, { ...moving, redirected }, cluster).filter(
      (host) => !without.includes(host) && plainToday(moving, host) === "app",
    );
    return [
      ...lost(without, `no plain listener of Gateway ${id} admits its route`),
      ...lost(
        open,
        `the Traefik behind Gateway ${id} redirects every request on ${named([...redirected].map(String), "port")}`,
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

const plainToday = (moving: Moving, host: string): PlainToday =>
  isRedirectedByMiddleware(moving, host) ? "redirect" : "app";

/** What a host answers to plain HTTP today if a listener of a Gateway that the repository does not show must go on with it. */
export function unseenPlain(moving: Moving, parents: Parents, host: string): DnsRecord["plain"] {
  const { parentRefs, gateway } = parents;
  if (gatewayIn(moving.cluster, gateway) || !answersPlain(moving, parents)) return undefined;
  const today = plainToday(moving, host);
  const kinds = new Set(parentRefs.map((place) => kindOf(place, gateway)));
  const isSure =
    today === "app"
      ? kinds.has("plain") && !gateway.redirectsToHttps
      : kinds.has("plain") || gateway.redirectsToHttps;
  if (isSure || (kinds.size === 1 && kinds.has("https"))) return undefined;
  return { today, at: parentRefs.map(listenerOf).filter(Boolean).join(", ") };
}

/** What to check before the commit, for each Gateway of {@link unseenPlain}. */
export function unseenPlainLines(records: readonly DnsRecord[]): readonly string[] {
  const open = records.flatMap(({ gateway, host, plain }) => (plain ? [{ gateway, host, plain }] : []));
  return [...Map.groupBy(open, ({ gateway, plain }) => `${gateway}\n${plain.today}\n${plain.at}`)].map(
    ([key, own]) => {
      const [gateway = "", today, listeners = ""] = key.split("\n");
      const hosts = [...new Set(own.map(({ host }) => host))].join(", ");
      const among = listeners === "" ? "" : ` (${listeners})`;
      const check = `Make sure before the commit that one of its listeners${among} is a plain one that admits their routes`;
      return today === "app"
        ? `Gateway ${gateway}: the apps of ${hosts} answer plain HTTP today. ${check} and redirects nothing; otherwise, http:// gets a redirect or a 404`
        : `Gateway ${gateway}: Middlewares redirect plain HTTP for ${hosts} to HTTPS today. ${check}, or that the Gateway redirects it and its option redirectsToHttps is true; otherwise, http:// gets a 404`;
    },
  );
}

/** Whether plain HTTP reaches the app, or its Middlewares, today, on an entry point for it. */
function answersPlain({ reading, cluster }: Moving, { gateway }: Parents): boolean {
  const { answer, entryPoints } = plainHttpOf(reading, cluster, gateway);
  if (answer !== "served") return false;
  const values = controllerValues(reading.ingressClass, cluster);
  return entryPoints.length === 0 || entryPoints.some((name) => isPlainEntryPoint(name, values));
}

const listenerOf = ({ sectionName, port }: Fields): string =>
  scalarText((sectionName ?? port ?? null) as Mapping[string]);

/** What the options say of a listener: `websecure` is the entry point for HTTPS in Traefik's chart, and `web` that for plain HTTP. */
export function kindOf(
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
