import { isDeepStrictEqual } from "node:util";
import type { WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { clusterOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import { uncoveredPolicies } from "./admission/coverage.ts";
import { controllerOf } from "./controllers/classes.ts";
import { controllerWide, defaultsNotes } from "./controller-wide.ts";
import { demands } from "./demands.ts";
import { cutover } from "./cutover.ts";
import { withDefaultClass } from "./controllers/default-class.ts";
import { dnsLosses, dnsMove, recordsOf } from "./dns.ts";
import { whyExposed } from "./exposed-paths.ts";
import { gatewayIn } from "./gateway.ts";
import { plainHttpOf } from "./plain-http.ts";
import { hostsWithoutPlain } from "./plain-listeners.ts";
import { releaseNamespace, rendered } from "./hosts.ts";
import { prefixLosses } from "./paths.ts";
import { refused, type CutoverNote, type DnsRecord, type Stay } from "./outcome.ts";
import { missingServices } from "./missing-services.ts";
import { whyUnreachable } from "./network/reach.ts";
import { parentsOf, type Moving, type MovingForm, type Parents } from "./parents.ts";
import type { Reading } from "./served.ts";
import { whyShared } from "./shared-class.ts";
import { whyOtherTransport } from "./transport.ts";

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
  const pairs = forms.flatMap((reading, index): MovingForm[] => {
    const form = ingress.forms[index];
    return form ? [{ form, ...movingOf({ reading, form, takesPort }, context) }] : [];
  });
  const classes = new Set(pairs.map(({ reading }) => reading.ingressClass));
  const [ingressClass = ""] = classes;
  if (classes.size > 1) return refused("its class differs between clusters");
  const parents = commonParents(pairs, context);
  if (typeof parents === "string") {
    const { gateways } = context.options.route;
    // Without a class, only the owner can say whether it is one of those that move.
    const isAsked =
      ingressClass === "" ? Object.keys(gateways).length > 0 : Object.hasOwn(gateways, ingressClass);
    return { kind: isAsked ? "refused" : "left", message: parents };
  }
  const refusals = distinctRefusals([written, ...forms]);
  if (refusals.length > 0) return refused(refusals.join("; "));
  const { parentRefs } = parents;
  const wide = pairs.map(({ reading, cluster }) =>
    controllerWide(reading, cluster, parents.gateway, context),
  );
  const policies = pairs.map((pair) => uncoveredPolicies(pair, parents.gateway));
  const missing = [...new Set(pairs.flatMap((pair) => demands(pair, parents.gateway)))];
  missing.push(
    ...new Set(wide.flatMap((one) => one.refusals)),
    ...new Set(pairs.flatMap((pair) => whyUnreachable(pair, parents.gateway, context))),
    ...new Set(policies.flatMap((one) => one.refusals)),
    ...new Set(
      pairs.flatMap((pair) => [
        ...whyOtherTransport(pair, parents.gateway, context),
        ...whyShared(pair, parents.gateway, context),
        ...whyExposed(pair),
      ]),
    ),
  );
  if (missing.length > 0) return refused(missing.join("; "));
  const losses = [...[written, ...forms], ...wide].flatMap((one) => one.losses);
  const moves = pairs.map((pair) => ({ ...pair, dns: dnsMove(pair, parentRefs) }));
  for (const { reading, cluster, dns, ...moving } of moves)
    losses.push(
      ...plainLosses({ reading, cluster, ...moving }, parents),
      ...prefixLosses(reading.prefixes, controllerOf(ingressClass, cluster)),
      ...dnsLosses(dns, context),
    );
  return {
    parents,
    losses,
    notes: [
      ...written.annotations.withoutEffect.map((message) => ({ kind: "removed" as const, message })),
      ...keptAnnotations(written.annotations.unknown),
      ...distinct(
        moves.flatMap((move) =>
          cutover(move, parents, move.dns, context).map((note) => withDefaults(note, written, move.reading)),
        ),
      ),
      ...distinct(pairs.flatMap((pair) => missingServices(pair))),
      ...distinct(policies.flatMap((one) => one.notes)),
      ...defaultsNotes(wide, ingressClass, parents),
    ],
    records: moves.flatMap(({ dns }) => recordsOf(dns, key)),
  };
}

/** Plain HTTP that the app answers today, and that no plain listener of the Gateway would. */
function plainLosses(moving: Moving, { parentRefs, gateway }: Parents): readonly Loss[] {
  const { reading, cluster } = moving;
  const found = gatewayIn(cluster, gateway);
  const { answer, entryPoints } = plainHttpOf(reading, cluster, gateway);
  const isPlain = answer === "served" && (entryPoints.length === 0 || entryPoints.includes("web"));
  if (!found || !cluster || !isPlain) return [];
  const hosts = hostsWithoutPlain(found, parentRefs, moving, cluster);
  if (hosts.length === 0) return [];
  const message = `plain HTTP for ${hosts.join(", ")}: the app answers it today, and no plain listener of Gateway ${gateway.namespace}/${gateway.name} admits its route`;
  return [{ kind: "setting", message }];
}

/** Why an Ingress stays; one reason per annotation, although its value may differ between the file and the clusters. */
function distinctRefusals(readings: readonly Reading[]): readonly string[] {
  const named = new Map<string, string>();
  for (const refusal of readings.flatMap((reading) => reading.refusals)) {
    const key = /^annotations? ([^ ]+\/[^ :,]+)/.exec(refusal)?.[1] ?? refusal;
    if (!named.has(key)) named.set(key, refusal);
  }
  return [...named.values()];
}

/** An Ingress in one cluster, as its route would be placed there. */
function movingOf(
  { reading, form, takesPort }: Pick<MovingForm, "reading" | "form" | "takesPort">,
  { clusters }: Pick<StepContext, "clusters">,
): Moving {
  const hosts = [...new Set(reading.served.map(({ host }) => rendered(host, form.object)))];
  const cluster = clusterOf(form, clusters);
  return {
    reading: withDefaultClass(reading, cluster),
    takesPort,
    hosts,
    cluster,
    namespace: releaseNamespace(form.object),
  };
}

/** The listeners in all clusters that receive an Ingress; a reason if there are none, or if they differ. */
function commonParents(pairs: readonly MovingForm[], context: StepContext): Parents | string {
  const all = pairs.map((pair) => parentsOf(pair, context));
  const reason = all.find((parents) => typeof parents === "string");
  const [first = "it is not deployed to any cluster", ...others] = all;
  if (reason !== undefined || typeof first === "string") return reason ?? first;
  return others.every((parents) => isDeepStrictEqual(parents, first))
    ? first
    : "the listeners for its hosts differ between clusters: write one per cluster first";
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

/** A note that says where a host is only the default of a variable, for example because its value is encrypted. */
function withDefaults(note: CutoverNote, written: Reading, reading: Reading): CutoverNote {
  const isDefault = (host: string, at: number): boolean => {
    const { host: source = host } = written.served[at] ?? {};
    return host !== source && host === source.replace(DEFAULT, "$1");
  };
  const index = reading.served.findIndex(
    ({ host }, at) => isDefault(host, at) && note.message.startsWith(`${host}: `),
  );
  const [host, source] = [reading.served[index]?.host, written.served[index]?.host];
  if (host === undefined || source === undefined) return note;
  return { ...note, message: `${host} (the default of ${source})${note.message.slice(host.length)}` };
}

const DEFAULT = /\$\{\w+:?[-=]([^}]*)\}/g;

/** Clusters that share a file often need the same note. */
function distinct(notes: readonly CutoverNote[]): readonly CutoverNote[] {
  return [...new Map(notes.map((note) => [note.message, note])).values()];
}
