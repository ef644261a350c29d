import { at, type Fields } from "../../../../policy/engine/read.ts";
import type { entryPointPorts } from "../../../../policy/knowledge/lookups.ts";
import type { ReleaseOptions } from "./values.ts";

/** An entry point that moves from one port of Traefik's pods to another. */
export interface MovedPort {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The entry points of a release whose port changes; those without a known port today are left out. */
export function movedPorts(
  values: Fields,
  { ports }: ReleaseOptions,
  defaults: ReturnType<typeof entryPointPorts>,
): readonly MovedPort[] {
  return Object.entries(ports).flatMap(([name, to]) => {
    const from = portIn(at(values, ["ports", name, "port"])) ?? defaults[name];
    return from !== undefined && from !== to ? [{ name, from, to }] : [];
  });
}

/** `web from 8000 to 80`, for each port that moves. */
export const changesOf = (moved: readonly MovedPort[]): string =>
  moved.map(({ name, from, to }) => `${name} from ${from} to ${to}`).join(", ");

/** The number of a port, if it is one: the chart's templates write a string of digits without its quotes. */
export function portIn(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
}
