import { isDeepStrictEqual } from "node:util";
import type { Template } from "../../../../kube/gatus-annotations.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { text } from "../../../../policy/engine/read.ts";
import { normal } from "./endpoints.ts";
import { CONDITIONS, dnsOf, GUARDED_CONDITIONS, GUARDED_URL, hostOf, sidecarEndpoint } from "./sidecar.ts";

/**
 * The annotation fragment that makes gatus-sidecar generate the endpoint in a file: only the fields that differ from its defaults. Returns
 * a reason if there is none.
 */
export function fragmentFor(route: KubeObject, objects: ObjectIndex, wanted: Template): Template | string {
  const [unknown] = /\$+(?:\{[^}]*\}|\w*)|\{\{(?:.*?\}\})?/.exec(JSON.stringify(wanted)) ?? [];
  if (unknown !== undefined)
    return `it contains ${unknown}, and what that becomes in the route is not known here: write the annotation by hand`;
  const bare = sidecarEndpoint(route, objects, {});
  if (bare === undefined) return "gatus-sidecar generates no endpoint for the route";
  const guarded = isGuarded(wanted, hostOf(route));
  const entries = Object.entries(wanted).flatMap(([key, value]): [string, unknown][] => {
    if (key === "url") return guarded ? [["guarded", true]] : address(text(value) ?? "", bare, hostOf(route));
    if (guarded && (key === "dns" || key === "conditions")) return [];
    if (key === "interval" && isDeepStrictEqual(normal({ interval: value }), normal({}))) return [];
    if (key === "conditions" && isDeepStrictEqual(value, CONDITIONS)) return [];
    return isDeepStrictEqual(bare[key], value) ? [] : [[key, value]];
  });
  const fragment = Object.fromEntries(entries);
  const result = sidecarEndpoint(route, objects, fragment);
  return result && isDeepStrictEqual(normal(result), normal(wanted))
    ? fragment
    : "the annotation on the route's Gateway would be merged into it";
}

function isGuarded({ url, dns, conditions }: Template, host: string): boolean {
  return (
    url === GUARDED_URL &&
    isDeepStrictEqual(dns, dnsOf(host)) &&
    isDeepStrictEqual(conditions, GUARDED_CONDITIONS)
  );
}

/** `path` if the route serves the host, otherwise `url`. */
function address(url: string, bare: Template, host: string): [string, unknown][] {
  if (isDeepStrictEqual(normal({ url }), normal({ url: bare.url }))) return [];
  const path = url.startsWith(`https://${host}/`) ? url.slice(`https://${host}`.length) : "";
  return /^\/[\w./~-]*$/.test(path) ? [["path", path]] : [["url", url]];
}

/** The host that an endpoint monitors: from its URL, or from the name in its DNS query. */
export function hostAsked({ url, dns }: Template): string | undefined {
  const name = typeof dns === "object" && dns !== null ? text((dns as Template)["query-name"]) : undefined;
  if (name !== undefined) return name.replace(/\.$/, "");
  const address = text(url) ?? "";
  // A URL has a host in lower case, but the name of a variable keeps its case.
  const [, variable] =
    /^https?:\/\/((?:[^/:?#\s$]|\$\{[^}]*\})*\$\{[^}]*\}(?:[^/:?#\s$]|\$\{[^}]*\})*)/.exec(address) ?? [];
  if (variable !== undefined) return variable;
  return /^https?:/.test(address) && URL.canParse(address) ? new URL(address).hostname : undefined;
}
