import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type PathStep, type Value } from "../../../../gitops/yaml/values.ts";
import type { Loss } from "../../../losses.ts";
import { fieldAt } from "../../../objects.ts";
import type { IngressAnnotations } from "./annotations.ts";

/** The backend of a request: a Service or a TraefikService. */
export interface Backend {
  /** A Service in the same app-template values; `name` is then unset. */
  readonly identifier?: string;
  readonly name?: string;
  readonly kind: "Service" | "TraefikService";
  /** Undefined for the primary port of an identifier's Service, and for a TraefikService. */
  readonly port?: number;
  /** How the Ingress names the port, if only ingress-nginx takes that for it. */
  readonly written?: string;
  readonly weight: number;
  /** The Service behind a TraefikService that the step adds. */
  readonly service?: Backend;
}

/** The Services that answer the requests, also those behind a TraefikService that the step adds. */
export const servicesBehind = (served: readonly Served[]): readonly Backend[] =>
  served
    .flatMap(({ backends }) => backends.map((backend) => backend.service ?? backend))
    .filter(({ kind }) => kind === "Service");

/** How one request is answered: the unit in which Ingresses and routes are compared. */
export interface Served {
  /** As written, including templates and variables. */
  readonly host: string;
  /** An HTTPRouteMatch, in the form that {@link matchOf} returns. */
  readonly match: Mapping;
  readonly backends: readonly Backend[];
  /** Traefik Middlewares in the route's own namespace, in order. */
  readonly middlewares: readonly string[];
  /** The precedence in Traefik: the priority or the length of the rule. */
  readonly rank?: number;
  /** The path of an Ingress as written. */
  readonly path?: string;
  /** Where it is written: in an Ingress, an IngressRoute or an entry of app-template's values. */
  readonly source?: readonly PathStep[];
}

/** Hosts with the same rules: the content of one HTTPRoute. */
export interface HostGroup {
  readonly hosts: readonly string[];
  readonly rules: readonly Rule[];
}

/** Requests that the same backends answer. */
export interface Rule {
  readonly matches: readonly Mapping[];
  readonly backends: readonly Backend[];
  readonly middlewares: readonly string[];
}

/** A path that matches as a prefix. */
export interface Prefix {
  readonly path: string;
  readonly pathType: string;
}

/** What was read from an Ingress in any form. */
export interface Reading {
  /** Which rule gives it a class if it names none; Ingresses in app-template values count as Ingresses. */
  readonly kind: "Ingress" | "IngressRoute";
  readonly ingressClass: string | undefined;
  /** Traefik's entry points, if the Ingress names any. */
  readonly entryPoints: readonly string[];
  readonly served: readonly Served[];
  /** Why it cannot become a route; empty if it can. */
  readonly refusals: readonly string[];
  /** What would have no equivalent in a route. */
  readonly losses: readonly Loss[];
  /** Its prefixes, with the path types as written. */
  readonly prefixes: readonly Prefix[];
  /** Whether it asks for a certificate. */
  readonly usesTls: boolean;
  /** The hosts for which it asks for one, as written. */
  readonly tlsHosts: readonly string[];
  /** Whether Traefik answers only HTTPS requests to it, on any entry point. */
  readonly isTlsOnly: boolean;
  /** Names of the Secrets with its certificates. */
  readonly tlsSecrets: readonly string[];
  readonly annotations: IngressAnnotations;
}

/** The type and value of the path that a request must match. */
export const pathOf = ({ match }: Pick<Served, "match">): readonly [type: string, value: string] => [
  scalarText(fieldAt(match, ["path", "type"])),
  scalarText(fieldAt(match, ["path", "value"])),
];

/** A match in a canonical form, so that two can be compared: with path type and value, and without empty lists. */
export function matchOf(match: Mapping): Mapping {
  const path = isMapping(match.path) ? match.path : {};
  return {
    path: { type: path.type ?? "PathPrefix", value: path.value ?? "/" },
    ...(match.method === undefined ? {} : { method: match.method }),
    ...pairsOf("headers", match.headers),
    ...pairsOf("queryParams", match.queryParams),
  };
}

function pairsOf(key: string, value: Value | undefined): Mapping {
  if (!Array.isArray(value) || value.length === 0) return {};
  const pairs = value
    .filter(isMapping)
    .map((pair) => ({ type: pair.type ?? "Exact", name: pair.name ?? "", value: pair.value ?? "" }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { [key]: pairs };
}

/** Groups hosts with identical rules, in the order in which they were written. */
export function hostGroups(served: readonly Served[]): readonly HostGroup[] {
  const groups = new Map<string, { hosts: string[]; rules: readonly Rule[] }>();
  for (const [host, own] of Map.groupBy(served, ({ host: name }) => name)) {
    const rules = rulesOf(own);
    const key = JSON.stringify(rules);
    const group = groups.get(key) ?? { hosts: [], rules };
    groups.set(key, group);
    group.hosts.push(host);
  }
  return [...groups.values()];
}

/** The name of the route for a group of hosts: the first one has that of the Ingress. */
export const groupName = (name: string, index: number): string =>
  index === 0 ? name : `${name}-${index + 1}`;

function rulesOf(served: readonly Served[]): readonly Rule[] {
  const byAnswer = Map.groupBy(served, answerOf);
  return [...byAnswer.values()].flatMap((same) => {
    const [first] = same;
    return first
      ? [
          {
            matches: same.map(({ match }) => match),
            backends: first.backends,
            middlewares: first.middlewares,
          },
        ]
      : [];
  });
}

/** What is served behind a Gateway's listeners, one string per request: two forms are equal if their strings are. */
export function answers(parentRefs: readonly Mapping[], served: readonly Served[]): ReadonlySet<string> {
  const doors = parentRefs.map((reference) =>
    JSON.stringify([reference.namespace, reference.name, reference.sectionName, reference.port]),
  );
  return new Set(
    served.flatMap((one) =>
      doors.map((door) => JSON.stringify([door, one.host.toLowerCase(), one.match, answerOf(one)])),
    ),
  );
}

/** How a request is answered; equal for two requests if the same backends answer them behind the same Middlewares. */
export function answerOf({ backends, middlewares }: Served): string {
  return JSON.stringify([backends.map(backendKey).sort(), middlewares]);
}

function backendKey({ kind, identifier, name, port, weight }: Backend): string {
  return JSON.stringify([kind, identifier, name, port, weight]);
}
