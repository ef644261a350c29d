import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Obstacle } from "../../../gitops/edit/obstacles.ts";
import type { Loss } from "../../losses.ts";
import type { Note } from "../../step.ts";

/** Why an Ingress is not moved: `left` if the step was not asked to move it. */
export interface Stay {
  readonly kind: "left" | "refused";
  readonly message: string;
}

export const refused = (message: string): Stay => ({ kind: "refused", message });

/** Why Ingresses that could become routes stay, by their source. */
export interface Holds {
  /** Their rules would match in a different order, or compete with rules that they do not meet today. */
  readonly order: ReadonlyMap<string, string>;
  /** Another Ingress of their host stays. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** Why an Ingress stays, given its source in each cluster; where its routes exist already, their order does not change. */
export function whyHeld(
  sources: readonly string[],
  { order, hosts }: Holds,
  addsRoutes: boolean,
): string | undefined {
  return sources
    .map((source) => hosts.get(source) ?? (addsRoutes ? order.get(source) : undefined))
    .find((reason) => reason !== undefined);
}

/** What the step would do to one object. */
export interface Outcome {
  readonly notes: readonly Note[];
  readonly records?: readonly DnsRecord[];
  /**
   * Given the file's text and the offset of the object's document, returns the new text and what the change loses, or why the text cannot be
   * edited. Absent if there is nothing to do.
   */
  readonly edit?: (text: string, offset: number) => Change | { readonly obstacle: Obstacle | undefined };
}

/** The new text of a file. */
export interface Change {
  readonly text: string;
  readonly losses: readonly Loss[];
}

/** A DNS record that external-dns creates for a host. */
export interface DnsRecord {
  readonly host: string;
  readonly cluster: string;
  readonly ingressClass: string;
  /** The Ingress that it comes from today. */
  readonly source: string;
  /** The Gateway that serves the host after the move, and its cluster: `network/internal of kubernetes/main`. */
  readonly gateway: string;
  readonly target: string | undefined;
  /** Whether its route attaches to every listener of a Gateway that the cluster does not receive from the repository. */
  readonly attachesBlindly: boolean;
  /** What answers plain HTTP today, and the listeners, not in the repository, of which one must go on with it; empty for all of a Gateway. */
  readonly plain?: { readonly today: "app" | "redirect"; readonly at: string } | undefined;
  /** The listeners of its route of which only the value of a variable decides whether they accept it, and the variables. */
  readonly dependent?: { readonly parents: string; readonly variables: string } | undefined;
  /** What to change before the move, so that external-dns still writes it. */
  readonly preparations: readonly string[];
}

/** The classes whose Ingresses move in a cluster. */
export const classesThatMove = (
  records: readonly DnsRecord[],
  { name }: Pick<BuiltCluster, "name">,
): readonly string[] => [
  ...new Set(records.filter(({ cluster }) => cluster === name).map(({ ingressClass }) => ingressClass)),
];

/** A note in the cutover list, without its position. */
export interface CutoverNote {
  readonly kind: "cutover";
  readonly message: string;
}
