import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "../objects/app-template.ts";
import { rendered } from "../objects/app-template-dialect.ts";
import { unrenderedValues } from "../objects/helm.ts";
import { dnsWithoutRoutes } from "../objects/dns-sources.ts";
import { oncePer } from "../../lib/once-per.ts";
import { HELM_RELEASE, INGRESS, INGRESS_ROUTE } from "../objects/kinds.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text, type Fields } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";
import { routesByHost } from "../objects/routes.ts";

/** See docs/reference/rules/no-ingress-left.md. */
export const noIngressLeft = defineRule({
  id: "no-ingress-left",
  description: "No host is on both an Ingress, or an IngressRoute of Traefik, and an HTTPRoute.",
  why: "external-dns and cert-manager use the Ingress for as long as it exists. The DNS record moves to the route only once no Ingress has the host.",
  remediation:
    "Find out which of the two serves the host: where its DNS record, or the tunnel in front of the cluster, leads. Move both to the route's Gateway, then remove the Ingress or IngressRoute; or keep it, and remove the route.",
  recommends:
    "a host on both, unless every other host with an Ingress or IngressRoute has moved to a route and external-dns, if the repository has one, reads routes: otherwise either of the two may be the one that serves the host",
  severity: "high",
  enforcement: "mandatory",
  kinds: [INGRESS, INGRESS_ROUTE, HELM_RELEASE],
  wholeStack: true,
  *check(object, { objects, isComplete, host: place }) {
    for (const { host, path } of ingressHosts(object, objects)) {
      const route = routesByHost(objects).get(host)?.[0];
      if (route === undefined) continue;
      const kind = object.kind === INGRESS_ROUTE.kind ? "IngressRoute" : "Ingress";
      const isLeft =
        place === "stack" || (isComplete && hasMoved(objects) && dnsWithoutRoutes(objects) === undefined);
      yield {
        path,
        message: `${host} is both on an ${kind} and on ${describeObject(route.route)}.`,
        ...(isLeft
          ? { remediation: `Remove the ${kind} once the route has been accepted.` }
          : { recommendation: true, ...whoServes(kind, objects) }),
      };
    }
  },
});

/** Whether each host of an Ingress or IngressRoute is also on a route, and some host only on a route. */
const hasMoved = oncePer((objects: ObjectIndex): boolean => {
  const hosts = [INGRESS, INGRESS_ROUTE, HELM_RELEASE]
    .flatMap((kind) => objects.ofKind(kind))
    .flatMap((object) => allHosts(object, objects));
  const routes = routesByHost(objects);
  const moved = [...routes.keys()].filter((host) => !hosts.some((one) => one.host === host));
  return moved.length > 0 && hosts.every(({ host }) => routes.has(host));
});

/** What to do if the repository shows which of the two serves the host. */
function whoServes(kind: string, objects: ObjectIndex): Pick<Problem, "remediation"> {
  const dns = dnsWithoutRoutes(objects);
  if (dns === undefined) return {};
  return {
    remediation: `${describeObject(dns)} reads no HTTPRoutes, so its record leads to the ${kind}. Add the source gateway-httproute, and remove the ${kind} once the route has been accepted; or keep it, and remove the route.`,
  };
}

interface Host {
  readonly host: string;
  readonly path: Path;
}

function ingressHosts(object: KubeObject, objects: ObjectIndex): readonly Host[] {
  // A variable has the same value on both sides; a template expression may not.
  return allHosts(object, objects).filter(({ host }) => host !== "" && !host.includes("{{"));
}

function allHosts(object: KubeObject, objects: ObjectIndex): readonly Host[] {
  return object.kind === INGRESS_ROUTE.kind
    ? traefikHosts(object)
    : object.kind === INGRESS.kind
      ? ownHosts(object)
      : appHosts(object, objects);
}

function ownHosts(ingress: KubeObject): readonly Host[] {
  return list(at(ingress, ["spec", "rules"])).map((rule, index) => ({
    host: text(fields(rule).host) ?? "",
    path: ["spec", "rules", index, "host"],
  }));
}

/** The hosts that the rules of an IngressRoute match (https://doc.traefik.io/traefik/routing/routers/#rule). */
function traefikHosts(route: KubeObject): readonly Host[] {
  return list(at(route, ["spec", "routes"])).flatMap((item, index) =>
    [...(text(fields(item).match) ?? "").matchAll(/(?<![!\w])Host\(([^)]*)\)/g)].flatMap(([, names = ""]) =>
      [...names.matchAll(/[`"]([^`"]+)[`"]/g)].map(([, host = ""]) => ({
        host,
        path: ["spec", "routes", index, "match"],
      })),
    ),
  );
}

function appHosts(release: KubeObject, objects: ObjectIndex): readonly Host[] {
  const known = unrenderedValues(release, objects);
  if (known === undefined) return [];
  const { values, path } = known;
  if (!isAppTemplate(release, objects)) return [...chartHosts(values, [], path)];
  return enabled(values.ingress).flatMap(([identifier, ingress]) =>
    list(ingress.hosts).map((host, index) => ({
      host: rendered(text(fields(host).host) ?? "", release),
      path: path(["ingress", identifier, "hosts", index, "host"]),
    })),
  );
}

/**
 * The hosts in a chart's values, in their usual form: `ingress.enabled` with `hosts` (strings, or maps with a `host`), or with a single `host` or `hostname`.
 */
function* chartHosts(values: Fields, above: Path, path: (steps: Path) => Path): Generator<Host> {
  for (const [key, value] of Object.entries(values)) {
    const here = [...above, key];
    const ingress = fields(value);
    if (key === "ingress" && ingress.enabled === true) {
      const named = [
        ...list(ingress.hosts).map((host, index) => ({
          host: text(host) ?? text(fields(host).host) ?? "",
          path: path([...here, "hosts", index]),
        })),
        ...["host", "hostname"].map((field) => ({
          host: text(ingress[field]) ?? "",
          path: path([...here, field]),
        })),
      ].filter(({ host }) => host !== "");
      // The values of some charts name the host elsewhere.
      yield* named.length > 0 ? named : [{ host: "", path: path(here) }];
    } else yield* chartHosts(ingress, here, path);
  }
}
