import assert from "node:assert/strict";
import type { KubeObject } from "../../../kube/objects.ts";
import { fluxCheck } from "../../../staging/checks/flux.ts";
import type { Verdict } from "../../../staging/checks/check.ts";
import { ready, scriptedCluster } from "../../support/scripted-cluster.ts";

const GROUPS: Readonly<Record<string, string>> = {
  Kustomization: "kustomize.toolkit.fluxcd.io/v1",
  HelmRelease: "helm.toolkit.fluxcd.io/v2",
};
function object(kind: string, name: string, spec: object | undefined, status: object = {}): KubeObject {
  return {
    apiVersion: GROUPS[kind] ?? "source.toolkit.fluxcd.io/v1",
    kind,
    metadata: { name, namespace: "apps" },
    ...(spec && { spec }),
    status: { ...ready("True"), ...status },
  };
}
const source = (kind: string, name: string, revision?: string) =>
  object(kind, name, {}, revision === undefined ? {} : { artifact: { revision } });

async function judge(...objects: KubeObject[]): Promise<Map<string, Verdict>> {
  const { verdicts } = await fluxCheck({ cluster: scriptedCluster(() => objects), stack: "edge" }).run();
  return new Map(verdicts.map((verdict) => [verdict.object, verdict]));
}
/** The verdict on the last object. */
async function verdict(...objects: KubeObject[]): Promise<string> {
  const found = [...(await judge(...objects)).values()].at(-1);
  return `${found?.state ?? ""}: ${found?.message ?? ""}`;
}

describe("check flux", () => {
  it("judges every kind, except a HelmRepository that Flux does not reconcile", async () => {
    const found = await judge(
      source("GitRepository", "git", "main@sha1:1"),
      source("OCIRepository", "oci"),
      object("HelmRepository", "http", undefined),
      object("HelmRepository", "default", { type: "default" }),
      object("HelmRepository", "registry", { type: "oci" }),
      object("HelmChart", "chart", { type: "oci" }),
      object("Kustomization", "app", undefined, { lastAppliedRevision: "main@sha1:1" }),
      object("HelmRelease", "app", undefined, { lastAttemptedRevision: "1.0.0" }),
    );
    assert.deepEqual(
      [...found.keys()],
      [
        "GitRepository apps/git",
        "OCIRepository apps/oci",
        "HelmRepository apps/http",
        "HelmRepository apps/default",
        "HelmChart apps/chart",
        "Kustomization apps/app",
        "HelmRelease apps/app",
      ],
    );
    assert.ok([...found.values()].every(({ state }) => state === "held"));
    // Only what applies a revision restarts the soak with it.
    assert.deepEqual(
      [...found.values()].map(({ revision }) => revision),
      [undefined, undefined, undefined, undefined, undefined, "main@sha1:1", "1.0.0"],
    );
  });

  it("waits as long as the object's own timeout", async () => {
    const found = await judge(
      object("Kustomization", "slow", { timeout: "10m" }),
      object("Kustomization", "normal", {}),
    );
    assert.deepEqual(
      [...found.values()].map(({ pendingMs }) => pendingMs),
      [600_000, undefined],
    );
  });

  it("expects the revision of the referenced source, in its namespace by default", async () => {
    const git = {
      ...source("GitRepository", "repo", "new"),
      metadata: { name: "repo", namespace: "flux-system" },
    };
    const local = source("GitRepository", "repo", "local");
    const app = (sourceRef: object, status: object = {}) =>
      object("Kustomization", "app", { sourceRef }, status);
    const there = { kind: "GitRepository", name: "repo", namespace: "flux-system" };
    assert.equal(
      await verdict(git, local, app(there)),
      "pending: is at no revision, but GitRepository flux-system/repo is at new",
    );
    assert.equal(await verdict(git, local, app(there, { lastAppliedRevision: "new" })), "held: ");
    const here = { kind: "GitRepository", name: "repo" };
    assert.equal(await verdict(git, local, app(here, { lastAppliedRevision: "local" })), "held: ");
    assert.equal(
      await verdict(git, local, app(here, { lastAppliedRevision: "new" })),
      "pending: is at new, but GitRepository apps/repo is at local",
    );
    // A Kustomization has no chart, and attempting a revision is not applying it.
    assert.equal(
      await verdict(git, app(there, { lastAttemptedRevision: "new", helmChart: "apps/chart" })),
      "pending: is at new, but GitRepository flux-system/repo is at new",
    );
  });

  it("expects no revision of a source that is missing or has none", async () => {
    const app = object("Kustomization", "app", { sourceRef: { kind: "GitRepository", name: "repo" } });
    assert.equal(await verdict(app), "held: ");
    assert.equal(await verdict({ ...source("GitRepository", "repo"), status: ready("True") }, app), "held: ");
    const bare = source("GitRepository", "repo");
    delete (bare as { status?: unknown }).status;
    assert.equal(await verdict(bare, app), "held: ");
    assert.equal(
      await verdict(source("HelmChart", "chart", "1"), object("HelmRelease", "app", {})),
      "held: ",
    );
    assert.equal(
      await verdict(
        source("HelmChart", "c", "1"),
        object("Kustomization", "app", {}, { helmChart: "apps/c" }),
      ),
      "held: ",
    );
  });

  it("keeps the controller's message if the object is not ready", async () => {
    const app = {
      ...object("Kustomization", "app", { sourceRef: { kind: "GitRepository", name: "repo" } }),
      status: ready("False", "boom"),
    };
    assert.equal(await verdict(source("GitRepository", "repo", "new"), app), "failed: Ready: boom");
    const without = { ...app, status: undefined };
    assert.equal(
      await verdict(source("GitRepository", "repo", "new"), without),
      "pending: Ready: no status yet",
    );
    assert.equal(await verdict({ ...app, spec: { suspend: true } }), "skipped: is suspended");
    assert.equal(await verdict({ ...app, spec: { suspend: false } }), "failed: Ready: boom");
  });

  it("compares a HelmRelease with its chart by version, unless the digest is known", async () => {
    const chart = source("OCIRepository", "chart", "1.2.3@sha256:abc");
    const release = (status: object) =>
      object("HelmRelease", "app", { chartRef: { kind: "OCIRepository", name: "chart" } }, status);
    assert.equal(await verdict(chart, release({ lastAttemptedRevisionDigest: "sha256:abc" })), "held: ");
    for (const digest of [undefined, ""])
      assert.equal(
        await verdict(
          chart,
          release({ lastAttemptedRevision: "1.2.3@sha256:abc", lastAttemptedRevisionDigest: digest }),
        ),
        "held: ",
      );
    assert.equal(
      await verdict(chart, release({ lastAttemptedRevision: "1.2.3", lastAttemptedRevisionDigest: "1.2.3" })),
      "pending: is at 1.2.3, but OCIRepository apps/chart is at 1.2.3@sha256:abc",
    );
  });

  it("does not require a HelmChart to stay, because its release may move to an OCI chart", () => {
    const { keeps } = fluxCheck({ cluster: scriptedCluster(() => []), stack: "edge" });
    assert.equal(keeps!("HelmChart apps/app"), false);
    assert.equal(keeps!("Kustomization apps/HelmChart "), true);
  });
});
