import type { KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "../objects/app-template.ts";
import { appValues } from "../objects/app-template-dialect.ts";
import { isAttached, isOnNode, mayBeShared, type Storage } from "../objects/attached-storage.ts";
import { CLAIM, DEPLOYMENT, HELM_RELEASE } from "../objects/kinds.ts";
import { runOnOneNode, selectsFewNodes } from "../objects/one-node.ts";
import { controllerPods, podsOf, type Pods } from "../objects/pods.ts";
import type { Path } from "../engine/path.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { fields, list, text, texts, type Fields } from "../engine/read.ts";
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
  recommends:
    "a claim on the node itself or on CephFS, which some drivers mount without attaching it, and a pod that names its node, selects nodes by a label such as `gpu`, or must run next to a single pod, since both pods then run on the same node, or may (except with ReadWriteOncePod)",
  kinds: [DEPLOYMENT, HELM_RELEASE],
  wholeStack: true,
  *check(object, { objects }) {
    if (object.kind === "Deployment") yield* ofDeployment(object, objects);
    else if (isAppTemplate(object, objects)) yield* ofRelease(object, objects);
  },
});

/** A claim that a workload mounts. */
interface Claim {
  readonly name: string;
  readonly modes: readonly string[];
  readonly storage: Storage;
}

/** One problem for all claims of a workload that only one node, or only one pod, can mount. */
function* claimProblem(
  path: Path,
  claims: readonly Claim[],
  pods: Pods,
  objects: ObjectIndex,
): Generator<Problem> {
  const single = claims.filter(
    (claim) => isOfOnePod(claim) || (isOfOneNode(claim) && isAttached(claim.storage, objects)),
  );
  if (single.length === 0) return;
  const isForOnePod = single.some(isOfOnePod);
  const mounter = isForOnePod ? "only one pod" : "only one node";
  yield {
    path,
    message: `RollingUpdate starts a second pod, but ${mounter} can mount the ${single.length === 1 ? "claim" : "claims"} ${single.map(({ name }) => name).join(", ")}.`,
    recommendation:
      !isForOnePod &&
      (claims.some(({ storage }) => isOnNode(storage, objects)) ||
        single.every(({ storage }) => mayBeShared(storage, objects)) ||
        runOnOneNode(pods, objects) ||
        selectsFewNodes(pods)),
  };
}

/** The scheduler keeps a second pod from such a claim even on the same node. */
function isOfOnePod({ modes }: Claim): boolean {
  return modes.length > 0 && modes.every((mode) => mode === "ReadWriteOncePod");
}

function isOfOneNode({ modes }: Claim): boolean {
  return modes.length > 0 && modes.every((mode) => mode === "ReadWriteOnce" || mode === "ReadWriteOncePod");
}

function* ofDeployment(deployment: KubeObject, objects: ObjectIndex): Generator<Problem> {
  const { strategy, replicas } = fields(deployment.spec);
  if (!rolls(fields(strategy).type ?? "RollingUpdate", fields(strategy).rollingUpdate, replicas)) return;
  const pods = podsOf(deployment);
  const claims = list(pods.spec.volumes)
    .map((volume) => text(fields(fields(volume).persistentVolumeClaim).claimName))
    .flatMap((name) => existingClaim(name, deployment.metadata.namespace, objects));
  yield* claimProblem(strategy === undefined ? ["spec"] : ["spec", "strategy"], claims, pods, objects);
}

/** app-template recreates pods by default. */
function* ofRelease(release: KubeObject, objects: ObjectIndex): Generator<Problem> {
  const { values, path } = appValues(release, objects);
  for (const [controller, settings] of enabled(values.controllers)) {
    const { type = "deployment", strategy, rollingUpdate, replicas } = settings;
    if (type !== "deployment" || !rolls(strategy, rollingUpdate, replicas)) continue;
    const claims = enabled(values.persistence)
      .filter(
        ([, { type: kind, advancedMounts }]) =>
          kind === "persistentVolumeClaim" &&
          (advancedMounts === undefined || fields(advancedMounts)[controller] !== undefined),
      )
      .flatMap(([name, item]) =>
        item.existingClaim === undefined
          ? [{ name, modes: texts([item.accessMode]), storage: storageOf(item) }]
          : existingClaim(text(item.existingClaim), release.metadata.namespace, objects),
      );
    const pods = controllerPods(release, values, [controller, settings]);
    yield* claimProblem(path(["controllers", controller, "strategy"]), claims, pods, objects);
  }
}

/** A claim that is in the repository. */
function existingClaim(
  name: string | undefined,
  namespace: string | undefined,
  objects: ObjectIndex,
): readonly Claim[] {
  const claim = objects.get(CLAIM, namespace, name ?? "");
  if (claim === undefined) return [];
  const { accessModes, storageClassName, ...spec } = fields(claim.spec);
  const storage = storageOf({ ...spec, storageClass: storageClassName });
  return [{ name: claim.metadata.name, modes: texts(accessModes), storage }];
}

/** The storage of a claim, with the names of app-template's values. */
function storageOf({ storageClass, volumeName }: Fields): Storage {
  return { storageClass, volume: volumeName };
}

/** Without a surge, the old pod ends before the new one starts. */
function rolls(strategy: unknown, rollingUpdate: unknown, replicas: unknown): boolean {
  const { maxSurge, surge } = fields(rollingUpdate);
  return strategy === "RollingUpdate" && (maxSurge ?? surge) !== 0 && replicas !== 0;
}
