import { isDeepStrictEqual } from "node:util";
import type { WrittenObject } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import { clusterOf } from "../../clusters.ts";
import type { Loss } from "../../losses.ts";
import { whyOtherPort } from "./backends/ports.ts";
import { uncoveredPolicies, type Uncovered } from "./admission/coverage.ts";
import { controllerOf } from "./controllers/classes.ts";
import type { ControllerWide } from "./controllers/class-settings.ts";
import { unreadAnnotations } from "./controllers/unread-annotations.ts";
import { controllerWide } from "./controllers/controller-wide.ts";
import { demands } from "./gateway/demands.ts";
import { withDefaultClass } from "./controllers/default-class.ts";
import { dnsMove, type DnsMove } from "./dns/dns-move.ts";
import { recordsOf } from "./dns/dns.ts";
import { dnsLosses } from "./dns/losses.ts";
import { regexLosses, whyExposed } from "./meetings/exposed-paths.ts";
import { gatewayIn } from "./gateway/gateway.ts";
import { whyOtherMiddlewares } from "./gateway/middlewares.ts";
import { plainLosses, unseenPlain } from "./plain/losses.ts";
import { releaseNamespace, rendered } from "./reading/hosts.ts";
import { prefixLosses } from "./reading/paths.ts";
import { refused, type DnsRecord, type Stay } from "./outcome.ts";
import { monitoringLosses } from "./monitoring.ts";
import { moveNotes } from "./move-notes.ts";
import { whyOtherClients } from "./network/client-addresses.ts";
import { whyUnreachable } from "./network/reach.ts";
import { parentsOf, type Moving, type MovingForm, type Parents } from "./gateway/parents.ts";
import type { Reading } from "./reading/served.ts";
import { dependentParents } from "./gateway/sure-parents.ts";
import { whyNotApplied } from "./survivors.ts";
import { whyShared } from "./network/shared-class.ts";
import { whyOtherTransport } from "./backends/transport.ts";
import { whyUnserved } from "./backends/unserved.ts";

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
  const parents = commonParents(pairs, context);
  const own = ownRefusals(written, forms);
  const refusals = [...own, ...unreadAnnotations(own, pairs)];
  // What the owner has to decide first: a reason of form, such as the name of a listener, would hide it until the next run.
  if ("kind" in parents)
    return parents.kind === "refused" ? refused([...refusals, parents.message].join("; ")) : parents;
  if (refusals.length > 0) return refused(refusals.join("; "));
  if (differInPorts(forms))
    return refused("the ports of its backends differ between clusters: write one per cluster first");
  const wide = pairs.map(({ reading, cluster }) =>
    controllerWide(reading, cluster, parents.gateway, context),
  );
  const policies = pairs.map((pair) => uncoveredPolicies(pair, parents.gateway));
  const reasons = whyUnsafe(pairs, { wide, policies }, parents, context);
  if (reasons.length > 0) return refused(reasons.join("; "));
  const moves = pairs.map((pair) => ({ ...pair, dns: dnsMove(pair, parents.parentRefs) }));
  return {
    parents,
    losses: [
      ...[written, ...forms, ...wide].flatMap((one) => one.losses),
      ...moves.flatMap((move) => lossesOf(move, parents, context)),
    ],
    notes: moveNotes({ written, moves, wide, policies }, parents, context),
    records: moves.flatMap((move) =>
      recordsOf(move.dns, key, context).map((record) => ({
        ...record,
        plain: unseenPlain(move, parents, record.host),
        dependent: dependentParents(parents.parentRefs, gatewayIn(move.cluster, parents.gateway), move),
      })),
    ),
  };
}

/** Whether an Ingress names other ports in another cluster, for as many backends: they may be those of different Services. */
function differInPorts(forms: readonly Reading[]): boolean {
  const ports = forms.map(({ served }) => served.flatMap(({ backends }) => backends.map(({ port }) => port)));
  const hasAsMany = new Set(ports.map(({ length }) => length)).size === 1;
  return hasAsMany && new Set(ports.map((own) => own.join())).size > 1;
}

/** Why the routes of an Ingress would not do what it does, or would let through what it does not. */
function whyUnsafe(
  pairs: readonly MovingForm[],
  { wide, policies }: { readonly wide: readonly ControllerWide[]; readonly policies: readonly Uncovered[] },
  { gateway }: Parents,
  context: StepContext,
): readonly string[] {
  const reasons = [
    pairs.map((pair) => demands(pair, gateway)),
    wide.map(({ refusals }) => refusals),
    pairs.map((pair) => whyUnreachable(pair, gateway, context)),
    policies.map(({ refusals }) => refusals),
    pairs.map((pair) => [
      ...whyOtherTransport(pair, gateway, context),
      ...whyOtherPort(pair, gateway),
      ...whyUnserved(pair, gateway, context),
      ...whyShared(pair, gateway, context),
      ...whyOtherClients(pair, gateway, context),
      ...whyOtherMiddlewares(pair, gateway, context),
      ...whyExposed(pair, context),
      ...whyNotApplied(pair),
    ]),
  ];
  return [...new Set(reasons.flat(2))];
}

/** What an Ingress loses in one cluster, next to what {@link Reading} and {@link ControllerWide} name. */
function lossesOf(
  move: MovingForm & { readonly dns: DnsMove },
  parents: Parents,
  context: StepContext,
): readonly Loss[] {
  const { prefixes, ingressClass } = move.reading;
  return [
    ...plainLosses(move, parents, context),
    ...prefixLosses(prefixes, controllerOf(ingressClass, move.cluster)),
    ...regexLosses(move),
    ...monitoringLosses(move, parents, context),
    ...dnsLosses(move.dns, context),
  ];
}

/** Why an Ingress stays by what is written in it. What only the file has, and no cluster receives, is no reason that its owner could act on. */
function ownRefusals(written: Reading, forms: readonly Reading[]): readonly string[] {
  const received = distinctRefusals(forms);
  const inFile = distinctRefusals([...forms, written]).slice(received.length);
  return forms.length === 0 || inFile.length === 0
    ? [...received, ...inFile]
    : [
        ...received,
        "its clusters do not receive what this file says: a patch, a replacement or a variable changes it, and would not reach the route. Write into the file what they receive, and remove what changes it, first",
      ];
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
  { clusters, options }: Pick<StepContext, "clusters" | "options">,
): Moving {
  const hosts = [...new Set(reading.served.map(({ host }) => rendered(host, form.object)))];
  const cluster = clusterOf(form, clusters);
  return {
    reading: withDefaultClass(reading, cluster, options.route),
    takesPort,
    hosts,
    cluster,
    namespace: releaseNamespace(form.object),
  };
}

/** The listeners in all clusters that receive an Ingress; why it stays if there are none, or if they differ. */
function commonParents(pairs: readonly MovingForm[], context: StepContext): Parents | Stay {
  const [ingressClass = "", ...otherClasses] = new Set(pairs.map(({ reading }) => reading.ingressClass));
  if (otherClasses.length > 0) return refused("its class differs between clusters");
  const { gateways } = context.options.route;
  // Without a class, only the owner can say whether it is one of those that move.
  const isAsked =
    ingressClass === "" ? Object.keys(gateways).length > 0 : Object.hasOwn(gateways, ingressClass);
  const stay = (message: string): Stay => ({ kind: isAsked ? "refused" : "left", message });
  const all = pairs.map((pair) => parentsOf(pair, context));
  if (all.length === 0) return stay("it is not deployed to any cluster");
  const reason = all.find((parents) => typeof parents === "string");
  if (reason !== undefined) return stay(reason);
  const [first, ...others] = all.filter((parents) => typeof parents !== "string");
  return first && others.every((parents) => isDeepStrictEqual(parents, first))
    ? first
    : stay("the listeners for its hosts differ between clusters: write one per cluster first");
}
