import assert from "node:assert/strict";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { prove } from "../../../../tools/migrate/proof.ts";
import type { StepResult } from "../../../../tools/migrate/run.ts";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import {
  helmRelease,
  kustomization,
  messages,
  resultOf,
  withRepository,
  written,
  type Files,
} from "../planning.ts";

const helmRepository = (url: string, more: object = {}): object => ({
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "a", namespace: "apps" },
  spec: { type: "oci", url, ...more },
});
const UPSTREAM = "oci://registry.example.com/charts";
const MIRROR = "oci://mirror.example.com/charts";
const release = helmRelease("web", "apps", "web", {});

/** Two clusters, each with a directory of its own in `apps`. */
const twoClusters = (files: Files): Files => ({
  "clusters/east/apps.yaml": kustomization("apps", "./apps/east"),
  "clusters/west/apps.yaml": kustomization("apps", "./apps/west"),
  ...files,
});
/** Each cluster has its own release, and a HelmRepository of the same name at another address. */
const apart = twoClusters({
  "apps/east/web/release.yaml": release,
  "apps/west/web/release.yaml": release,
  "apps/east/charts/source.yaml": helmRepository(UPSTREAM),
  "apps/west/charts/source.yaml": helmRepository(MIRROR),
});
const text = ({ after }: StepResult, path: string): string => fileText(after, path) ?? "";
const changed = ({ plan }: StepResult): readonly string[] => plan.changes.map(({ path }) => path).toSorted();

describe("migrate oci in several clusters", () => {
  describe("a HelmRepository of the same name in each", () => {
    it("gives each release the address of its own cluster", () => {
      const result = resultOf(oci, apart);
      assert.equal(result.proof.status, "holds");
      assert.match(text(result, "apps/east/web/ocirepository.yaml"), /url: oci:\/\/registry\..*\/web\n/);
      assert.match(text(result, "apps/west/web/ocirepository.yaml"), /url: oci:\/\/mirror\..*\/web\n/);
    });

    it("fails the proof for the address, or a field, of another cluster's", () => {
      const slow = { "apps/west/charts/source.yaml": helmRepository(UPSTREAM, { timeout: "3m" }) };
      for (const [files, from, to] of [
        [apart, MIRROR, UPSTREAM],
        [{ ...apart, ...slow }, "  timeout: 3m\n", ""],
      ] as const)
        withRepository(files, {}, (context) => {
          const { changes, notes } = oci.plan(context);
          const wrong = changes.map(({ path, text: own }) => ({ path, text: own?.replace(from, to) }));
          assert.notDeepEqual(wrong, changes);
          assert.equal(prove(oci, context, { changes, notes }).proof.status, "holds");
          const { proof } = prove(oci, context, { changes: wrong, notes });
          assert.equal(proof.status, "fails");
        });
    });

    it("leaves a release that both build if the HelmRepositories differ in what is carried over", () => {
      for (const west of [
        helmRepository(MIRROR),
        helmRepository(UPSTREAM, { secretRef: { name: "login" } }),
        helmRepository(UPSTREAM, { timeout: "3m" }),
        undefined,
      ])
        for (const shared of [false, true]) {
          const result = resultOf(
            oci,
            twoClusters({
              "apps/base/web/release.yaml": release,
              "apps/base/web/kustomization.yaml": { resources: ["release.yaml"] },
              "apps/east/kustomization.yaml": { resources: ["../base/web", "source.yaml"] },
              "apps/west/kustomization.yaml": {
                resources: ["../base/web", ...(west ? ["source.yaml"] : [])],
              },
              "apps/east/source.yaml": helmRepository(UPSTREAM),
              ...(west && { "apps/west/source.yaml": west }),
            }),
            { oci: { shared } },
          );
          assert.deepEqual(result.plan.changes, []);
          assert.match(
            messages(result, "left").join("\n"),
            west
              ? /its HelmRepository apps\/a differs between clusters\/east and clusters\/west: /
              : /clusters\/west has no HelmRepository apps\/a/,
          );
        }
    });

    it("moves a release that both build if they have the same address and fields", () => {
      const result = resultOf(
        oci,
        twoClusters({
          "apps/base/web/release.yaml": release,
          "apps/base/web/kustomization.yaml": { resources: ["release.yaml"] },
          "apps/east/kustomization.yaml": { resources: ["../base/web", "source.yaml"] },
          "apps/west/kustomization.yaml": { resources: ["../base/web", "source.yaml"] },
          "apps/east/source.yaml": helmRepository(UPSTREAM),
          "apps/west/source.yaml": helmRepository(UPSTREAM, { interval: "9h" }),
        }),
      );
      assert.equal(result.proof.status, "holds");
      assert.match(written(result, "apps/base/web/release.yaml"), /chartRef/);
    });
  });

  describe("an OCIRepository that only one cluster gets", () => {
    const same = { ...apart, "apps/west/charts/source.yaml": helmRepository(UPSTREAM) };

    it("is written for each cluster with --shared-repositories, under one name", () => {
      for (const files of [apart, same]) {
        const result = resultOf(oci, files, { oci: { shared: true } });
        assert.equal(result.proof.status, "holds");
        assert.deepEqual(changed(result), [
          "apps/east/charts/web.yaml",
          "apps/east/web/release.yaml",
          "apps/west/charts/web.yaml",
          "apps/west/web/release.yaml",
        ]);
        assert.deepEqual(messages(result, "option"), []);
        for (const cluster of ["east", "west"])
          assert.match(text(result, `apps/${cluster}/web/release.yaml`), /chartRef:\n.*\n {4}name: web\n/);
      }
    });

    it("is not used in the other cluster, where the same artifact is missing", () => {
      const existing = {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "OCIRepository",
        metadata: { name: "present", namespace: "apps" },
        spec: { interval: "1h", url: `${UPSTREAM}/web`, ref: { tag: "4.4.0" } },
      };
      for (const shared of [false, true]) {
        const result = resultOf(oci, { ...same, "apps/east/oci.yaml": existing }, { oci: { shared } });
        assert.equal(result.proof.status, "holds");
        assert.match(text(result, "apps/east/web/release.yaml"), /name: present\n/);
        assert.match(text(result, "apps/west/web/release.yaml"), /chartRef:\n.*\n {4}name: web\n/);
      }
    });

    it("fails the proof", () => {
      withRepository(same, {}, (context) => {
        const { changes, notes } = oci.plan(context);
        const fewer = changes.filter(({ path }) => path !== "apps/west/web/ocirepository.yaml");
        assert.equal(fewer.length, changes.length - 1);
        const { failures } = prove(oci, context, { changes: fewer, notes }).proof;
        assert.match(failures[0]?.message ?? "", /clusters\/west: .*no OCIRepository .* in its cluster/);
      });
    });

    it("leaves the release of a cluster that has the HelmRepository, but not what is next to it", () => {
      const result = resultOf(
        oci,
        twoClusters({
          "apps/base/charts/source.yaml": helmRepository(UPSTREAM),
          "apps/base/charts/kustomization.yaml": { resources: ["source.yaml"] },
          "apps/east/kustomization.yaml": { resources: ["../base/charts", "release.yaml"] },
          "apps/west/kustomization.yaml": { resources: ["../base/charts/source.yaml", "release.yaml"] },
          "apps/east/release.yaml": release,
          "apps/west/release.yaml": release,
        }),
        { oci: { shared: true } },
      );
      assert.equal(result.proof.status, "holds");
      assert.match(written(result, "apps/east/release.yaml"), /chartRef/);
      assert.equal(written(result, "apps/west/release.yaml"), "");
      assert.match(
        messages(result, "refused").join(),
        /clusters\/west: HelmRelease apps\/web .*in its cluster/,
      );
    });
  });

  it("says that a HelmRepository loses its last user only of a cluster whose releases all move", () => {
    const result = resultOf(oci, {
      ...apart,
      "apps/west/web/release.yaml": { ...release, apiVersion: "helm.toolkit.fluxcd.io/v2beta1" },
    });
    assert.equal(result.proof.status, "holds");
    const losing = result.plan.notes.filter(({ message }) => message.includes("loses its last user"));
    assert.deepEqual(
      losing.map(({ position }) => position?.file),
      ["apps/east/charts/source.yaml"],
    );
  });

  it("says the same of one that two clusters build", () => {
    const notes = (apiVersion: string): string =>
      resultOf(
        oci,
        twoClusters({
          "clusters/east/charts.yaml": kustomization("charts", "./charts"),
          "clusters/west/charts.yaml": kustomization("charts", "./charts"),
          "charts/source.yaml": helmRepository(UPSTREAM),
          ...Object.fromEntries(
            ["east", "west"].flatMap((name) => [
              [`apps/${name}/web/release.yaml`, name === "east" ? release : { ...release, apiVersion }],
            ]),
          ),
        }),
      )
        .plan.notes.map(({ message }) => message)
        .join("\n");
    assert.doesNotMatch(notes("helm.toolkit.fluxcd.io/v2beta1"), /loses its last user/);
    assert.match(notes("helm.toolkit.fluxcd.io/v2"), /loses its last user/);
  });
});

describe("migrate oci: a HelmRepository that one cluster uses and another does not", () => {
  const staying = { ...release, apiVersion: "helm.toolkit.fluxcd.io/v2beta1" };
  const aboutIt = (files: Files, options: object = {}): readonly string[] =>
    resultOf(oci, files, options)
      .plan.notes.map(({ message }) => message)
      .filter((message) => message.startsWith("HelmRepository"));

  it("is named once if two Kustomizations apply its file and neither lists it, so that it can go from none", () => {
    const files: Files = {
      "clusters/east/all.yaml": kustomization("all", "./apps"),
      "clusters/east/web.yaml": kustomization("web", "./apps/web"),
      "apps/web/source.yaml": [
        helmRepository(UPSTREAM),
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } },
      ],
      "apps/web/release.yaml": release,
    };
    const [line, ...others] = aboutIt(files);
    assert.match(line ?? "", /^HelmRepository apps\/a .*loses its last user in this commit: once/);
    assert.deepEqual(others, []);
  });

  it("is not called unused if they get it from one list, nor is the file of its user one that Flux does not read", () => {
    const shared: Files = {
      "clusters/east/charts.yaml": kustomization("charts", "./shared/charts"),
      "clusters/east/apps.yaml": kustomization("apps", "./apps"),
      // This cluster builds the directory above, and no app.
      "bootstrap/clusters/west/charts.yaml": kustomization("west", "./shared"),
      "shared/charts/kustomization.yaml": { resources: ["source.yaml"] },
      "shared/charts/source.yaml": helmRepository(UPSTREAM),
    };
    assert.deepEqual(aboutIt({ ...shared, "apps/release.yaml": staying }), []);
    const once = (files: Files): string => aboutIt({ ...shared, ...files }).join("\n");
    assert.match(
      once({ "apps/release.yaml": release }),
      /^HelmRepository apps\/a in clusters\/east loses its last user in this commit: once .*$/,
    );
    assert.match(
      once({
        "apps/other.yaml": {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "b", namespace: "apps" },
        },
      }),
      /^HelmRepository apps\/a in clusters\/east is unused: once .*$/,
    );
    assert.deepEqual(
      aboutIt({ ...shared, "apps/release.yaml": staying }, { oci: { remove: ["apps/a"] } }).toSorted(),
      [
        "HelmRepository apps/a in bootstrap/clusters/west is kept: another kustomization includes the same file",
        "HelmRepository apps/a in clusters/east is kept: HelmRelease apps/web refers to it",
      ],
    );
  });

  it("is distinguished from that of another namespace that the same document becomes", () => {
    const files = {
      "clusters/east/charts.yaml": kustomization("charts", "./charts"),
      "clusters/east/again.yaml": kustomization("again", "./charts", { targetNamespace: "other" }),
      "clusters/east/apps.yaml": kustomization("apps", "./apps"),
      "charts/source.yaml": helmRepository(UPSTREAM),
      "apps/release.yaml": staying,
    };
    assert.match(
      aboutIt(files).join("\n"),
      /^HelmRepository other\/a is unused, but HelmRepository apps\/a comes from the same document and stays in use: once .*$/,
    );
  });

  it("is listed with both clusters if each has an entry for it", () => {
    const apartFrom = (resources: readonly string[], web: object): Files =>
      twoClusters({
        "apps/east/kustomization.yaml": { resources: ["../../charts/source.yaml", "web.yaml"] },
        "apps/east/web.yaml": web,
        "apps/west/kustomization.yaml": { resources },
        "apps/west/web.yaml": release,
        "charts/source.yaml": helmRepository(UPSTREAM),
      });
    assert.match(
      aboutIt(apartFrom(["../../charts/source.yaml"], staying)).join(),
      /^HelmRepository apps\/a in clusters\/west is unused, and stays in use in clusters\/east, but apps\/west\/web\.yaml, which Flux does not read, names it: once/,
    );
    assert.match(
      aboutIt(apartFrom(["../../charts/source.yaml", "web.yaml"], staying)).join(),
      /^HelmRepository apps\/a in clusters\/west loses its last user in this commit, and stays in use in clusters\/east: once/,
    );
  });
});

describe("migrate oci: a release and its HelmRepository in one file", () => {
  it("keeps the edit of the release when the OCIRepository is added to the file", () => {
    const files = {
      "clusters/east/apps.yaml": kustomization("apps", "./apps"),
      "apps/web.yaml": [helmRepository(UPSTREAM), release],
    };
    for (const name of ["web.yaml", "ocirepository.yaml"]) {
      const { "apps/web.yaml": documents, ...others } = files;
      const shared = name === "web.yaml";
      const result = resultOf(oci, { ...others, [`apps/${name}`]: documents }, { oci: { shared } });
      assert.equal(result.proof.status, "holds");
      assert.equal(result.proof.intended.length, 2);
      const own = written(result, `apps/${name}`);
      assert.match(own, /chartRef:\n {4}kind: OCIRepository\n {4}name: web\n/);
      assert.match(own, /^kind: OCIRepository\n/m);
      assert.deepEqual(changed(result), [`apps/${name}`]);
    }
  });
});
