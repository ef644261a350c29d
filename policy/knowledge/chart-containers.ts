import type { PROBES } from "../objects/probes.ts";
import { at, type Fields } from "../engine/read.ts";

/** How a chart lets a container have one of the three probes. */
export type Support =
  /** The template has it, whatever the values are. */
  | "always"
  /** The template has no place for it. */
  | "none"
  /** There is a value for it, and it is there by default, or it is not. */
  | { readonly value: string; readonly byDefault: boolean };

/** One long-running container of a chart, and its probes. */
export interface ChartContainer extends Readonly<Record<(typeof PROBES)[number], Support>> {
  readonly container: string;
  /** Whether these values bring the container at all; left out where all do. */
  readonly runs?: (values: Fields) => boolean;
}

/** What is known of a chart. */
export interface ChartProbes {
  /** Repository and files that were read. */
  readonly source: string;
  /** Empty for a chart that runs nothing. */
  readonly containers: readonly ChartContainer[];
}

/** As a template's `with` or `if` takes a value: an empty map, false and null turn it off. */
export function isOn(value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "object" || value === null) return value !== false && value !== null && value !== "";
  // An empty map beside the chart's own map changes nothing, since Helm merges the two.
  return byDefault || Object.keys(value).length > 0;
}

/** A value that is there by default. */
export const on = (value: string): Support => ({ value, byDefault: true });
/** A value that is not there by default. */
export const off = (value: string): Support => ({ value, byDefault: false });

/** One container: its liveness, readiness and startup probe, and when it runs. */
export function container(
  name: string,
  [liveness, readiness, startup]: readonly [Support, Support, Support],
  runs?: (values: Fields) => boolean,
): ChartContainer {
  return { container: name, liveness, readiness, startup, ...(runs && { runs }) };
}

/** Where every value on the way is on; each with what the chart has by default. */
export const where =
  (...conditions: readonly (readonly [string, boolean])[]) =>
  (values: Fields): boolean =>
    conditions.every(([path, byDefault]) => isOn(at(values, path.split(".")), byDefault));

/** Where one value is on. */
export const enabled = (path: string, byDefault = true): ((values: Fields) => boolean) =>
  where([path, byDefault]);

/** A chart of one container. */
export const single = (source: string, one: ChartContainer): ChartProbes => ({ source, containers: [one] });
