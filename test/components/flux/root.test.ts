import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import type { KubeObject } from "../../../kube/objects.ts";
import { describeDifference } from "../../../components/flux/difference.ts";
import {
  desiredFluxRoot,
  FluxRoot,
  fluxRootObjects,
  type FluxRootArgs,
  type RepositorySource,
} from "../../../components/flux/root.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { rootArgs } from "../../support/flux-args.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

const LIVE_ROOT = parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/flux/live-root.yaml"), "utf8"),
) as KubeObject;

type Spec = Readonly<Record<string, unknown>>;
const sourceSpec = (args: FluxRootArgs): Spec => desiredFluxRoot(args)[0]?.spec as Spec;
const rootSpec = (args: FluxRootArgs): Spec => desiredFluxRoot(args)[1]?.spec as Spec;

describe("flux-root", () => {
  it("declares source and root as children that outlive the stack, the source first", async () => {
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new FluxRoot("flux-root", rootArgs(), { providers: [provider] });
      },
      { preview: true },
    );
    const source = resourceNamed(resources, "flux-system/haynes-ops");
    const root = resourceNamed(resources, "flux-system/cluster-apps");
    assert.equal(source.type, "kubernetes:source.toolkit.fluxcd.io/v1:GitRepository");
    assert.equal(root.type, "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization");
    for (const child of [source, root]) {
      assert.equal(child.parent, resourceNamed(resources, "flux-root").urn);
      assert.match(child.provider ?? "", /::cluster::/);
      assert.equal(child.options.retainOnDelete, true);
      assert.deepEqual(child.unknowns, []);
    }
    assert.ok(root.options.dependencies.includes(source.urn));
    assert.equal((root.inputs.spec as Spec).deletionPolicy, "Orphan");
  });

  it("declares nothing in observe mode", async () => {
    const args = rootArgs({ mode: "observe" });
    const resources = await recordResources(() => {
      new FluxRoot("flux-root", args, {});
    });
    assert.deepEqual(
      resources.map(({ name }) => name),
      ["flux-root"],
    );
    assert.deepEqual(fluxRootObjects(args), []);
  });

  for (const stack of ["edge", "main"])
    it(`follows the repository in the configuration of the stack ${stack}`, () => {
      const args = rootArgs({}, stack);
      assert.deepEqual(sourceSpec(args), {
        interval: "30m",
        url: "https://github.com/thaynes43/haynes-ops",
        ref: { branch: stack },
        ignore: "# exclude all\n/*\n# include kubernetes directory\n!/kubernetes\n",
      });
      assert.equal(rootSpec(args).path, `./kubernetes/${stack}/apps`);
    });

  it("renders the same as the repository's own root, except for what makes it safe to own", async () => {
    const [difference] = await describeDifference(
      desiredFluxRoot(rootArgs()).slice(1),
      clusterHolding(LIVE_ROOT),
    );
    const changed = difference!.diff.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
    const schema = /^\+ *# \{"type":"array"/;
    assert.deepEqual(
      changed.filter((line) => !schema.test(line)),
      [
        "+  labels:",
        "+    edgefirst.dev/stack: edge",
        "+  deletionPolicy: Orphan",
        "+    namespace: flux-system",
        "+  wait: false",
      ],
    );
    assert.equal(changed.filter((line) => schema.test(line)).length, 1);
  });

  it("pins a commit of a branch, or follows an artifact", () => {
    const { source } = rootArgs();
    const commit = "0".repeat(40);
    assert.deepEqual(sourceSpec(rootArgs({ source: { ...source, ref: { branch: "main", commit } } })).ref, {
      branch: "main",
      commit,
    });
    const oci: RepositorySource = {
      kind: "OCIRepository",
      name: "repo",
      namespace: "flux-system",
      url: "oci://127.0.0.1:5000/repo",
      ref: { digest: `sha256:${"0".repeat(64)}` },
      interval: "1m",
      insecure: true,
      verify: { provider: "cosign", secretRef: { name: "cosign" } },
    };
    const [object] = desiredFluxRoot(rootArgs({ source: oci }));
    assert.equal(object?.kind, "OCIRepository");
    assert.deepEqual(object.spec, {
      interval: "1m",
      url: oci.url,
      ref: oci.ref,
      verify: oci.verify,
      insecure: true,
    });
    assert.deepEqual(rootSpec(rootArgs({ source: oci })).sourceRef, {
      kind: "OCIRepository",
      name: "repo",
      namespace: "flux-system",
    });
  });

  it("depends on the settings, and sets decryption only with a Secret", () => {
    const { apps } = rootArgs();
    const spec = rootSpec(
      rootArgs({
        settingsPath: "./vars",
        decryptionSecret: null,
        apps: { ...apps, placement: "namespace", settingsPath: "./vars" },
      }),
    );
    assert.deepEqual(spec.dependsOn, [{ name: "flux-apps-settings" }, { name: "flux-system-settings" }]);
    assert.equal(spec.decryption, undefined);
  });
});
