import assert from "node:assert/strict";
import { build, kustomization, map, maps } from "../../support/built-repository.ts";

/** A Kustomization that gives what it applies the name of a city. */
const inCity = (city: string, name = "apps", path = "./apps"): string =>
  kustomization(name, path).replace(
    "prune: true",
    `prune: true, postBuild: { substitute: { CITY: ${city} } }`,
  );

/** A FluxInstance whose Kustomization gives what it applies the name of a city. */
const instance = (city: string, path = "apps"): string => `---
apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: { name: flux, namespace: flux-system }
spec:
  sync: { kind: GitRepository, url: https://git.example.com/me/home, ref: refs/heads/main, path: ${path} }
  kustomize:
    patches:
      - target: { kind: Kustomization }
        patch: '[{ "op": "add", "path": "/spec/postBuild", "value": { "substitute": { "CITY": "${city}" } } }]'
`;

const SHARED = { "apps/map.yaml": map('"of-${CITY}"') };

describe("roots with one name and one path", () => {
  for (const [first, second, ...names] of [
    ["oslo/flux/apps.yaml", "rome/flux/apps.yaml", "oslo", "rome"],
    ["sites/oslo/boot/apps.yaml", "sites/rome/boot/apps.yaml", "sites/oslo", "sites/rome"],
    [
      "kubernetes/flux/oslo/ks.yaml",
      "kubernetes/flux/rome/ks.yaml",
      "kubernetes/flux/oslo",
      "kubernetes/flux/rome",
    ],
    ["fleet/oslo.yaml", "fleet/rome.yaml", "fleet/oslo.yaml", "fleet/rome.yaml"],
  ] as const)
    it(`are of two clusters if what they apply differs, in ${first}`, () => {
      const files = { ...SHARED, [first]: inCity("oslo"), [second]: inCity("rome") };
      assert.deepEqual(maps(build(files)), { [names[0]]: ["of-oslo"], [names[1]]: ["of-rome"] });
    });

  it("are of two clusters if FluxInstances that nothing applies patch them differently", () => {
    const files = { ...SHARED, "boot/oslo.yaml": instance("oslo"), "boot/rome.yaml": instance("rome") };
    assert.deepEqual(maps(build(files)), {
      "boot/oslo.yaml": ["of-oslo"],
      "boot/rome.yaml": ["of-rome"],
    });
  });

  it("are of one cluster if one is a copy for the first start of a cluster that then applies the other", () => {
    const own = { "fleet/apps.yaml": inCity("oslo"), ...SHARED };
    for (const files of [
      {
        ...own,
        "boot/root.yaml": kustomization("root", "./fleet"),
        "fleet/root.yaml": inCity("oslo", "root", "./fleet"),
      },
      { ...own, "boot/flux.yaml": instance("rome", "fleet"), "fleet/flux.yaml": instance("oslo", "fleet") },
    ])
      assert.deepEqual(maps(build(files)), { ".": ["of-oslo"] });
  });

  it("are of one cluster if they apply the same", () => {
    const files = {
      ...SHARED,
      "a/apps.yaml": inCity("oslo"),
      "b/apps.yaml": inCity("oslo").replace("1h", "2h"),
    };
    assert.deepEqual(Object.keys(maps(build(files))), ["."]);
  });

  it("are of one cluster if one is left over from an earlier bootstrap", () => {
    const patch =
      '[{ "op": "add", "path": "/spec/postBuild", "value": { "substitute": { "CITY": "rome" } } }]';
    const files = {
      "apps/flux-system/gotk-sync.yaml": kustomization("flux-system", "./apps"),
      "apps/kustomization.yaml": "resources: [web.yaml]\n",
      "apps/web.yaml": kustomization("web", "./web"),
      "flux/apps.yaml": kustomization("apps", "./apps").replace(
        "prune: true",
        `prune: true, patches: [{ target: { kind: Kustomization }, patch: '${patch}' }]`,
      ),
      "web/map.yaml": map('"of-${CITY}"'),
    };
    const cluster = { "flux/cluster.yaml": kustomization("cluster", "./flux") };
    assert.deepEqual(maps(build({ ...files, ...cluster })), { ".": ["of-rome"] });
    assert.deepEqual(maps(build(files)), { ".": ["of-${CITY}", "of-rome"] });
  });

  it("are both built if their names differ and they apply different Kustomizations with one name", () => {
    const patches = (city: string): string =>
      `prune: true, patches: [{ target: { kind: Kustomization }, patch: '[{ "op": "add", "path": "/spec/postBuild", "value": { "substitute": { "CITY": "${city}" } } }]' }]`;
    const root = (city: string): string =>
      kustomization(`apps-${city}`, "./all").replace("prune: true", patches(city));
    const files = {
      ...SHARED,
      "all/apps.yaml": kustomization("apps", "./apps"),
      "fleet/oslo.yaml": root("oslo"),
      "fleet/rome.yaml": root("rome"),
    };
    assert.deepEqual(maps(build(files)), { ".": ["of-oslo", "of-rome"] });
  });
});
