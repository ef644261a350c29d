import { releaseOf } from "../../../policy/objects/helm.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { at, text } from "../../../policy/engine/read.ts";
import type { Danger } from "../change.ts";
import { groupKindOf } from "../kustomizations.ts";

/**
 * The danger in a HelmRelease that becomes another Helm release: helm-controller then uninstalls the old one and installs the new one
 * (`ReleaseTargetChanged`).
 */
export function* reinstallation(before: KubeObject, after: KubeObject): Generator<Danger> {
  if (groupKindOf(before) !== "helm.toolkit.fluxcd.io/HelmRelease") return;
  const changed = Object.entries(TARGETS).filter(([, read]) => {
    const [old, next] = [read(before), read(after)];
    return old !== undefined && next !== undefined && old !== next;
  });
  if (changed.length === 0) return;
  const what = changed.map(([name, read]) => `its ${name} changes from ${read(before)} to ${read(after)}`);
  yield {
    kind: "recreation",
    message: `helm-controller uninstalls the release and installs it again, because ${what.join(" and ")}. Claims that the chart created without helm.sh/resource-policy: keep are deleted with their data.`,
    remediation: "Keep the old value (for the name: spec.releaseName), or back up the data before you merge.",
  };
}

/** The parts of a release's identity. A chart behind `chartRef` has its name inside the artifact, so it is not compared. */
const TARGETS: Readonly<Record<string, (release: KubeObject) => string | undefined>> = {
  "release name": (release) => releaseOf(release).name,
  "target namespace": (release) => releaseOf(release).namespace,
  "storage namespace": (release) =>
    text(at(release, ["spec", "storageNamespace"])) ?? release.metadata.namespace ?? "default",
  chart: (release) => text(at(release, ["spec", "chart", "spec", "chart"]))?.replace(/^.*\//, ""),
};
