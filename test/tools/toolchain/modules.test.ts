import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { moduleDirectory } from "../../../tools/toolchain/modules.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("toolchain: module sources", function () {
  // The first run downloads the modules.
  this.timeout(120_000);

  for (const [folder, path, file] of [
    ["gateway-api", "sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_gateways.yaml"],
    [
      "flux",
      "github.com/fluxcd/source-controller",
      "config/crd/bases/source.toolkit.fluxcd.io_ocirepositories.yaml",
    ],
    [
      "flux",
      "github.com/fluxcd/kustomize-controller",
      "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml",
    ],
    [
      "flux",
      "github.com/fluxcd/helm-controller",
      "config/crd/bases/helm.toolkit.fluxcd.io_helmreleases.yaml",
    ],
    [
      "prometheus-operator",
      "github.com/prometheus-operator/prometheus-operator",
      "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ],
  ] as const) {
    it(`${path} has its CRDs`, async () => {
      assert(existsSync(join(await moduleDirectory(folder, path), file)));
    });
  }

  it("report what needs Go if Go is missing", async () => {
    await assert.rejects(
      moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api", { env: { PATH: "" } }),
      (error) =>
        error instanceof EdgefirstError &&
        error.message.startsWith("The source of sigs.k8s.io/gateway-api needs Go, which is not on PATH."),
    );
  });

  it("that cannot be downloaded name the file that pins them", async () => {
    const GOMODCACHE = temporaryDirectory("edgefirst-modules-");
    await assert.rejects(
      moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api", {
        env: { ...process.env, GOMODCACHE, GOPROXY: "off" },
      }),
      (error) =>
        error instanceof EdgefirstError &&
        error.message.includes("GOPROXY=off") &&
        /pinned in .*gateway-api\/go\.mod/.test(error.hint ?? ""),
    );
  });
});
