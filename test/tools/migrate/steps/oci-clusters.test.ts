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
});
