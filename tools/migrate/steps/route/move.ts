import type { WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { clusterOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { controllerOf } from "./controllers/classes.ts";
import { nginx } from "./controllers/nginx.ts";
import { cutover, dnsLosses, recordsOf } from "./cutover.ts";
import { prefixLosses } from "./paths.ts";
import { refused, type CutoverNote, type DnsRecord, type Stay } from "./outcome.ts";
import { parentsOf, type Parents } from "./parents.ts";
import type { Reading } from "./served.ts";

/** An Ingress that can become routes. */
export interface Move {
  readonly parents: Parents;
  /** What it would lose. */
  readonly losses: readonly Loss[];
  readonly notes: readonly Omit<Note, "position">[];
  readonly records: readonly DnsRecord[];
}

/** An Ingress as written and in the form that each cluster receives. */
export interface MoveArgs {
  readonly written: Reading;
  /** In the order of the forms of `ingress`. */
  readonly forms: readonly Reading[];
  readonly ingress: WrittenObject;
  /** Whether a parentRef of its route accepts a port. */
  readonly takesPort: boolean;
  /** Its key in the values of a HelmRelease. */
  readonly key?: string;
}

/**
 * Plans the move of an Ingress.
 * @returns the reason if it cannot become a route
 */
export function moveOf(
  { written, forms, ingress, takesPort, key }: MoveArgs,
  context: StepContext,
): Move | Stay {
  const classes = new Set(forms.map(({ ingressClass }) => ingressClass));
  const [ingressClass] = classes;
  if (classes.size > 1) return refused("its class differs between clusters");
  const parents = parentsOf({ ...written, ingressClass }, context.options.route, takesPort);
  if (typeof parents === "string") {
    const isAsked = Object.hasOwn(context.options.route.gateways, ingressClass ?? "");
    return { kind: isAsked ? "refused" : "left", message: parents };
  }
  const refusals = new Set([written, ...forms].flatMap((reading) => reading.refusals));
  if (refusals.size > 0) return refused([...refusals].join("; "));
  const { parentRefs } = parents;
  const pairs = forms.flatMap((reading, index) => {
    const form = ingress.forms[index];
    return form ? [{ reading, form }] : [];
  });
  const missing = [...new Set(pairs.flatMap((pair) => demands(pair, parents.gateway, context)))];
  if (missing.length > 0) return refused(missing.join("; "));
  const losses = [written, ...forms].flatMap((reading) => reading.losses);
  for (const { form, reading } of pairs) {
    const controller = controllerOf(ingressClass, clusterOf(form, context.clusters));
    losses.push(
      ...prefixLosses(reading.prefixes, controller),
      ...dnsLosses(form, reading, parentRefs, context),
    );
  }
  return {
    parents,
    losses,
    notes: [
      ...written.annotations.withoutEffect.map((message) => ({ kind: "removed" as const, message })),
      ...keptAnnotations(written.annotations.unknown),
      ...distinct(pairs.flatMap(({ form, reading }) => cutover(form, reading, parentRefs, context))),
    ],
    records: pairs.flatMap(({ form, reading }) => recordsOf({ form, reading, key }, parentRefs, context)),
  };
}

/** What the route needs from its Gateway and the options do not confirm. */
function demands(
  { form, reading }: { readonly form: BuiltObject; readonly reading: Reading },
  gateway: Parents["gateway"],
  { clusters }: StepContext,
): readonly string[] {
  const { served, ingressClass = "", annotations, tlsSecrets } = reading;
  const option = `route.gateways.${ingressClass}`;
  const usesTraefik = served.some(
    ({ middlewares, backends }) =>
      middlewares.length > 0 || backends.some(({ kind }) => kind === "TraefikService"),
  );
  const isNginx = controllerOf(ingressClass, clusterOf(form, clusters))?.name === nginx.name;
  // Source: https://kubernetes.github.io/ingress-nginx/user-guide/tls/#server-side-https-enforcement-through-redirect
  const redirects = annotations.redirects ?? (isNginx && tlsSecrets.length > 0);
  return [
    ...(usesTraefik && !gateway.middlewares
      ? [
          `it uses Traefik Middlewares or TraefikServices, and without the kubernetesCRD provider its route would return 500: if the Traefik behind the Gateway runs that provider, set ${option}.middlewares to true in ${OPTIONS_FILE}`,
        ]
      : []),
    ...(redirects && !gateway.redirectsToHttps
      ? [
          `it redirects plain HTTP to HTTPS: if the Gateway does so too, set ${option}.redirectsToHttps to true in ${OPTIONS_FILE}`,
        ]
      : []),
  ];
}

/** One note per object: a dashboard alone has a dozen such annotations. */
function keptAnnotations(names: readonly string[]): Move["notes"] {
  if (names.length === 0) return [];
  const message =
    names.length === 1
      ? `annotation ${names[0]} is kept, but whatever reads it may not support HTTPRoutes`
      : `annotations ${names.join(", ")} are kept, but whatever reads them may not support HTTPRoutes`;
  return [{ kind: "unknown", message }];
}

/** Clusters that share a file often need the same note. */
function distinct(notes: readonly CutoverNote[]): readonly CutoverNote[] {
  return [...new Map(notes.map((note) => [note.message, note])).values()];
}
