import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import type { KubeObject } from "../../../kube/objects.ts";
import {
  checkGatewayApi,
  GatewayApi,
  gatewayApiObjects,
  type GatewayApiArgs,
} from "../../../components/gateway-api/gateway-api.ts";
import { gatewayApiModule } from "../../../tools/scripts/pin.ts";
import { clusterHolding } from "../../support/cluster.ts";
import { recordResources, resourceNamed } from "../../support/mocks.ts";

function crd(plural: string, version: string | undefined, channel = "standard", stored = ["v1"]): KubeObject {
  const annotations = {
    "gateway.networking.k8s.io/channel": channel,
    ...(version === undefined ? {} : { "gateway.networking.k8s.io/bundle-version": version }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.gateway.networking.k8s.io`, annotations },
    spec: { group: "gateway.networking.k8s.io", versions: [{ name: "v1" }] },
    status: { storedVersions: stored },
  };
}

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}

const ARGS: GatewayApiArgs = {
  install: true,
  version: "v1.4.1",
  channel: "standard",
  crds: [crd("gateways", "v1.4.1"), crd("httproutes", "v1.4.1")],
  traefikVersion: "3.6.12",
  hasGateways: true,
  labels: { "edgefirst.dev/stack": "edge" },
};

const found = async (args: Partial<GatewayApiArgs>, ...live: KubeObject[]) =>
  (await checkGatewayApi({ ...ARGS, ...args }, clusterHolding(...live))).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe("gateway-api", () => {
  it("declares each CRD as a retained child on the component's provider, with a fixed field manager and no status", async () => {
    const resources = await recordResources(
      () => {
        const provider = new k8s.Provider("cluster", { context: "test" });
        new GatewayApi("gateway-api", ARGS, { providers: [provider] });
      },
      { preview: true },
    );
    const component = resourceNamed(resources, "gateway-api", "edgefirst:platform:GatewayApi");
    const children = resources.filter(({ parent }) => parent === component.urn);
    assert.deepEqual(children.map(({ name }) => name).sort(), [
      "gateways.gateway.networking.k8s.io",
      "httproutes.gateway.networking.k8s.io",
    ]);
    for (const child of children) {
      assert.equal(child.type, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition");
      assert.equal(child.options.retainOnDelete, true);
      assert.equal(child.provider, component.options.providers.kubernetes);
      assert.deepEqual(child.unknowns, []);
      assert.deepEqual(child.inputs.metadata, {
        name: child.name,
        labels: { "edgefirst.dev/stack": "edge" },
        annotations: {
          "gateway.networking.k8s.io/bundle-version": "v1.4.1",
          "gateway.networking.k8s.io/channel": "standard",
          "edgefirst.dev/retained": "true",
          "pulumi.com/patchFieldManager": "edgefirst",
        },
      });
      assert.deepEqual(child.inputs.spec, ARGS.crds[0]?.spec);
      assert.equal(child.inputs.status, undefined);
    }
  });

  it("declares nothing if the CRDs have another owner", () => {
    assert.deepEqual(gatewayApiObjects({ ...ARGS, install: false }), []);
  });

  const downgrades: readonly [string, KubeObject, RegExp | undefined][] = [
    ["the same version", crd("gateways", "v1.4.1"), undefined],
    ["an older patch", crd("gateways", "v1.4.0"), undefined],
    ["an older minor", crd("gateways", "v1.2.1"), undefined],
    [
      "a newer patch",
      crd("gateways", "v1.4.2"),
      /^error: .*gateways is newer on test \(v1\.4\.2\) than .* \(v1\.4\.1\), and CRDs are never downgraded/,
    ],
    ["a newer minor", crd("gateways", "v1.5.0"), /^error: .*never downgraded/],
    ["a release candidate of a newer version", crd("gateways", "v1.5.0-rc.1"), /^error: .*never downgraded/],
    [
      "ten minors later, which a string comparison gets wrong",
      crd("gateways", "v1.14.0"),
      /^error: .*never downgraded/,
    ],
    [
      "the experimental channel",
      crd("gateways", "v1.4.1", "experimental"),
      /^error: .*experimental channel on test, and the standard channel would drop fields/,
    ],
    [
      "an unknown version",
      crd("gateways", undefined),
      /^warning: .*without a valid annotation gateway\.networking\.k8s\.io\/bundle-version/,
    ],
    [
      "objects stored in a removed version",
      crd("gateways", "v1.2.1", "standard", ["v1beta1", "v1"]),
      /^error: .*on test, with objects stored in API versions that release v1\.4\.1 no longer contains \(v1beta1\)/,
    ],
  ];
  for (const [what, live, message] of downgrades)
    it(`${message === undefined ? "replaces" : "reports"} live CRDs of ${what}`, async () => {
      const findings = await found({}, live);
      assert.equal(findings.length, message === undefined ? 0 : 1, findings.join("\n"));
      if (message !== undefined) assert.match(findings[0] ?? "", message);
    });

  it("replaces experimental CRDs with experimental ones", async () => {
    assert.deepEqual(await found({ channel: "experimental" }, crd("gateways", "v1.4.0", "experimental")), []);
  });

  it("is refused with a Traefik that was built for another bundle, or for an unknown one", async () => {
    assert.deepEqual(await found({ traefikVersion: "3.5.0" }), [
      "error: Traefik 3.5.0 needs Gateway API 1.3.x; release.yaml has v1.4.1.",
    ]);
    assert.match(
      (await found({ traefikVersion: "4.0.0" })).join(),
      /edgefirst does not know which Gateway API version Traefik 4\.0\.0 needs/,
    );
    assert.deepEqual(await found({ traefikVersion: undefined }), []);
  });

  /** The versions that bundles serve, by kind (config/crd in the releases). */
  const BASE = {
    GatewayClass: ["v1", "v1beta1"],
    Gateway: ["v1", "v1beta1"],
    HTTPRoute: ["v1", "v1beta1"],
    GRPCRoute: ["v1"],
    ReferenceGrant: ["v1beta1"],
  };
  const WITH_V1_GRANTS = { ...BASE, ReferenceGrant: ["v1", "v1beta1"], BackendTLSPolicy: ["v1"] };
  const served = {
    "1.2 standard": BASE,
    "1.3 experimental": { ...BASE, BackendTLSPolicy: ["v1alpha3"], TLSRoute: ["v1alpha2", "v1alpha3"] },
    "1.4 standard": { ...BASE, BackendTLSPolicy: ["v1"] },
    "1.4 experimental": {
      ...BASE,
      BackendTLSPolicy: ["v1", "v1alpha3"],
      TLSRoute: ["v1alpha2", "v1alpha3"],
      TCPRoute: ["v1alpha2"],
    },
    "1.5 standard": { ...WITH_V1_GRANTS, TLSRoute: ["v1"], ListenerSet: ["v1"] },
    "1.5 experimental": { ...WITH_V1_GRANTS, TLSRoute: ["v1", "v1alpha3"], TCPRoute: ["v1alpha2"] },
    "1.6 standard": { ...WITH_V1_GRANTS, TLSRoute: ["v1"], TCPRoute: ["v1"] },
    "1.6 experimental": {
      ...WITH_V1_GRANTS,
      BackendTLSPolicy: ["v1", "v1alpha3"],
      TLSRoute: ["v1", "v1alpha2", "v1alpha3"],
      TCPRoute: ["v1", "v1alpha2"],
    },
    "a later one, of unknown version": { ...WITH_V1_GRANTS, TLSRoute: ["v1", "v2"], HTTPRoute: ["v1", "v2"] },
    "a later one without v1beta1": { ...WITH_V1_GRANTS, ReferenceGrant: ["v1"], TLSRoute: ["v1"] },
  } as const;
  /** `+` after Traefik's version: with experimentalChannel. */
  const cases: readonly [traefik: string | undefined, bundle: keyof typeof served, missing?: string][] = [
    ["3.6.12", "1.2 standard", "BackendTLSPolicy v1"],
    ["3.6.12", "1.3 experimental", "BackendTLSPolicy v1"],
    ["3.6.12", "1.4 standard"],
    ["3.6.12", "1.4 experimental"],
    ["3.6.12", "1.5 standard"],
    ["3.6.12", "1.5 experimental"],
    ["3.6.12", "1.6 experimental"],
    ["3.6.12", "a later one, of unknown version"],
    ["3.6.12", "a later one without v1beta1", "ReferenceGrant v1beta1"],
    ["3.7.13", "1.4 standard", "TLSRoute v1"],
    ["3.7.13", "1.4 experimental", "TLSRoute v1"],
    ["3.7.13", "1.5 standard"],
    ["3.7.13", "1.6 standard"],
    ["3.7.13", "1.6 experimental"],
    ["3.6.12+", "1.4 standard", "TCPRoute v1alpha2, TLSRoute v1alpha2"],
    ["3.6.12+", "1.4 experimental"],
    ["3.6.12+", "1.5 experimental", "TLSRoute v1alpha2"],
    ["3.6.12+", "1.6 experimental"],
    ["3.7.13+", "1.5 experimental"],
    ["3.7.13+", "1.6 standard", "TCPRoute v1alpha2"],
    ["3.7.13+", "1.6 experimental"],
    [undefined, "1.2 standard"],
  ];
  for (const [traefik, bundle, missing] of cases)
    it(`${missing === undefined ? "uses" : "reports"} another owner's CRDs by what they serve: ${bundle} for ${traefik === undefined ? "another owner's Traefik" : `Traefik ${traefik}`}`, async () => {
      const traefikVersion = traefik?.replace("+", "");
      const experimental = traefik !== traefikVersion;
      const versions: Readonly<Record<string, readonly string[]>> = served[bundle];
      const cluster = {
        ...clusterHolding(),
        serves: (apiVersion: string, kind: string) =>
          Promise.resolve(versions[kind]?.includes(apiVersion.split("/")[1] ?? "") === true),
      };
      const args = { ...ARGS, install: false, crds: [], traefikVersion, experimental };
      const findings = await checkGatewayApi(args, cluster);
      assert.equal(findings.length, missing === undefined ? 0 : 1, JSON.stringify(findings));
      if (missing === undefined) return;
      assert.equal(findings[0]?.severity, "error");
      assert.ok(findings[0].message.includes(`does not serve ${missing}, which`), findings[0].message);
      const least = `${traefik?.startsWith("3.6") === true ? "1.4" : "1.5"} or later${experimental ? ", experimental channel" : ""}`;
      assert.ok(findings[0].hint?.includes(`a bundle that serves these versions (Gateway API ${least})`));
    });

  for (const channel of ["standard", "experimental"] as const)
    it(`knows what the pinned bundle serves: ${channel}`, async function () {
      this.timeout(120_000); // go may have to fetch the module
      const folder = join((await gatewayApiModule()).directory, "config/crd", channel);
      const files = readdirSync(folder).filter(
        (file) => file.startsWith("gateway.networking.k8s.io_") && !file.includes("vap"),
      );
      const definitions = files.map((file) => parse(readFileSync(join(folder, file), "utf8")) as Crd);
      const actual = new Map(
        definitions.map(({ spec: { names, versions } }) => [
          names.kind,
          versions.flatMap((version) => (version.served ? [version.name] : [])).sort(),
        ]),
      );
      for (const [kind, versions] of Object.entries(served[`1.6 ${channel}`]))
        assert.deepEqual(actual.get(kind), versions, kind);
    });

  it("requires nothing from another owner's CRDs without a Gateway", async () => {
    const none = { install: false, crds: [], traefikVersion: undefined, hasGateways: false };
    assert.deepEqual(await found(none), []);
    assert.match(
      (await found({ ...none, hasGateways: true })).join(),
      /does not serve GatewayClass v1, Gateway v1/,
    );
  });

  it("never suggests a downgrade", async () => {
    const live = [crd("gateways", "v1.6.1"), crd("httproutes", "v1.6.1", "experimental")];
    for (const { hint = "" } of await checkGatewayApi(ARGS, clusterHolding(...live)))
      assert.match(hint, /^Leave the CRDs to their owner/);
  });
});
