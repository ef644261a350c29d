import assert from "node:assert/strict";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import { helmRelease, kustomization, messages, resultOf, written, type Files } from "../planning.ts";

const source = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "a", namespace: "shop" },
  spec: { type: "oci", url: "oci://registry.example.com/charts" },
};
/** A base that two overlays build under other names, next to a release of its own. */
const files = (overlays: Readonly<Record<string, object>>): Files => ({
  "flux/sync.yaml": kustomization("apps", "./apps"),
  "base/store/release.yaml": helmRelease("store", "shop", "store", {}),
  "base/store/kustomization.yaml": { resources: ["release.yaml"] },
  ...Object.fromEntries(
    Object.entries(overlays).map(([name, fields]) => [
      `apps/${name}/kustomization.yaml`,
      { resources: ["../../base/store"], ...fields },
    ]),
  ),
  "apps/mail/release.yaml": helmRelease("mail", "shop", "mail", {}),
  "apps/mail/kustomization.yaml": { resources: ["release.yaml"] },
  "apps/source.yaml": source,
  "apps/kustomization.yaml": { resources: ["source.yaml", "mail", ...Object.keys(overlays)] },
});
const named = (name: string): object => ({
  patches: [
    {
      target: { kind: "HelmRelease", name: "store" },
      patch: JSON.stringify([{ op: "replace", path: "/metadata/name", value: name }]),
    },
  ],
});

describe("migrate oci on a base", () => {
  it("leaves only a release that a cluster has several times, and says why", () => {
    for (const overlays of [
      { blue: named("blue"), red: named("red") },
      { blue: { namePrefix: "blue-" }, red: { namePrefix: "red-" } },
    ]) {
      const result = resultOf(oci, files(overlays));
      assert.equal(result.proof.status, "holds");
      assert.deepEqual(result.plan.changes.map(({ path }) => path).sort(), [
        "apps/mail/kustomization.yaml",
        "apps/mail/ocirepository.yaml",
        "apps/mail/release.yaml",
      ]);
      const refused = messages(result, "refused");
      assert.equal(refused.length, 1, refused.join("\n"));
      assert.match(
        refused[0] ?? "",
        /HelmReleases shop\/blue(?:-store)? and shop\/red(?:-store)? are all built from this file, .*--shared-repositories/,
      );
    }
  });

  it("moves it if they share one OCIRepository, or each has its own namespace", () => {
    const given = files({ blue: named("blue"), red: named("red") });
    const shared = resultOf(oci, given, { oci: { shared: true } });
    assert.equal(shared.proof.status, "holds");
    assert.match(written(shared, "base/store/release.yaml"), /chartRef/);
    const apart = files({ blue: { namespace: "blue" }, red: { namespace: "red" } });
    const sources = ["blue", "red"].map((namespace) => ({
      ...source,
      metadata: { name: "a", namespace },
    }));
    const result = resultOf(oci, { ...apart, "apps/source.yaml": [source, ...sources] });
    assert.equal(result.proof.status, "holds");
    assert.match(written(result, "base/store/release.yaml"), /chartRef/);
  });

  it("leaves a release that a JSON patch of an overlay changes at spec.chart, and moves the others", () => {
    const patch = JSON.stringify([{ op: "replace", path: "/spec/chart/spec/version", value: "4.5.0" }]);
    const patches = [{ target: { kind: "HelmRelease", name: "store" }, patch }];
    const result = resultOf(oci, files({ blue: { patches } }));
    assert.equal(result.proof.status, "holds");
    assert.match(written(result, "apps/mail/release.yaml"), /chartRef/);
    assert.equal(written(result, "base/store/release.yaml"), "");
    const refused = messages(result, "refused").join("\n");
    assert.match(
      refused,
      /apps\/blue\/kustomization\.yaml:\d+: JSON patch replace \/spec\/chart\/spec\/version/,
    );
  });
});

describe("migrate oci on a release that a kustomization elsewhere lists", () => {
  const store = { "apps/store/app/release.yaml": helmRelease("store", "shop", "store", {}) };

  it("lists the OCIRepository there", () => {
    const result = resultOf(oci, {
      ...store,
      "flux/sync.yaml": kustomization("apps", "./apps"),
      "apps/kustomization.yaml": "resources: [source.yaml, store/app/release.yaml]\n",
      "apps/source.yaml": source,
    });
    assert.equal(result.proof.status, "holds");
    assert.equal(
      written(result, "apps/kustomization.yaml"),
      "resources: [source.yaml, store/app/release.yaml, store/app/ocirepository.yaml]\n",
    );
  });

  it("lists it in each of them, and not in the one next to it", () => {
    const lists = { resources: ["../source.yaml", "../apps/store/app/release.yaml"] };
    const result = resultOf(oci, {
      ...store,
      "flux/blue.yaml": kustomization("blue", "./blue"),
      "apps/store/app/kustomization.yaml": { resources: ["other.yaml"] },
      "blue/kustomization.yaml": lists,
      "red/kustomization.yaml": lists,
      "source.yaml": source,
    });
    assert.equal(result.proof.status, "holds");
    assert.deepEqual(result.plan.changes.map(({ path }) => path).sort(), [
      "apps/store/app/ocirepository.yaml",
      "apps/store/app/release.yaml",
      "blue/kustomization.yaml",
      "red/kustomization.yaml",
    ]);
    assert.match(written(result, "red/kustomization.yaml"), /- \.\.\/apps\/store\/app\/ocirepository\.yaml/);
  });
});

describe("migrate oci next to a Kustomization whose directory does not exist", () => {
  const moved = (path: string): ReturnType<typeof resultOf> =>
    resultOf(oci, {
      "flux/sync.yaml": kustomization("apps", "./apps"),
      "apps/kustomization.yaml": { resources: ["source.yaml", "release.yaml", "gone.yaml"] },
      "apps/source.yaml": source,
      "apps/release.yaml": helmRelease("store", "shop", "store", {}),
      "apps/gone.yaml": kustomization("gone", path),
    });

  it("proves the rest, unless a variable may stand for a directory that exists", () => {
    const result = moved("./nowhere");
    assert.equal(result.proof.status, "holds");
    assert.match(result.unseen.join("\n"), /the directory nowhere does not exist/);
    assert.equal(moved("./${WHERE}").proof.status, "unproven");
  });
});
