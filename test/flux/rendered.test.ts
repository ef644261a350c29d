import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse, parseAllDocuments } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import type { BuiltObject } from "../../tools/gitops/flux/built.ts";
import { isMapping, type Mapping, type Value } from "../../tools/gitops/yaml/values.ts";
import { pushChart } from "../../tools/sandbox/registry.ts";
import { releaseOptions } from "../../tools/render/release.ts";
import {
  applyObjects,
  FLUX_TIMEOUT_MS,
  isReady,
  startFluxCluster,
  type FluxCluster,
} from "../support/flux.ts";
import { CHARTS, idOf, renderOnly, repositoryOf } from "../support/rendering.ts";
import { useSandbox } from "../support/sandbox.ts";

/** Only the first release installs the chart's CustomResourceDefinition, whose labels name the last release that wrote it. */
const FIRST = "plain";

const release = (name: string, spec: string): string => `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: ${name}, namespace: apps }
spec:
  interval: 1h
  ${name === FIRST ? "" : `dependsOn: [{ name: ${FIRST} }]`}
  install: { disableWait: true, disableHooks: true, crds: ${name === FIRST ? "Create" : "Skip"} }
  chart: { spec: { chart: sample, version: 1.x, sourceRef: { kind: HelmRepository, name: charts } } }
${spec}`;

/** Releases with everything between a chart and the cluster that can change what is installed. */
const RELEASES = [
  release(FIRST, '  values: { password: "0123", resources: { limits: { cpu: 500m, memory: 64Mi } } }'),
  release(
    "layered",
    `  releaseName: shop
  targetNamespace: shops
  commonMetadata: { labels: { team: blue }, annotations: { note: "yes" } }
  valuesFrom:
    - { kind: ConfigMap, name: first }
    - { kind: ConfigMap, name: second, valuesKey: more.yaml }
    - { kind: ConfigMap, name: missing, optional: true }
    - { kind: Secret, name: secret, valuesKey: password, targetPath: password, literal: true }
    - { kind: ConfigMap, name: first, valuesKey: tag, targetPath: image.tag }
  values: { port: 9090, probe: true, image: { repository: registry.example.com/other } }`,
  ),
  release(
    "patched",
    `  values: { password: x, size: 0.5 }
  postRenderers:
    - kustomize:
        images: [{ name: registry.example.com/sample, newName: mirror.example.com/sample, newTag: "9" }]
        patches:
          - patch: |
              apiVersion: apps/v1
              kind: Deployment
              metadata: { name: patched }
              spec: { template: { spec: { containers: [{ name: app, env: [{ name: SIZE, value: large }, { name: MORE, value: "1" }] }] } } }
          - target: { kind: Service }
            patch: |
              - { op: add, path: /metadata/annotations, value: { patched: "true" } }
              - { op: replace, path: /spec/ports/0/port, value: 81 }
    - kustomize:
        patches:
          - target: { kind: Widget }
            patch: "- { op: add, path: /metadata/labels, value: { size: large } }"`,
  ),
];

const SETTINGS = `
apiVersion: v1
kind: ConfigMap
metadata: { name: first, namespace: apps }
data:
  tag: "5.10"
  values.yaml: |
    replicas: 3
    size: 2000000
    resources: { requests: { cpu: 10m } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: second, namespace: apps }
data:
  more.yaml: |
    replicas: 2
    resources: null
---
apiVersion: v1
kind: Secret
metadata: { name: secret, namespace: apps }
stringData: { password: "p,a=s\\\\s" }`;

describe("what lint --render renders, and what the real helm-controller installs", function () {
  this.timeout(FLUX_TIMEOUT_MS * 2);
  const own = useSandbox("rendered");
  let flux: FluxCluster;
  let rendered: ReadonlyMap<BuiltObject, readonly Mapping[]>;

  before(async () => {
    flux = await startFluxCluster(own.sandbox, "rendered", { helm: true });
    const url = await pushChart(flux.registry, "charts/sample", join(CHARTS, "sample"));
    const source = `
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: { name: charts, namespace: apps }
spec: { type: oci, insecure: true, interval: 1h, url: ${url.replace(/\/sample$/, "")} }`;
    const text = [SETTINGS, source, ...RELEASES].join("\n---");
    const { releases, notRendered } = await renderOnly(repositoryOf({ "apps.yaml": text }));
    assert.deepEqual(
      notRendered.map(({ reason }) => reason),
      [],
    );
    rendered = releases;
    const namespaces = ["apps", "shops"].map((name): KubeObject => {
      return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    });
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
    await applyObjects(flux.client, [...namespaces, ...objects]);
  });
  after(() => {
    flux.client.close();
  });

  for (const text of RELEASES) {
    const { metadata } = parse(text) as KubeObject;
    it(`${metadata.name}: the same objects, in the release and in the cluster`, async () => {
      const [{ object }, objects] = renderedFor(metadata.name);
      await isReady(flux.client, object as unknown as KubeObject);
      const { name, namespace } = releaseOptions(object);
      const { CustomResourceDefinition: definitions = [], rest = [] } = Object.groupBy(objects, ({ kind }) =>
        kind === "CustomResourceDefinition" ? kind : "rest",
      );
      assert.deepEqual(
        byId(rest.map((one) => withNamespace(plain(one), namespace))),
        byId((await manifestOf(name)).map((one) => withNamespace(one, namespace))),
      );
      assert.equal(definitions.length, metadata.name === FIRST ? 1 : 0);
      for (const one of objects) {
        const live = await flux.client.get(one as unknown as KubeObject);
        assert.ok(live, `${idOf(one)} is not in the cluster`);
        assert.deepEqual(missingIn(asStored(plain(one)), live as unknown as Mapping, idOf(one)), []);
      }
    });
  }

  function renderedFor(name: string): [BuiltObject, readonly Mapping[]] {
    const found = [...rendered].find(([{ object }]) => (object.metadata as Mapping).name === name);
    assert.ok(found, `${name} was not rendered`);
    return found;
  }

  /** The manifest that Helm stored for the first revision of a release: https://helm.sh/docs/topics/advanced/#storage-backends */
  async function manifestOf(name: string): Promise<readonly Mapping[]> {
    const secret = await flux.client.get({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "apps", name: `sh.helm.release.v1.${name}.v1` },
    });
    const { release: stored } = (secret as unknown as { data: { release: string } }).data;
    const json = gunzipSync(Buffer.from(Buffer.from(stored, "base64").toString(), "base64")).toString();
    const { manifest } = JSON.parse(json) as { manifest: string };
    return parseAllDocuments(manifest)
      .map((document) => document.toJS() as unknown)
      .filter(isMapping);
  }
});

const plain = (object: Mapping): Mapping => JSON.parse(JSON.stringify(object)) as Mapping;

/** Helm installs an object without a namespace in the release's. */
function withNamespace(object: Mapping, namespace: string): Mapping {
  const { namespace: written = namespace, ...metadata } = object.metadata as Mapping;
  return { ...object, metadata: { ...metadata, namespace: written } };
}

const byId = (objects: readonly Mapping[]): Mapping =>
  Object.fromEntries(objects.map((object) => [idOf(object), object]));

/** A Secret as an API server stores it. */
function asStored(object: Mapping): Mapping {
  const { stringData, ...rest } = object;
  if (!isMapping(stringData)) return object;
  const data = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value as string).toString("base64"),
  ]);
  return { ...rest, data: { ...(rest.data as Mapping), ...(Object.fromEntries(data) as Mapping) } };
}

/** The fields of a rendered object that the live object has with another value, or lacks. The live object has defaults in addition. */
function missingIn(value: Value, live: Value | undefined, path: string): readonly string[] {
  if (typeof value !== "object" || value === null)
    return value === live ? [] : [`${path}: ${JSON.stringify(value)}, live ${JSON.stringify(live)}`];
  return Object.entries(value).flatMap(([key, entry]) =>
    missingIn(entry, (live as Mapping | undefined)?.[key], `${path}.${key}`),
  );
}
