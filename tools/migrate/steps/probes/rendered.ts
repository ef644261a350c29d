import { listed } from "../../rendered-change.ts";
import type { Step } from "../../step.ts";

const PROBE = /\.(?:liveness|readiness|startup)Probe(?:\.|$)/;

/** What a chart installs differs only in the probes of its containers. */
export const whyRenderedForbidden: NonNullable<Step["whyRenderedForbidden"]> = ({ differences }) => {
  const others = differences.filter(
    ({ before, after, fields }) => !before || !after || !fields.every((field) => PROBE.test(field)),
  );
  return others.length > 0 ? `its chart would install different objects: ${listed(others)}` : undefined;
};
