import { named } from "../../../../../lib/counted.ts";
import { commaList } from "../../../../../lib/comma-list.ts";
import type { StepContext } from "../../../step.ts";
import type { CutoverNote, DnsRecord } from "../outcome.ts";
import { dnsAnnotation } from "../reading/annotations.ts";
import { sourceOf } from "../reading/hosts.ts";
import type { DnsMove } from "./dns-move.ts";
import { changesOf, writersIn, type NameChange } from "./changes.ts";
import { sameTargets, targetsOf } from "./record-targets.ts";
import { controllerNames, fixedLine, keptRecord, ownTargetLine, targetLine } from "./targets.ts";
import type { DnsWriter } from "./writer.ts";

/** The DNS records for an Ingress's hosts; `key` is the Ingress's key in a HelmRelease's values. */
export function recordsOf(
  move: DnsMove,
  key: string | undefined,
  { options }: Pick<StepContext, "options">,
): readonly DnsRecord[] {
  const { form, hosts, gateway, reading } = move;
  const cluster = move.cluster?.name ?? "";
  const source = sourceOf(form.object, key);
  const preparations = preparationsFor(move, options.route.keepIngress);
  return hosts.map((host) => ({
    host,
    cluster,
    ingressClass: reading.ingressClass ?? "",
    source,
    gateway: `${gateway} of ${cluster}`,
    target: targetsAround(host, move)[0].today ?? controllerNames(move)[0],
    attachesBlindly: move.attachesBlindly,
    preparations,
  }));
}

/** What must change first, unless another of the same programs writes the records of the route: a server for the local network does not publish them. */
function preparationsFor(move: DnsMove, keepsIngress: boolean): readonly string[] {
  const changes = changesOf(move).filter(({ isWritten }) => isWritten);
  const moving = changes.filter(({ reason }) => reason === undefined);
  const isWrittenBySame = ({ name, writer: { program } }: NameChange): boolean =>
    moving.some((other) => other.name === name && other.writer.program === program);
  return changes
    .filter((change) => !change.readsRoute && !isWrittenBySame(change))
    .map((change) => preparation(change, keepsIngress));
}

/** Gateways whose hosts used to have different targets: external-dns reads one target per Gateway, for all its routes. */
export function targetConflicts(records: readonly DnsRecord[]): readonly CutoverNote[] {
  return [...Map.groupBy(records, ({ gateway }) => gateway)].flatMap(([gateway, own]): CutoverNote[] => {
    const targets = [...Map.groupBy(own, ({ target }) => target)];
    if (targets.length < 2) return [];
    const list = targets.map(
      ([target, hosts]) =>
        `${target ?? "the address of the Ingress controller"} (${[...new Set(hosts.map(({ host }) => host))].join(", ")})`,
    );
    const message = `Gateway ${gateway}: all its hosts share one DNS target, but today they have several: ${list.join("; ")}; use one Gateway per target, or maintain those records by hand`;
    return [{ kind: "cutover", message }];
  });
}

/** What the cutover list says about a host's DNS record. */
export function dnsLines(
  host: string,
  move: DnsMove,
  context: Pick<StepContext, "options" | "repository">,
): readonly string[] {
  const outcomes = targetsAround(host, move);
  const written = changesOf(move).filter(({ name, isWritten }) => name === host && isWritten);
  const isRouteRead = written.some(({ reason }) => reason === undefined);
  const { keepIngress } = context.options.route;
  return [
    ...outcomes.map((outcome) => {
      const line = pointsTo(outcome, move, context);
      return outcomes.length === 1 ? line : `${line} (${outcome.writer?.id ?? ""})`;
    }),
    ...(written.length === 0 ? ["whatever writes its DNS record must watch HTTPRoutes"] : []),
    ...conditions(host, move),
    ...(keepIngress ? new Set(outcomes.map(({ today, own }) => keptRecord(today, own, isRouteRead))) : []),
  ];
}

function pointsTo(
  { today, own, writer }: Outcome,
  move: DnsMove,
  context: Pick<StepContext, "options" | "repository">,
): string {
  if (writer?.fixedTarget !== undefined) return fixedLine(writer.fixedTarget, writer.id);
  if (today !== undefined && !sameTargets(today, own)) return targetLine(today, move, own, context);
  return own === undefined ? "DNS: points to the Gateway's address" : ownTargetLine(own, move, context);
}

/** Names of which only the DNS record moves, because an annotation of external-dns asks for it; one line each. */
export function otherNames(
  move: DnsMove,
  context: Pick<StepContext, "options" | "repository">,
): readonly string[] {
  const asked = dnsAnnotation("hostname", move.annotations) ?? "";
  const names =
    writersIn(move.cluster).length === 0
      ? commaList(asked)
      : changesOf(move).flatMap(({ name, reason }) => (reason === undefined ? [name] : []));
  return [...new Set(names)]
    .filter((name) => !move.hosts.includes(name))
    .map(
      (name) =>
        `${name}: only its DNS record moves to Gateway ${move.gateway}; ${dnsLines(name, move, context).join("; ")}`,
    );
}

/** What decides about the record of a host, apart from what this repository shows. */
function conditions(host: string, move: DnsMove): readonly string[] {
  return changesOf(move)
    .filter(({ name, isWritten, readsRoute }) => name === host && (isWritten || readsRoute))
    .flatMap(({ writer: { id, conditions: own = [] } }) => own.map((condition) => `${id} ${condition}`));
}

/** The targets of a record today, and those that the Gateway gives; undefined for an address. */
interface Outcome {
  readonly today: string | undefined;
  readonly own: string | undefined;
  readonly writer: DnsWriter | undefined;
}

/** The targets of a host's record: those of the programs that go on with it, if there are any. One for each difference. */
function targetsAround(host: string, move: DnsMove): readonly [Outcome, ...(readonly Outcome[])] {
  const changes = changesOf(move).filter(({ name, writer }) => name === host && writer.targetIn);
  const written = changes.filter(({ isWritten }) => isWritten);
  const [first, ...others] =
    [
      written.filter(({ reason }) => reason === undefined),
      written.slice(0, 1),
      changes.filter(({ reason }) => reason === undefined),
    ].find((some) => some.length > 0) ?? [];
  const outcomeOf = (writer: DnsWriter | undefined): Outcome => ({ ...targetsFor(writer, move), writer });
  const standard = outcomeOf(first?.writer);
  return [
    standard,
    ...others
      .map(({ writer }) => outcomeOf(writer))
      .filter(({ today, own }) => !sameTargets(today, standard.today) || !sameTargets(own, standard.own)),
  ];
}

/** The targets for one program; without one, by the annotations of any version. */
export function targetsFor(
  writer: DnsWriter | undefined,
  { annotations, route }: DnsMove,
): { readonly today: string | undefined; readonly own: string | undefined } {
  const read = writer?.targetIn ?? ((annotations) => targetsOf(dnsAnnotation("target", annotations)));
  return {
    today: read(annotations),
    own: read(route.gateway.annotations ?? {}),
  };
}

/** What to change first, so that external-dns writes the records of routes: once for all hosts. */
export function dnsPreparations(records: readonly DnsRecord[]): readonly CutoverNote[] {
  const all = new Set(records.flatMap(({ preparations }) => preparations));
  return [...all].map((message) => ({ kind: "cutover", message }));
}

function preparation(
  { writer: { id, kind, ingressClasses }, reason = "" }: NameChange,
  keepsIngress: boolean,
): string {
  const limit =
    ingressClasses.length === 0
      ? ""
      : `. Its ${named(ingressClasses, "class", "classes")} ${ingressClasses.length === 1 ? "limits" : "limit"} only Ingresses: limit the routes in the same commit with --gateway-name, or it publishes those of every Gateway`;
  // Without the Ingress and before the route is read, nothing asks for the record, so external-dns may delete it.
  const [when, change] = keepsIngress
    ? ["before the Ingresses go", "in a commit of its own, once the routes are accepted"]
    : ["before the commit", "in an earlier commit"];
  return `${when}: ${kind} ${id} ${reason}; change that ${change}, or it writes no records for the hosts that move${limit}`;
}
