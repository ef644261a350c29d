import { ANNOTATED } from "./annotated.ts";
import { FILTERED } from "./filtered.ts";
import { SOURCES } from "./sources.ts";
import { WRITTEN } from "./written.ts";

/** A repository of one cluster, whose classes `nginx` and `traefik` move to Gateway `doors/front`. */
export interface DnsCase {
  readonly title: string;
  readonly objects: readonly object[];
  /** What the cluster has in addition. */
  readonly live?: readonly object[];
}

/** Each repository that external-dns and the step are asked about. */
export const CASES: readonly DnsCase[] = [SOURCES, FILTERED, ANNOTATED, WRITTEN].flatMap((table) =>
  Object.entries(table).map(([title, objects]) => ({ title, objects })),
);
