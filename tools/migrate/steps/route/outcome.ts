import type { Note } from "../../step.ts";

/** What the step would do to one object. */
export interface Outcome {
  readonly notes: readonly Note[];
  readonly records?: readonly DnsRecord[];
  /**
   * The text of the object's file with the change, given the text and where the object's document starts, and what the change loses; undefined where the
   * text does not let it. Not there where there is nothing to do.
   */
  readonly edit?: (
    text: string,
    offset: number,
  ) => { readonly text: string; readonly notes: readonly Note[] } | undefined;
}

/** A record that external-dns makes of a host. */
export interface DnsRecord {
  readonly host: string;
  readonly cluster: string;
  /** The Ingress that has had it. */
  readonly source: string;
  /** The cluster and the Gateway that the host goes to: `network/internal of kubernetes/main`. */
  readonly gateway: string;
  readonly target: string | undefined;
}

/** A note of the cutover list, without its place. */
export interface CutoverNote {
  readonly kind: "cutover";
  readonly message: string;
}
