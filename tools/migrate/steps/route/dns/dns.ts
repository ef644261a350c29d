import { at, text } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import type { Loss } from "../../../losses.ts";
import { fieldsIn } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { isRelease } from "../../oci/artifact.ts";
import { dnsAnnotation } from "../reading/annotations.ts";
import type { DnsWriter, ReadRoute } from "./writer.ts";
import { externalDns } from "./external-dns.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import { sourceOf } from "../reading/hosts.ts";
import { k8sGateways } from "./k8s-gateway.ts";
import { controllerNames, keptRecord, ownTargetLine, targetLine } from "./targets.ts";
import type { CutoverNote, DnsRecord } from "../outcome.ts";
import type { MovingForm } from "../gateway/parents.ts";

/** An Ingress in one cluster, as DNS writers read it, and the Gateway of its route. */
export interface DnsMove extends Pick<MovingForm, "form" | "reading" | "hosts" | "cluster"> {
  /** `namespace/name` */
  readonly gateway: string;
  /** As in {@link DnsRecord}. */
  readonly attachesBlindly: boolean;
  readonly gatewayAnnotations: Readonly<Record<string, string>> | undefined;
  readonly route: ReadRoute;
}

/** What DNS writers read of an Ingress before the move, and of its route afterwards. */
export function dnsMove(
  { form, reading, hosts, cluster }: MovingForm,
  [parentRef = {}]: readonly Mapping[],
): DnsMove {
  const named = { namespace: scalarText(parentRef.namespace), name: scalarText(parentRef.name) };
  const found = gatewayIn(cluster, named);
  const metadata = found?.metadata;
  return {
    form,
    reading,
    hosts,
    cluster,
    gateway: `${named.namespace}/${named.name}`,
    attachesBlindly:
      found === undefined && parentRef.sectionName === undefined && parentRef.port === undefined,
    gatewayAnnotations: metadata && (metadata.annotations ?? {}),
    route: {
      annotations: textsOf(reading.annotations.kept),
      labels: labelsOf(form.object),
      gateway: {
        ...named,
        labels: metadata && (metadata.labels ?? {}),
        className: text(at(found?.spec, ["gatewayClassName"])),
      },
    },
  };
}

const textsOf = (values: Mapping): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, scalarText(value)]));

/** The labels of an Ingress, which its route has as well; undefined if a chart renders both. */
const labelsOf = (object: Mapping): Readonly<Record<string, string>> | undefined =>
  isRelease(object) ? undefined : textsOf(fieldsIn(object, ["metadata", "labels"]));

/** The DNS records for an Ingress's hosts; `key` is the Ingress's key in a HelmRelease's values. */
export function recordsOf(
  move: DnsMove,
  key: string | undefined,
  { options }: Pick<StepContext, "options">,
): readonly DnsRecord[] {
  const { form, hosts, gateway, reading } = move;
  const cluster = move.cluster?.name ?? "";
  const source = sourceOf(form.object, key);
  const target = reading.annotations.dnsTarget ?? controllerNames(move)[0];
  return hosts.map((host) => ({
    host,
    cluster,
    ingressClass: reading.ingressClass ?? "",
    source,
    gateway: `${gateway} of ${cluster}`,
    target,
    attachesBlindly: move.attachesBlindly,
    preparations:
      readersOf(host, move).length > 0
        ? []
        : blindWriters(host, move).map((writer) => preparation(writer, options.route.keepIngress)),
  }));
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

/** DNS records that another release would begin to write and, unless the Ingress is kept, those that would be deleted with it or lose their target. */
export function dnsLosses(move: DnsMove, { options }: Pick<StepContext, "options">): readonly Loss[] {
  const published = move.hosts.flatMap((host) =>
    newWriters(host, move).map(
      (writer) =>
        `the absence of ${host} from the DNS records of ${writer.id}, which would publish it: ${whyPublished(writer, move)}`,
    ),
  );
  return [...published, ...(options.route.keepIngress ? [] : lostRecords(move))].map((message) => ({
    kind: "dns-record",
    message,
  }));
}

const whyPublished = ({ ingressClasses }: DnsWriter, { gateway }: DnsMove): string =>
  ingressClasses.length === 0
    ? `it does not read this Ingress, but would read the routes of Gateway ${gateway}`
    : `it reads only Ingresses of class ${ingressClasses.join(", ")}, but the routes of every Gateway; limit it with --gateway-name first`;

function lostRecords(move: DnsMove): readonly string[] {
  const { dnsTarget } = move.reading.annotations;
  const target =
    dnsTarget === undefined || targetOf(move) === dnsTarget
      ? []
      : [`the DNS target ${dnsTarget} of ${move.hosts.join(", ")}: ${sourceOfTarget(move)}`];
  const records = move.hosts.flatMap((host) =>
    blindWriters(host, move).map(({ writer: { id, afterwards }, reason }) => {
      const others = readersOf(host, move).map((reader) => reader.id);
      const rest = others.length === 0 ? "" : `; the record of ${others.join(", ")} moves to the route`;
      return `the DNS record of ${host}: ${id} ${reason} and ${afterwards}${rest}`;
    }),
  );
  return [...records, ...target];
}

/** Where external-dns finds the target of a route's records, and what it finds there. */
function sourceOfTarget(move: DnsMove): string {
  const own = targetOf(move);
  const found =
    own !== undefined
      ? `whose target is ${own}`
      : move.gatewayAnnotations === undefined
        ? "which is not in this repository"
        : "which does not set it";
  return `external-dns reads it from Gateway ${move.gateway}, ${found}`;
}

/** What the cutover list says about a host's DNS record. */
export function dnsLines(
  host: string,
  move: DnsMove,
  context: Pick<StepContext, "options" | "repository">,
): readonly string[] {
  const { dnsTarget } = move.reading.annotations;
  const own = targetOf(move);
  return [
    dnsTarget === undefined || dnsTarget === own
      ? own === undefined
        ? "DNS: points to the Gateway's address"
        : ownTargetLine(own, move, context)
      : targetLine(dnsTarget, move, own, context),
    ...(writersOf(host, move).length === 0 ? ["whatever writes its DNS record must watch HTTPRoutes"] : []),
    ...(context.options.route.keepIngress
      ? [keptRecord(dnsTarget, own, readersOf(host, move).length > 0)]
      : []),
  ];
}

/** What to change first, so that external-dns writes the records of routes: once for all hosts. */
export function dnsPreparations(records: readonly DnsRecord[]): readonly CutoverNote[] {
  const all = new Set(records.flatMap(({ preparations }) => preparations));
  return [...all].map((message) => ({ kind: "cutover", message }));
}

function preparation(
  { writer: { id, kind, ingressClasses }, reason }: BlindWriter,
  keepsIngress: boolean,
): string {
  const limit =
    ingressClasses.length === 0
      ? ""
      : `. Its class ${ingressClasses.join(", ")} limits only Ingresses: limit the routes in the same commit with --gateway-name, or it publishes those of every Gateway`;
  // Without the Ingress and before the route is read, nothing asks for the record, so external-dns may delete it.
  const [when, change] = keepsIngress
    ? ["before the Ingresses go", "in a commit of its own, once the routes are accepted"]
    : ["before the commit", "in an earlier commit"];
  return `${when}: ${kind} ${id} ${reason}; change that ${change}, or it writes no records for the hosts that move${limit}`;
}

interface BlindWriter {
  readonly writer: DnsWriter;
  readonly reason: string;
}

/** The releases that write a host's record today and would not read its route. */
function blindWriters(host: string, move: DnsMove): readonly BlindWriter[] {
  return writersOf(host, move).flatMap((writer): BlindWriter[] => {
    const reason = writer.whyBlind(move.route);
    return reason === undefined ? [] : [{ writer, reason }];
  });
}

/** The releases that write a host's record today, and would read its route. */
const readersOf = (host: string, move: DnsMove): readonly DnsWriter[] =>
  writersOf(host, move).filter(({ whyBlind }) => whyBlind(move.route) === undefined);

/** The releases that do not write a host's record today, and would begin to. */
function newWriters(host: string, move: DnsMove): readonly DnsWriter[] {
  const today = writersOf(host, move);
  return managersOf(host, move).filter(
    (one) => !today.includes(one) && one.whyBlind(move.route) === undefined,
  );
}

/** The releases that write a host's record today. */
function writersOf(host: string, move: DnsMove): readonly DnsWriter[] {
  const { form, reading } = move;
  const { ingressClass = "", annotations } = reading;
  const kind = scalarText(form.object.kind);
  const labels = labelsOf(form.object);
  const read = { kind, ingressClass, annotations: Object.fromEntries(annotations.raw), labels };
  return managersOf(host, move).filter((one) => one.readsIngress(read));
}

/** The releases whose domains include a host. */
const managersOf = (host: string, { cluster }: DnsMove): readonly DnsWriter[] =>
  (cluster ? [...externalDns(cluster), ...k8sGateways(cluster)] : []).filter((one) => one.covers(host));

/** The DNS target that a Gateway in the repository gives its routes. */
const targetOf = ({ gatewayAnnotations }: DnsMove): string | undefined =>
  dnsAnnotation("target", gatewayAnnotations ?? {});
