import { PROBES } from "./probes.ts";
import type { Path } from "../engine/path.ts";
import { isOn } from "../knowledge/chart-containers.ts";
import { CHARTS } from "../knowledge/known-charts.ts";
import { at, type Fields } from "../engine/read.ts";

/** The charts of the table, each with what was read. */
export const KNOWN_CHARTS: readonly { readonly chart: string; readonly source: string }[] = Object.entries(
  CHARTS,
).map(([chart, { source }]) => ({ chart, source }));

/** A probe that a release of a known chart lacks. */
export interface MissingProbe {
  readonly container: string;
  readonly probe: (typeof PROBES)[number];
  /** The value that would bring it; undefined where the chart has none. */
  readonly value: Path | undefined;
}

/** The probes that these values leave the chart's containers without; undefined for a chart that is not in the table. */
export function missingProbes(chart: string, values: Fields): readonly MissingProbe[] | undefined {
  const known = CHARTS[chart];
  const running = known?.containers.filter(({ runs }) => runs?.(values) ?? true);
  return running?.flatMap((container) =>
    PROBES.flatMap((probe): MissingProbe[] => {
      const support = container[probe];
      if (support === "always") return [];
      if (support === "none") return [{ container: container.container, probe, value: undefined }];
      const value = support.value.split(".");
      return isOn(at(values, value), support.byDefault)
        ? []
        : [{ container: container.container, probe, value }];
    }),
  );
}
