import { ENABLED_ANNOTATION, ENDPOINT_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import { listed } from "../../rendered-change.ts";
import type { Step } from "../../step.ts";

const OWN = [
  "metadata.annotations",
  ...[ENABLED_ANNOTATION, ENDPOINT_ANNOTATION].map((name) => `metadata.annotations.${name}`),
];

/** What a chart installs differs only in gatus-sidecar's annotations on routes. */
export const whyRenderedForbidden: NonNullable<Step["whyRenderedForbidden"]> = ({ differences }) => {
  const others = differences.filter(
    ({ before, after, fields }) => !before || !after || !fields.every((field) => OWN.includes(field)),
  );
  return others.length > 0 ? `its chart would install different objects: ${listed(others)}` : undefined;
};
