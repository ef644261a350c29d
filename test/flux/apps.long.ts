import assert from "node:assert/strict";
import { join } from "node:path";
import type { ObjectReference } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { checkFluxApps } from "../../components/flux/apps-checks.ts";
import { fluxAppsNamespaces, fluxAppsObjects, type FluxAppsArgs } from "../../components/flux/apps.ts";
import type { FluxPlacementArgs } from "../../components/flux/placement.ts";
import { fluxRootObjects, type FluxRootArgs } from "../../components/flux/root.ts";
import {
  applyObjects,
  assertClaimSurvived,
  becomes,
  condition,
  fixtureConfig,
  FLUX_TIMEOUT_MS,
  grandchildsClaim,
  isReady,
  kustomization,
  startFluxCluster,
  type FluxCluster,
} from "../support/flux.ts";
import { pushChart } from "../../tools/sandbox/registry.ts";
import { useSandbox } from "../support/sandbox.ts";

const CHARTS = join(import.meta.dirname, "../fixtures/charts");
const labels = { "edgefirst.dev/stack": "test" };
const CHILDREN = ["media/own-patches", "media/player", "observability/own-settings"];

describe("moving children, with the real source-controller and kustomize-controller", function () {
  this.timeout(FLUX_TIMEOUT_MS * 2);
  const own = useSandbox("apps");
  let flux: FluxCluster;

  before(async () => {
    flux = await startFluxCluster(own.sandbox, "apps", { helm: true });
  });
  after(() => {
    flux.client.close();
  });

  function args(apps: Partial<FluxPlacementArgs>, children: FluxRootArgs["children"] = {}): FluxAppsArgs {
    const config = fixtureConfig(flux.url);
    const placement = { ...config.apps, ...apps };
    const root = {
      ...config.root,
      source: config.source,
      children: { ...config.root.children, ...children },
    };
    return { ...placement, labels, root };
  }

  async function apply(wanted: FluxAppsArgs): Promise<void> {
    const namespaces = fluxAppsNamespaces(wanted).map((name): KubeObject => {
      return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    });
    const root = fluxRootObjects({ ...wanted.root, apps: wanted, labels, installsFlux: false });
    await applyObjects(flux.client, [...namespaces, ...fluxAppsObjects(wanted), ...root]);
  }

  const ready = (id: string): Promise<KubeObject> => {
    const [namespace = "", name = ""] = id.split("/");
    return isReady(flux.client, kustomization(namespace, name));
  };
  const errors = async (wanted: FluxAppsArgs): Promise<string[]> =>
    (await checkFluxApps(wanted, flux.client))
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => /Kustomization (\S+) would move/.exec(message)?.[1] ?? message)
      .sort();

  const APP = { placement: "app", tenantNamespaces: ["media", "observability"] } as const;

  it("app: into the namespaces set in the repository, with the settings in each namespace", async () => {
    await apply(args(APP));
    for (const child of CHILDREN) {
      const { spec } = await ready(child);
      assert.equal((spec as { sourceRef: { namespace?: string } }).sourceRef.namespace, "flux-system");
    }
  });

  it("refuses the move of children that would take their objects with them, naming each", async () => {
    assert.deepEqual(await errors(args({ placement: "namespace" })), CHILDREN);
  });

  it("moves them, once the guard is live, and leaves a grandchild's claim alive", async () => {
    const claim = await grandchildsClaim(flux.client);
    await apply(args(APP, { deletionPolicy: "Orphan" }));
    for (const child of CHILDREN) {
      const [namespace = "", name = ""] = child.split("/");
      await becomes(flux.client, kustomization(namespace, name), "guarded", ({ spec }) => {
        return (spec as { deletionPolicy?: string }).deletionPolicy === "Orphan";
      });
    }
    const move = args({ placement: "namespace" }, { deletionPolicy: "Orphan" });
    assert.deepEqual(await errors(move), []);
    await apply(move);
    await ready("flux-apps/player");
    await ready("flux-system/cluster-apps");
    assert.equal(await flux.client.get(kustomization("media", "player")), undefined);
    await assertClaimSurvived(flux.client, claim);
    assert.deepEqual(await errors(move), []);
  });

  it("strict: children and their HelmReleases have the permissions that apps need in the tenant namespaces, and none elsewhere", async () => {
    await apply(args({ rbac: "strict", tenantNamespaces: ["media"] }, { deletionPolicy: "Orphan" }));
    const strict = ({ spec }: KubeObject): boolean =>
      (spec as { serviceAccountName?: string }).serviceAccountName === "edgefirst-tenant";
    await becomes(flux.client, kustomization("flux-apps", "own-patches"), "ready as the tenant", (child) => {
      return strict(child) && condition(child, "Ready") === "True" && isObserved(child);
    });
    const release = {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { namespace: "media", name: "own-patches" },
    };
    await becomes(flux.client, release, "run as the tenant", strict);
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { namespace: "media", name: "edgefirst-tenant" },
    };
    assert.notEqual(await flux.client.get(account), undefined, "the account that the HelmRelease names");
    await becomes(flux.client, kustomization("flux-apps", "own-settings"), "forbidden", (child) => {
      return strict(child) && /configmaps .* is forbidden.* "observability"/.test(message(child));
    });
    await becomes(flux.client, kustomization("flux-apps", "player"), "forbidden", (child) => {
      return strict(child) && /kustomizations\S* "player-data" is forbidden/.test(message(child));
    });
  });

  it("strict: a tenant's HelmRelease installs its chart in the tenant's namespace, and is denied elsewhere", async () => {
    const url = await pushChart(flux.registry, "charts/note", join(CHARTS, "note"));
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "OCIRepository",
      metadata: { namespace: "media", name: "note" },
      spec: {
        ...{ interval: "1h", url, insecure: true, ref: { tag: "1.0.0" } },
        layerSelector: {
          mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
          operation: "copy",
        },
      },
    };
    const release = (name: string, targetNamespace: string): KubeObject => ({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { namespace: "media", name },
      spec: {
        ...{ interval: "1h", targetNamespace, serviceAccountName: "edgefirst-tenant" },
        chartRef: { kind: "OCIRepository", name: "note" },
      },
    });
    const inside = release("inside", "media");
    const outside = release("outside", "observability");
    await applyObjects(flux.client, [source, inside, outside]);
    await isReady(flux.client, inside);
    await becomes(flux.client, outside, "forbidden", (live) =>
      /forbidden.*"observability"/s.test(message(live)),
    );
    assert.equal(await flux.client.get(note("observability", "outside")), undefined);
    assert.notEqual(await flux.client.get(note("media", "inside")), undefined);
  });
});

function note(namespace: string, release: string): ObjectReference {
  // Helm's release name is prefixed with the target namespace if one is given.
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: `${namespace}-${release}-note` },
  };
}

function isObserved({ status, metadata }: KubeObject): boolean {
  return (status as { observedGeneration?: number }).observedGeneration === metadata.generation;
}

/** The message of the condition Ready. */
function message({ status }: KubeObject): string {
  const { conditions } = (status ?? {}) as { conditions?: { type: string; message: string }[] };
  return conditions?.find(({ type }) => type === "Ready")?.message ?? "";
}
