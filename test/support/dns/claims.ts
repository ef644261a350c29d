import type { Note } from "../../../tools/migrate/step.ts";

/** What the step says about a record of one writer. */
export interface RecordClaim {
  readonly message: string;
  readonly host: string;
  /** As {@link Writer.id}. */
  readonly writer: string;
}

/** What the step says about DNS in one plan, as far as an external-dns can confirm it. */
export interface Claims {
  /** `deleted`: would delete the record; `left`: would leave it as it is. */
  readonly lost: readonly (RecordClaim & { readonly fate: "deleted" | "left" })[];
  readonly published: readonly RecordClaim[];
  /** Targets that a host's record would no longer have. */
  readonly targets: readonly { readonly message: string; readonly target: string; readonly host: string }[];
  /** The line of the cutover list for each host. */
  readonly lines: ReadonlyMap<string, string>;
  /** What must change first, so that a writer reads the routes. */
  readonly preparations: readonly { readonly message: string; readonly writer: string }[];
  /** All messages. */
  readonly messages: readonly string[];
}

const LOST =
  /^the DNS record of (\S+): (\S+) .* and would (delete it|leave it pointing to the Ingress controller)/;
const PUBLISHED = /^the absence of (\S+) from the DNS records of (\S+), which would publish it/;
const TARGET = /^the DNS target (.+) of (\S+(?:, \S+)*): external-dns reads it from /;
const LINE = /^(\S+): (?:moves from class|only its DNS record) /;
const PREPARATION = /^before the (?:commit|Ingresses go): (?:HelmRelease|Deployment) (\S+) /;

/** Reads the claims in the notes of a plan whose losses are accepted. */
export function claimsIn(notes: readonly Note[]): Claims {
  const messages = notes.map(({ message }) => message);
  const found = <T>(pattern: RegExp, claim: (groups: readonly string[], message: string) => T): T[] =>
    messages.flatMap((message) => {
      const match = pattern.exec(message);
      return match ? [claim(match.slice(1), message)] : [];
    });
  return {
    lost: found(LOST, ([host = "", writer = "", fate], message) => ({
      message,
      host,
      writer,
      fate: fate === "delete it" ? "deleted" : "left",
    })),
    published: found(PUBLISHED, ([host = "", writer = ""], message) => ({ message, host, writer })),
    targets: found(TARGET, ([target = "", hosts = ""], message) =>
      hosts.split(", ").map((host) => ({ message, target, host })),
    ).flat(),
    lines: new Map(found(LINE, ([host = ""], message) => [host, message] as const)),
    preparations: found(PREPARATION, ([writer = ""], message) => ({ message, writer })),
    messages,
  };
}
