import { isDeepStrictEqual } from "node:util";
import type { Claims } from "./claims.ts";
import { GATEWAY_ADDRESS } from "./cluster-state.ts";
import type { DnsRecord } from "./external-dns.ts";

/** The records of one external-dns around the step. */
export interface Observed {
  /** As {@link Writer.id}. */
  readonly writer: string;
  readonly before: readonly DnsRecord[];
  /** What it would have after the step, if it deleted what it no longer wants. */
  readonly wanted: readonly DnsRecord[];
  /** What it has after the step. */
  readonly after: readonly DnsRecord[];
  /** What it has after the step with `keepIngress`. */
  readonly kept: readonly DnsRecord[];
}

const of = (records: readonly DnsRecord[], host: string): readonly DnsRecord[] =>
  records.filter(({ name }) => name === host);
const differ = (a: readonly DnsRecord[], b: readonly DnsRecord[], host: string): boolean =>
  !isDeepStrictEqual(of(a, host), of(b, host));
const show = (records: readonly DnsRecord[]): string =>
  records.map(({ type, targets, ttl }) => `${type} ${targets.join()}${ttl ? ` ${ttl}s` : ""}`).join("; ") ||
  "none";
const targetsOf = (records: readonly DnsRecord[]): readonly string[] =>
  records.flatMap(({ targets }) => targets);

/** Where external-dns and what the step says differ, one sentence each; `claims` are those of the plan whose losses are accepted. */
export function disagreements(observed: readonly Observed[], claims: Claims): readonly string[] {
  return [
    ...observed.flatMap((own) => [
      ...namesOf(own).flatMap((host) => unnamed(host, own, claims)),
      ...falseClaims(own, claims),
    ]),
    ...[...claims.lines]
      .filter(([host]) => !isSplit(host, claims))
      .flatMap(([host, line]) => falseLine(host, line, observed)),
    ...falseTargets(observed, claims),
  ];
}

const CHANGES = "its record changes with this commit";

/** The same for a plan with `keepIngress`. */
export function keptDisagreements(observed: readonly Observed[], claims: Claims): readonly string[] {
  const changes = (host: string): boolean =>
    observed.some(({ before, kept }) => differ(before, kept, host) && of(before, host).length > 0);
  return [
    ...observed.flatMap((own) =>
      namesOf(own)
        .filter((host) => differ(own.before, own.kept, host))
        .filter((host) => !isPublished(host, own, claims) && !isConditional(host, own, claims))
        .filter((host) => !(claims.lines.get(host) ?? "").includes(CHANGES))
        .map((host) => unsaid(host, own, "kept")),
    ),
    ...[...claims.lines].flatMap(([host, line]) => {
      if (line.includes("its record follows the Ingress") && changes(host)) return [`${host}: ${line}`];
      if (line.includes(CHANGES) && !changes(host))
        return [`${host}: its record does not change, but: ${line}`];
      return [];
    }),
  ];
}

const namesOf = ({ before, wanted, kept }: Observed): readonly string[] => [
  ...new Set([...before, ...wanted, ...kept].map(({ name }) => name)),
];

/** Whether the step says that the record depends on an address that it does not know. */
const isConditional = (host: string, { writer }: Observed, { lines }: Claims): boolean =>
  (lines.get(host) ?? "").includes(`${writer} writes the record only if`);

/** Whether the step says that an Ingress of the host stays, too. */
const isSplit = (host: string, { messages }: Claims): boolean =>
  messages.some((message) => message.startsWith(`${host} in `) && message.includes("only one of them"));

const isPublished = (host: string, { writer, before }: Observed, { published }: Claims): boolean =>
  of(before, host).length === 0 && published.some((claim) => claim.host === host && claim.writer === writer);

const unsaid = (host: string, own: Observed, state: "wanted" | "kept"): string =>
  `${own.writer}: ${host} was ${show(of(own.before, host))}, ${state} ${show(of(own[state], host))}: not said`;

/** Changes of a host's record that no message names. */
function unnamed(host: string, own: Observed, claims: Claims): readonly string[] {
  const [before, wanted] = [of(own.before, host), of(own.wanted, host)];
  if (isDeepStrictEqual(before, wanted) || isConditional(host, own, claims)) return [];
  const isNamed =
    before.length === 0
      ? isPublished(host, own, claims)
      : wanted.length === 0
        ? claims.lost.some((claim) => claim.host === host && claim.writer === own.writer)
        : claims.lines.has(host) || claims.messages.some((message) => message.includes(host));
  return isNamed ? [] : [unsaid(host, own, "wanted")];
}

/** Claims about a writer's records that do not come true. */
function falseClaims(own: Observed, { lost, published, preparations }: Claims): readonly string[] {
  const states = (host: string): string =>
    `was ${show(of(own.before, host))}, wanted ${show(of(own.wanted, host))}, is ${show(of(own.after, host))}`;
  return [
    ...lost
      .filter(({ writer }) => writer === own.writer)
      .filter(({ host, fate }) => {
        const goes = of(own.before, host).length > 0 && of(own.wanted, host).length === 0;
        const stays = of(own.after, host).length > 0;
        return !goes || stays !== (fate === "left");
      })
      .map(({ host, message }) => `${message}: but it ${states(host)}`),
    ...published
      .filter(({ writer }) => writer === own.writer)
      .filter(({ host }) => of(own.before, host).length > 0 || of(own.wanted, host).length === 0)
      .map(({ host, message }) => `${message}: but it ${states(host)}`),
    ...preparations
      .filter(({ writer }) => writer === own.writer)
      .filter(() => own.before.every(({ name }) => of(own.wanted, name).length > 0))
      .map(({ message }) => `${message}: but no record goes`),
  ];
}

/** What a host's line says about the target, and is not so. */
function falseLine(host: string, line: string, observed: readonly Observed[]): readonly string[] {
  const wrong = observed.flatMap(({ writer, wanted }) => {
    const records = of(wanted, host);
    const expected = expectedBy(writer, line);
    const isWrong =
      expected !== undefined && records.some(({ targets }) => !isDeepStrictEqual(targets, expected));
    return isWrong ? [`${line}: but for ${writer}, it is ${show(records)}`] : [];
  });
  const isWritten = observed.some(({ before }) => of(before, host).length > 0);
  return [
    ...wrong,
    ...(isWritten && line.includes("whatever writes its DNS record")
      ? [`${line}: but one of ${observed.map(({ writer }) => writer).join(", ")} writes it`]
      : []),
  ];
}

const POINTS =
  /DNS: points to ([^;]+?)(?:, the target of the Gateway|, as every record of [^;(]+)?(?: \(([^)]*)\))?(?=;|$)/g;

/** The targets that a line promises for a writer: those next to its name, or those without any. */
function expectedBy(writer: string, line: string): readonly string[] | undefined {
  const all = [...line.matchAll(POINTS)];
  const [, named] =
    all.find(([, , id]) => id === writer) ??
    all.find(([, , id]) => id === undefined || id.startsWith("-")) ??
    [];
  return (named === "the Gateway's address" ? GATEWAY_ADDRESS : named)?.split(", ").sort();
}

/** Targets that the step calls lost, and that the records did not have or still have. */
function falseTargets(observed: readonly Observed[], { targets }: Claims): readonly string[] {
  if (observed.length === 0) return [];
  return targets
    .filter(({ target, host }) => {
      const names = target.split(",").map((name) => name.trim().replace(/\.$/, ""));
      return !observed.some(({ before, wanted }) => {
        const had = targetsOf(of(before, host));
        return names.every((name) => had.includes(name)) && differ(before, wanted, host);
      });
    })
    .map(({ message, host }) => {
      const states = observed.map(
        ({ writer, before, wanted }) =>
          `${writer}: was ${show(of(before, host))}, wanted ${show(of(wanted, host))}`,
      );
      return `${message}: but of ${host}, ${states.join("; ")}`;
    });
}
