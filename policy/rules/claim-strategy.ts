import type { KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "../objects/app-template.ts";
import { appValues } from "../objects/app-template-dialect.ts";
import { isAttached, type Storage } from "../objects/attached-storage.ts";
import { CLAIM, DEPLOYMENT, HELM_RELEASE } from "../objects/kinds.ts";
import type { Path } from "../engine/path.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, list, text, texts, type Fields } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";

/** See docs/reference/rules/claim-strategy.md. */
export const claimStrategy = defineRule({
  id: "claim-strategy",
  description: "A Deployment with a claim that only one node can mount is not updated with RollingUpdate.",
  why: "A rolling update starts the new pod while the old one still holds the volume. On another node it waits for the volume forever; on the same node, two processes write the same files.",
  remediation: "Set spec.strategy.type: Recreate, or use a claim with the access mode ReadWriteMany.",
  severity: "high",
  enforcement: "mandatory",
  forAuthor: true,
  recommends: "a claim of a storage class on the node itself, since both pods then run on that node",
  kinds: [DEPLOYMENT, HELM_RELEASE],
  wholeStack: true,
  *check(object, { objects }) {
    if (object.kind === "Deployment") yield* ofDeployment(object, objects);
    else if (isAppTemplate(object, objects)) yield* ofRelease(object, objects);
  },
});

/** A claim that only one node can mount. */
interface SingleClaim {
  readonly name: string;
  readonly storage: Storage;
}

/** One problem for all claims of a workload. */
function* claimProblem(path: Path, claims: readonly SingleClaim[]): Generator<Problem> {
  if (claims.length === 0) return;
  const names = claims.map(({ name }) => name).join(", ");
  yield {
    path,
    message: `RollingUpdate starts a second pod, but only one node can mount the ${claims.length === 1 ? "claim" : "claims"} ${names}.`,
    recommendation: claims.every(({ storage }) => isOnNode(storage.storageClass)),
  };
}

function* ofDeployment(deployment: KubeObject, objects: ObjectIndex): Generator<Problem> {
  const { strategy, replicas, template } = fields(deployment.spec);
  if (!rolls(fields(strategy).type ?? "RollingUpdate", fields(strategy).rollingUpdate, replicas)) return;
  const single = list(at(template, ["spec", "volumes"])).flatMap((volume) => {
    const name = text(fields(fields(volume).persistentVolumeClaim).claimName) ?? "";
    const claim = objects.get(CLAIM, deployment.metadata.namespace, name);
    const storage = storageOf(claim);
    return isOfOneNode(claim) && isAttached(storage, objects) ? [{ name, storage }] : [];
  });
  yield* claimProblem(strategy === undefined ? ["spec"] : ["spec", "strategy"], single);
}

/** app-template recreates pods by default. */
function* ofRelease(release: KubeObject, objects: ObjectIndex): Generator<Problem> {
  const { values, path } = appValues(release, objects);
  for (const [controller, settings] of enabled(values.controllers)) {
    const { type = "deployment", strategy, rollingUpdate, replicas } = settings;
    if (type !== "deployment" || !rolls(strategy, rollingUpdate, replicas)) continue;
    const single = enabled(values.persistence).flatMap(([name, item]) => {
      const isOwn =
        item.advancedMounts === undefined || fields(item.advancedMounts)[controller] !== undefined;
      const existing = text(item.existingClaim);
      const claim =
        existing === undefined ? undefined : objects.get(CLAIM, release.metadata.namespace, existing);
      const isSingle = existing === undefined ? item.accessMode === "ReadWriteOnce" : isOfOneNode(claim);
      const storage = claim === undefined ? inValues(item) : storageOf(claim);
      if (!isOwn || item.type !== "persistentVolumeClaim" || !isSingle || !isAttached(storage, objects))
        return [];
      return [{ name: existing ?? name, storage }];
    });
    yield* claimProblem(path(["controllers", controller, "strategy"]), single);
  }
}

function storageOf(claim: KubeObject | undefined): Storage {
  const { storageClassName, volumeName } = fields(claim?.spec);
  return { storageClass: storageClassName, volume: volumeName };
}

/** The storage of a claim that app-template renders. */
function inValues({ storageClass, volumeName }: Fields): Storage {
  return { storageClass, volume: volumeName };
}

/** Whether a storage class keeps its volumes on one node, judged by its name: local-path, openebs-hostpath, LVM of a node and similar. */
function isOnNode(storageClass: unknown): boolean {
  return /local|hostpath|lvm/.test(text(storageClass) ?? "");
}

/** Without a surge, the old pod ends before the new one starts. */
function rolls(strategy: unknown, rollingUpdate: unknown, replicas: unknown): boolean {
  const { maxSurge, surge } = fields(rollingUpdate);
  return strategy === "RollingUpdate" && (maxSurge ?? surge) !== 0 && replicas !== 0;
}

function isOfOneNode(claim: KubeObject | undefined): boolean {
  const modes = texts(at(claim, ["spec", "accessModes"]));
  return modes.length > 0 && modes.every((mode) => mode === "ReadWriteOnce" || mode === "ReadWriteOncePod");
}
