import { controllerFate } from "../controllers/registry.ts";

/** An object as an admission policy sees it. */
export interface Admitted {
  readonly kind: "Ingress" | "IngressRoute" | "HTTPRoute";
  readonly namespace: string;
  /** Undefined if a chart chooses it. */
  readonly name: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

/** What a policy does with the objects that it matches. */
export interface AdmissionRule {
  /** Whether it may match an object: conditions that the repository does not decide are met. */
  readonly matches: (object: Admitted) => boolean;
  /** `checks`: rejects objects; `configures`: writes settings that only a controller of Ingresses reads; `other`: anything else. */
  readonly effect: "checks" | "configures" | "other";
  /** The annotations of external-dns that it writes, and their values; empty for a value that is computed. */
  readonly dns?: ReadonlyMap<string, string>;
}

/** A policy of Kyverno, of Gatekeeper, or of the API server. */
export interface AdmissionPolicy {
  /** `ClusterPolicy require-tls` */
  readonly name: string;
  /** `infra/policies/tls.yaml:1` */
  readonly place: string;
  readonly rules: readonly AdmissionRule[];
}

/** The API groups and plural names of the kinds. */
export const RESOURCES: Readonly<
  Record<Admitted["kind"], { readonly group: string; readonly plural: string }>
> = {
  Ingress: { group: "networking.k8s.io", plural: "ingresses" },
  IngressRoute: { group: "traefik.io", plural: "ingressroutes" },
  HTTPRoute: { group: "gateway.networking.k8s.io", plural: "httproutes" },
};

/** Whether a pattern matches a value: `*` stands for any characters, `?` for one. */
export function matchesPattern(pattern: string, value: string): boolean {
  const expression = pattern.replace(/\*|\?|[^*?]+/g, (part) =>
    part === "*" ? ".*" : part === "?" ? "." : RegExp.escape(part),
  );
  return new RegExp(`^${expression}$`, "s").test(value);
}

/** Whether any pattern matches a value. */
export const matchesAny = (patterns: readonly string[], value: string): boolean =>
  patterns.some((pattern) => matchesPattern(pattern, value));

/** A change that adds an empty `tls` to an IngressRoute: Traefik then ends TLS with its default options, as a listener of the Gateway does. */
const EMPTY_TLS = /"spec":\{"\+?\(?tls\)?":\{\}\}|\/spec\/tls[^/]*?value"?\s*:\s*\{\}/g;

/** The annotations of external-dns that a change, in any notation, writes. Only a value next to its name is read. */
export function dnsAnnotationsIn(change: unknown): ReadonlyMap<string, string> {
  const text = JSON.stringify([change])
    .replaceAll("~1", "/")
    .replaceAll(/\\+"/g, '"')
    .replaceAll("\\n", "\n");
  const all = text.matchAll(/([\w.-]*external-dns[\w.-]*\/[\w-]+)(?:\)?["']?\s*:\s*["']([^"'\n]*))?/g);
  const found = new Map<string, string>();
  for (const [, name = "", value] of all) found.set(name, value ?? valueOf(text) ?? found.get(name) ?? "");
  return found;
}

/** The only value in a change that names its field by a path. */
function valueOf(text: string): string | undefined {
  const [value, ...others] = [...text.matchAll(/\bvalue["']?\s*:\s*["']([^"'\n]*)/g)];
  return others.length === 0 ? value?.[1] : undefined;
}

/** Whether a change, in any notation, writes what only a controller of Ingresses reads: its annotations, or anything in `spec` but an empty `tls`. */
export function configuresController(change: unknown): boolean {
  const text = JSON.stringify([change]).replaceAll("~1", "/").replaceAll(EMPTY_TLS, "");
  const names = text.match(/[\w.-]+\/[\w.-]+/g) ?? [];
  return (
    /"\+?\(?spec\)?"\s*:|"\/?spec[./[]|\bop\b[^]*?\/spec\//.test(text) ||
    names.some((name) => controllerFate(name, "") !== undefined)
  );
}
