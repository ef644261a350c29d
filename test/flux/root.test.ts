import assert from "node:assert/strict";
import { fluxAppsObjects, type FluxAppsArgs } from "../../components/flux/apps.ts";
import { fluxRootObjects, type FluxRootArgs } from "../../components/flux/root.ts";
import type { FluxPatch } from "../../components/flux/patches.ts";
import type { KubeObject } from "../../kube/objects.ts";
import {
  applyObjects,
  assertClaimSurvived,
  becomes,
  deleteObject,
  fixtureConfig,
  FLUX_TIMEOUT_MS,
  grandchildsClaim,
  isReady,
  kustomization,
  startFluxCluster,
  type FluxCluster,
} from "../support/flux.ts";
import { useSandbox } from "../support/sandbox.ts";

const labels = { "edgefirst.dev/stack": "test" };

function rootArgs(url: string, name?: string): FluxRootArgs {
  const { root, source, apps } = fixtureConfig(url, name);
  return { ...root, source, apps, labels, installsFlux: false };
}

function appsArgs(root: FluxRootArgs): FluxAppsArgs {
  return { ...root.apps, labels, root };
}

const NAMESPACE: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-apps" } };
const configMap = (namespace: string, name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name },
});

describe("the root with the real source- and kustomize-controller", function () {
  this.timeout(FLUX_TIMEOUT_MS * 2);
  const own = useSandbox("flux");
  let flux: FluxCluster;
  let args: FluxRootArgs;

  before(async () => {
    flux = await startFluxCluster(own.sandbox, "flux");
    args = rootArgs(flux.url, "cluster-apps");
    await applyObjects(flux.client, [
      NAMESPACE,
      ...fluxAppsObjects(appsArgs(args)),
      ...fluxRootObjects(args),
    ]);
    await isReady(flux.client, kustomization("flux-system", "cluster-apps"));
  });

  const spec = async (namespace: string, name: string): Promise<Record<string, unknown>> =>
    (await isReady(flux.client, kustomization(namespace, name))).spec as Record<string, unknown>;
  const data = async (namespace: string, name: string): Promise<unknown> =>
    (await becomes(flux.client, configMap(namespace, name), "there", () => true)).data;

  it("moves children to flux-apps and nothing else", async () => {
    for (const name of ["player", "own-patches", "own-settings"]) {
      const { sourceRef } = await spec("flux-apps", name);
      assert.deepEqual(sourceRef, { kind: "OCIRepository", name: "fixture", namespace: "flux-system" });
    }
    assert.equal(await flux.client.get(kustomization("media", "player")), undefined);
    for (const namespace of ["media", "observability"]) {
      const alert = {
        apiVersion: "notification.toolkit.fluxcd.io/v1beta3",
        kind: "Alert",
        metadata: { namespace, name: "chat" },
      };
      assert.notEqual(await flux.client.get(alert), undefined, `Alert in ${namespace}`);
    }
  });

  it("applies the repository's settings to the namespace where the children substitute them", async () => {
    await spec("flux-apps", "player");
    assert.deepEqual(await data("media", "player"), { url: "https://player.example.com" });
  });

  it("keeps a child's own patches, after the HelmRelease defaults", async () => {
    const { patches } = await spec("flux-apps", "own-patches");
    const targets = (patches as FluxPatch[]).map(({ target }) => target.kind);
    assert.deepEqual(targets, ["HelmRelease", "ConfigMap"]);
    assert.deepEqual(await data("media", "own-patches"), {
      url: "https://own.example.com",
      patched: "by the child itself",
    });
    const release = await flux.client.get({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { namespace: "media", name: "own-patches" },
    });
    const { install, upgrade, driftDetection } = release?.spec as Record<string, unknown>;
    assert.deepEqual(install, { crds: "CreateReplace", remediation: { retries: 3 } });
    assert.deepEqual(upgrade, install);
    assert.deepEqual(driftDetection, { mode: "warn" });
  });

  it("keeps a child's own substituteFrom entries, after the common ones", async () => {
    const { postBuild } = await spec("flux-apps", "own-settings");
    assert.deepEqual((postBuild as { substituteFrom: unknown }).substituteFrom, [
      { kind: "ConfigMap", name: "cluster-settings", optional: false },
      { kind: "ConfigMap", name: "observability-settings", optional: false },
    ]);
    assert.deepEqual(await data("observability", "own-settings"), {
      retention: "14d",
      url: "https://own-settings.example.com",
    });
  });

  it("leaves a child alone that opted out", async () => {
    const child = await spec("observability", "opted-out");
    assert.equal(child.postBuild, undefined);
    assert.equal(child.patches, undefined);
    assert.deepEqual(await data("observability", "opted-out"), { literal: "${DOMAIN}" });
  });

  it("keeps a grandchild's claim when the root is replaced, and when it is renamed", async () => {
    const claim = await grandchildsClaim(flux.client);
    const child = await flux.client.get(kustomization("flux-apps", "player"));
    const roots = [args, rootArgs(flux.url, "cluster-apps"), rootArgs(flux.url, "renamed")];
    for (const [index, next] of roots.entries()) {
      const former = roots[index - 1];
      if (former === undefined) continue;
      await deleteObject(flux.client, kustomization("flux-system", former.name));
      await applyObjects(flux.client, fluxRootObjects(next));
      await isReady(flux.client, kustomization("flux-system", next.name));
      await assertClaimSurvived(flux.client, claim);
      const survivor = await isReady(flux.client, kustomization("flux-apps", "player"));
      assert.equal(survivor.metadata.uid, child?.metadata.uid);
      assert.equal(survivor.metadata.labels?.["kustomize.toolkit.fluxcd.io/name"], next.name);
    }
  });
});
