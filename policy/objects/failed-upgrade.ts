import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, text } from "../engine/read.ts";
import { enabled, isAppTemplate } from "./app-template.ts";
import { appValues } from "./app-template-dialect.ts";

/**
 * Whether helm-controller uninstalls a release whose upgrade fails. Without retries it remediates nothing, and with RetryOnFailure it only tries again. Source:
 * fluxcd/helm-controller v1.6.4, internal/reconcile/atomic_release.go (ReleaseStatusFailed), and UpgradeRemediation in api/v2/helmrelease_types.go.
 */
export function uninstallsOnFailure(release: KubeObject): boolean {
  const upgrade = fields(at(release, ["spec", "upgrade"]));
  const { strategy, retries = 0, remediateLastFailure } = fields(upgrade.remediation);
  return (
    strategy === "uninstall" &&
    (retries !== 0 || remediateLastFailure === true) &&
    fields(upgrade.strategy).name !== "RetryOnFailure"
  );
}

/** How long Helm waits for the pods of an upgrade, as in `5m`; undefined if it does not wait. */
export function upgradeTimeout(release: KubeObject): string | undefined {
  const { disableWait, timeout } = fields(at(release, ["spec", "upgrade"]));
  if (disableWait === true) return undefined;
  return text(timeout) ?? text(at(release, ["spec", "timeout"])) ?? "5m";
}

/** The claims of an app-template release that are deleted when it is uninstalled, by their keys in `persistence`. Source: common library, classes/_pvc.tpl. */
export function claimsDeletedWith(release: KubeObject, objects: ObjectIndex): readonly string[] {
  if (!isAppTemplate(release, objects)) return [];
  return enabled(appValues(release, objects).values.persistence)
    .filter(
      ([, { type = "persistentVolumeClaim", existingClaim, retain, annotations }]) =>
        ["persistentVolumeClaim", "pvc"].includes(String(type)) &&
        existingClaim === undefined &&
        retain !== true &&
        fields(annotations)["helm.sh/resource-policy"] !== "keep",
    )
    .map(([name]) => name);
}
