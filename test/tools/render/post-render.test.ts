import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { postRendered } from "../../../tools/render/post-render.ts";
import { NotRenderable } from "../../../tools/render/rendered.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { idOf } from "../../support/rendering.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const workload = (kind: string, name: string): Mapping => ({
  apiVersion: kind === "Job" ? "batch/v1" : "apps/v1",
  kind,
  metadata: { name },
  spec: { template: { spec: { containers: [{ name: "app", image: "registry.example.com/app:1" }] } } },
});
const MANIFESTS = {
  crds: [
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "widgets.example.com" },
    },
  ],
  templates: [workload("Deployment", "app"), workload("StatefulSet", "data")],
  hooks: [workload("Job", "prepare")],
};
const KUSTOMIZE: Mapping = {
  patches: [
    {
      target: { kind: "Deployment" },
      patch: '[{ "op": "add", "path": "/spec/replicas", "value": 3 }]',
    },
    {
      patch:
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: data }\nspec: { template: { spec: { containers: [{ name: app, tty: true }, { name: side, image: side }] } } }\n",
    },
  ],
  images: [
    { name: "registry.example.com/app", newTag: "2" },
    { name: "side", digest: `sha256:${"0".repeat(64)}` },
  ],
};
const empty = temporaryDirectory("edgefirst-empty-");
const render = (spec: Mapping): ReadonlyMap<string, Mapping> =>
  new Map(
    postRendered({ metadata: { name: "hello", namespace: "apps" }, spec }, MANIFESTS, empty).map((object) => [
      idOf(object),
      object,
    ]),
  );
const imageIn = (object: Mapping | undefined): unknown =>
  (object as { spec: { template: { spec: { containers: { image: string }[] } } } }).spec.template.spec
    .containers[0]?.image;

describe("post-renderers", () => {
  it("change what Kustomize would change", async () => {
    const { path } = await resolveProgram("kustomize", { progress: () => undefined });
    const directory = temporaryDirectory("edgefirst-post-render-");
    const objects = [...MANIFESTS.templates, ...MANIFESTS.hooks];
    writeFileSync(
      join(directory, "objects.yaml"),
      objects.map((object) => JSON.stringify(object)).join("\n---\n"),
    );
    writeFileSync(
      join(directory, "kustomization.yaml"),
      JSON.stringify({ resources: ["objects.yaml"], ...KUSTOMIZE }),
    );
    const output = execFileSync(path, ["build", directory], { encoding: "utf8" });
    const expected = parseAllDocuments(output).map((document) => document.toJS() as Mapping);
    const rendered = render({ postRenderers: [{ kustomize: KUSTOMIZE }] });
    for (const object of expected) {
      const { metadata, ...rest } = rendered.get(idOf(object)) ?? {};
      assert.deepEqual({ ...rest, metadata: { name: (metadata as Mapping).name } }, object);
    }
    assert.equal(expected.length, 3);
  });

  it("leave hooks unchanged if the strategy says so", () => {
    const post = { postRenderers: [{ kustomize: KUSTOMIZE }] };
    assert.equal(imageIn(render(post).get("Job prepare")), "registry.example.com/app:2");
    assert.equal(
      imageIn(render({ ...post, postRenderStrategy: "nohooks" }).get("Job prepare")),
      "registry.example.com/app:1",
    );
  });

  it("add the release's common metadata, then the labels that name the release, which also definitions get", () => {
    const rendered = render({
      commonMetadata: { labels: { team: "a", "helm.toolkit.fluxcd.io/name": "other" } },
    });
    const labels = (id: string): unknown => (rendered.get(id)?.metadata as { labels: Mapping }).labels;
    const origin = { "helm.toolkit.fluxcd.io/name": "hello", "helm.toolkit.fluxcd.io/namespace": "apps" };
    assert.deepEqual(labels("Deployment app"), { team: "a", ...origin });
    assert.deepEqual(labels("CustomResourceDefinition widgets.example.com"), origin);
  });

  it("report a patch whose target does not exist", () => {
    const patch = "apiVersion: v1\nkind: Service\nmetadata: { name: absent }\n";
    assert.throws(
      () => render({ postRenderers: [{ kustomize: { patches: [{ patch }] } }] }),
      (error) => error instanceof NotRenderable && error.message.startsWith("its post-renderer fails: "),
    );
  });
});
