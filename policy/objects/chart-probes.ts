import type { Path } from "../engine/path.ts";
import { at, type Fields } from "../engine/read.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { chartRow } from "../knowledge/lookups.ts";
import type { Condition } from "../knowledge/tables.ts";
import { PROBES } from "./probes.ts";

/** A probe that is missing in a release of a chart whose probes are known. */
export interface MissingProbe {
  readonly container: string;
  readonly probe: (typeof PROBES)[number];
  /** The value that turns the probe on; undefined if the chart has no such value. */
  readonly value: Path | undefined;
}

/** The probes that the chart's containers lack with the release's values; undefined if the chart is in no table. */
export function missingProbes(
  chart: string,
  values: Fields,
  knowledge: Knowledge,
): readonly MissingProbe[] | undefined {
  const running = chartRow(chart, knowledge)?.containers.filter(({ when = [] }) =>
    when.every((condition) => holds(condition, values)),
  );
  return running?.flatMap((container) =>
    PROBES.flatMap((probe): MissingProbe[] => {
      const support = container[probe];
      if (support === "always") return [];
      if (support === "none") return [{ container: container.name, probe, value: undefined }];
      const value = support.value.split(".");
      return isOn(at(values, value), support.byDefault) ? [] : [{ container: container.name, probe, value }];
    }),
  );
}

function holds(condition: Condition, values: Fields): boolean {
  if ("not" in condition) return !holds(condition.not, values);
  if ("any" in condition) return condition.any.some((one) => holds(one, values));
  const value = at(values, condition.value.split("."));
  if ("is" in condition) {
    const given = value === undefined ? condition.byDefault : value;
    return condition.is.some((one) => one === given);
  }
  return isOn(value, condition.byDefault);
}

/** Whether `with` or `if` in a template treats a value as true. False, null and empty values count as false. */
function isOn(value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "object" || value === null) return value !== false && value !== null && value !== "";
  // Helm merges an empty map with the chart's default, so it changes nothing.
  return byDefault || Object.keys(value).length > 0;
}
