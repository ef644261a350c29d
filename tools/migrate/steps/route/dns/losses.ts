import { agreeing, named } from "../../../../../lib/counted.ts";
import type { Loss } from "../../../losses.ts";
import type { StepContext } from "../../../step.ts";
import { changesOf, writersIn, type NameChange } from "./changes.ts";
import type { DnsMove } from "./dns-move.ts";
import { targetsFor } from "./dns.ts";
import { sameTargets } from "./record-targets.ts";

/** DNS records that another release would begin to write and, unless the Ingress is kept, those that would be deleted with it or lose their target. */
export function dnsLosses(move: DnsMove, { options }: Pick<StepContext, "options">): readonly Loss[] {
  const published = changesOf(move)
    .filter(({ isWritten, reason }) => !isWritten && reason === undefined)
    .map(
      (change) =>
        `the absence of ${change.name} from the DNS records of ${change.writer.id}, which would publish it: ${whyPublished(change, move)}`,
    );
  return [
    ...published,
    ...(options.route.keepIngress ? [] : [...lostRecords(move), ...lostTargets(move)]),
  ].map((message) => ({ kind: "dns-record", message }));
}

function whyPublished({ writer }: NameChange, move: DnsMove): string {
  if (changesOf(move).some((one) => one.writer === writer && one.isWritten))
    return `it does not take that name from this Ingress, but would from the route on Gateway ${move.gateway}`;
  const { ingressClasses } = writer;
  return ingressClasses.length === 0
    ? `it does not read this Ingress, but would read the routes of Gateway ${move.gateway}`
    : `it reads only Ingresses of ${named(ingressClasses, "class", "classes")}, but the routes of every Gateway; limit it with --gateway-name first`;
}

function lostRecords(move: DnsMove): readonly string[] {
  const written = changesOf(move).filter(({ isWritten }) => isWritten);
  return written.flatMap(({ name, writer: { id, afterwards }, reason }) => {
    if (reason === undefined) return [];
    const others = written
      .filter((one) => one.name === name && one.reason === undefined)
      .map(({ writer }) => writer.id);
    const record = others.length === 1 ? "record" : "records";
    const rest =
      others.length === 0 ? "" : `; the ${record} of ${agreeing(others, "moves", "move")} to the route`;
    return `the DNS record of ${name}: ${id} ${reason} and ${afterwards}${rest}`;
  });
}

/** The targets that records would no longer have; without a program that writes them, those of the annotations. */
function lostTargets(move: DnsMove): readonly string[] {
  const known = writersIn(move.cluster).filter(({ targetIn }) => targetIn !== undefined);
  const messages = (known.length === 0 ? [undefined] : known).flatMap((writer) => {
    const { today, own } = targetsFor(writer, move);
    const names = writer
      ? changesOf(move).filter((change) => change.writer === writer && change.isWritten)
      : move.hosts.map((name) => ({ name }));
    if (today === undefined || names.length === 0 || sameTargets(today, own)) return [];
    return [
      `the DNS target ${today} of ${names.map(({ name }) => name).join(", ")}: ${sourceOfTarget(own, move)}`,
    ];
  });
  return [...new Set(messages)];
}

/** Where external-dns finds the target of a route's records, and what it finds there. */
function sourceOfTarget(own: string | undefined, { gateway, gatewayObject }: DnsMove): string {
  const found =
    own !== undefined
      ? `whose target is ${own}`
      : gatewayObject === undefined
        ? "which is not in this repository"
        : "which does not set it";
  return `external-dns reads it from Gateway ${gateway}, ${found}`;
}
