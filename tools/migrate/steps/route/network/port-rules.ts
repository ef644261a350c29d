import { fields, list, type Fields } from "../../../../../policy/engine/read.ts";
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

/** The parts of a rule that its kind of policy writes in its own way. */
type Parts = Omit<PortRule, "direction" | "includes"> & { readonly ports: readonly unknown[] };

/** The rules of a policy's spec that name ports. */
export function portRules(
  spec: Fields,
  partsOf: (rule: Fields, direction: PortRule["direction"]) => Parts,
): readonly PortRule[] {
  return (["ingress", "egress"] as const).flatMap((direction) =>
    list(spec[direction]).flatMap((rule): readonly PortRule[] => {
      const { ports, ...parts } = partsOf(fields(rule), direction);
      return ports.length === 0 ? [] : [{ ...parts, direction, includes: includesPort(ports) }];
    }),
  );
}

/** Whether a list of ports includes a number. */
const includesPort =
  (ports: readonly unknown[]) =>
  (wanted: number): boolean =>
    ports.map(fields).some(({ port, endPort }) => {
      const first = Number(port);
      return first === wanted || (first <= wanted && wanted <= Number(endPort ?? first));
    });
