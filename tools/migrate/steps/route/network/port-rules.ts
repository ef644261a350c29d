import { fields } from "../../../../../policy/engine/read.ts";
import type { Maybe, Pods } from "./selectors.ts";

/** A rule of a policy that names ports. */
export interface PortRule {
  readonly direction: "ingress" | "egress";
  /** As written; empty for everything. */
  readonly peers: readonly unknown[];
  readonly matches: (peer: Pods) => Maybe;
  /** Numbers only: the name of a port stays the same if its number changes. */
  readonly includes: (port: number) => boolean;
}

/** Whether a list of ports includes a number. */
export const includesPort =
  (ports: readonly unknown[]) =>
  (wanted: number): boolean =>
    ports.map(fields).some(({ port, endPort }) => {
      const first = Number(port);
      return first === wanted || (first <= wanted && wanted <= Number(endPort ?? first));
    });
