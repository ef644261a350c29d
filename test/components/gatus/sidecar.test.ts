import assert from "node:assert/strict";
import { sidecarFor } from "../../../components/gatus/sidecar.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { imageVersion, loadPins } from "../../../config/pins.ts";

const resources = (version: string, discover: Parameters<typeof sidecarFor>[1]) =>
  sidecarFor(version, discover)?.rules.map(({ apiGroups, resources }) => [apiGroups[0], ...resources]);

describe("the table of gatus-sidecar versions, flags and RBAC rules", () => {
  it("has a row for the version that release.yaml pins", () => {
    const version = imageVersion(loadPins().images.gatusSidecar);
    assert.deepEqual(sidecarFor(version, { httpRoutes: true, services: false }), {
      args: ["--auto-httproute"],
      rules: [
        {
          apiGroups: ["gateway.networking.k8s.io"],
          resources: ["httproutes", "gateways"],
          verbs: ["get", "list", "watch"],
        },
      ],
    });
  });

  it("grants exactly what the flags need", () => {
    assert.deepEqual(resources("0.4.1", { httpRoutes: true, services: true }), [
      ["gateway.networking.k8s.io", "httproutes", "gateways"],
      ["", "services"],
    ]);
    assert.deepEqual(resources("0.4.1", { httpRoutes: false, services: true }), [["", "services"]]);
  });

  it("discovers only annotated Services, under a prefix", () => {
    assert.deepEqual(sidecarFor("0.4.1", { httpRoutes: false, services: true })?.args, [
      "--enable-service",
      "--prefix-service=svc/",
    ]);
  });

  it("does not run gatus-sidecar without flags, since it would watch every kind", () => {
    assert.equal(sidecarFor("0.4.1", { httpRoutes: false, services: false }), undefined);
  });

  for (const version of ["0.1.1", "0.4.1", "0.5.1"])
    it(`knows ${version}, whose flags and RBAC rules are those of 0.4.1`, () => {
      for (const services of [true, false])
        for (const httpRoutes of [true, false])
          assert.deepEqual(
            sidecarFor(version, { httpRoutes, services }),
            sidecarFor("0.4.1", { httpRoutes, services }),
          );
    });

  for (const version of ["0.0.11", "0.6.0", "1.0.0"])
    it(`refuses ${version}, which is not in the table`, () => {
      assert.throws(
        () => sidecarFor(version, { httpRoutes: true, services: false }),
        (error) => error instanceof EdgefirstError && error.message.includes(version),
      );
    });
});
