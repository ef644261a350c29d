import assert from "node:assert/strict";
import { fluxVersionOf, hasFeature } from "../../../tools/migrate/flux-version.ts";
import { handover } from "../../../tools/migrate/steps/handover/step.ts";
import { namespace } from "../../../tools/migrate/steps/namespace/step.ts";
import { oci } from "../../../tools/migrate/steps/oci/step.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import { kustomization, messages, resultOf, withRepository, written, type Files } from "./planning.ts";

const SOURCE = "source.toolkit.fluxcd.io";
const HELM = "helm.toolkit.fluxcd.io/v2";

const source = (kind: string, name: string, spec: object, version = "v1"): object => ({
  apiVersion: `${SOURCE}/${version}`,
  kind,
  metadata: { name, namespace: "flux-system" },
  spec: { interval: "1h", ...spec },
});
const RELEASE = {
  apiVersion: HELM,
  kind: "HelmRelease",
  metadata: { name: "web", namespace: "flux-system" },
  spec: {
    interval: "30m",
    chart: {
      spec: { chart: "web", version: "1.2.3", sourceRef: { kind: "HelmRepository", name: "charts" } },
    },
  },
};
const CHARTS = source("HelmRepository", "charts", { type: "oci", url: "oci://charts.example.com/helm" });

/** A cluster with one release and, in its root, further objects. */
const cluster = (name: string, more: readonly object[] = []): Files => ({
  [`${name}/flux/sync.yaml`]: [
    kustomization("cluster", `./${name}/flux`),
    source("GitRepository", "home", { url: "https://git.example.com/home" }),
    kustomization("cluster-apps", `./${name}/apps`),
    ...more,
  ],
  [`${name}/apps/web.yaml`]: kustomization("web", `./${name}/web`),
  [`${name}/web/release.yaml`]: [RELEASE, CHARTS],
});

const flux = (version: string): object => ({
  apiVersion: "fluxcd.controlplane.io/v1",
  kind: "FluxInstance",
  metadata: { name: "flux", namespace: "flux-system" },
  spec: { distribution: { version } },
});
const instanceChart = (more: object): readonly object[] => [
  source("OCIRepository", "flux-instance", {
    url: "oci://ghcr.io/controlplaneio-fluxcd/charts/flux-instance",
    ref: { tag: "0.28.0" },
  }),
  {
    apiVersion: HELM,
    kind: "HelmRelease",
    metadata: { name: "flux-instance", namespace: "flux-system" },
    spec: { interval: "1h", chartRef: { kind: "OCIRepository", name: "flux-instance" }, ...more },
  },
];
const INSTALL = "https://github.com/fluxcd/flux2/manifests/install?ref=v2.5.1";
const BOOTSTRAP = {
  apiVersion: "kustomize.config.k8s.io/v1beta1",
  kind: "Kustomization",
  resources: [INSTALL],
};

const FORMS: readonly (readonly [string, readonly object[], string | undefined])[] = [
  ["a FluxInstance", [flux("2.7.x")], "2.7.x"],
  [
    "values of the chart flux-instance",
    instanceChart({ values: { instance: { distribution: { version: "2.6.4" } } } }),
    "2.6.4",
  ],
  [
    "values in a ConfigMap",
    [
      ...instanceChart({ valuesFrom: [{ kind: "ConfigMap", name: "values" }] }),
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "values", namespace: "flux-system" },
        data: { "values.yaml": "instance: { distribution: { version: 2.4.0 } }\n" },
      },
    ],
    "2.4.0",
  ],
  ["the default of the chart flux-instance", instanceChart({}), "2.x"],
  [
    "the chart flux-instance with values from a Secret",
    instanceChart({ valuesFrom: [{ kind: "Secret", name: "v" }] }),
    undefined,
  ],
  [
    "the OCI artifact of Flux's manifests",
    [
      source(
        "OCIRepository",
        "flux-manifests",
        { url: "oci://ghcr.io/fluxcd/flux-manifests", ref: { tag: "v2.5.1@sha256:00" } },
        "v1beta2",
      ),
    ],
    "v2.5.1",
  ],
  [
    "the Git repository of Flux",
    [
      source("GitRepository", "flux2", {
        url: "https://github.com/fluxcd/flux2",
        ref: { tag: "v2.0.0", semver: ">=2.6.0, <2.7.0" },
      }),
    ],
    ">=2.6.0, <2.7.0",
  ],
  [
    "the labels of Flux's components",
    [
      {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: {
          name: "source-controller",
          namespace: "flux-system",
          labels: { "app.kubernetes.io/part-of": "flux", "app.kubernetes.io/version": "v2.3.0" },
        },
      },
    ],
    "v2.3.0",
  ],
  [
    "the image of a controller",
    [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "source-controller", namespace: "flux-system" },
        spec: { template: { spec: { containers: [{ image: "ghcr.io/fluxcd/source-controller:v1.5.0" }] } } },
      },
    ],
    "2.5.x",
  ],
  [
    "nothing, next to an object with empty labels",
    [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", labels: null, annotations: null } }],
    undefined,
  ],
  ["nothing", [], undefined],
];

describe("the Flux version of a cluster", () => {
  for (const [form, objects, expected] of FORMS)
    it(`is read from ${form}`, () => {
      const found = withRepository(cluster("home", objects), {}, ({ clusters, repository }) =>
        clusters.map((one) => fluxVersionOf(one, repository)?.version),
      );
      assert.deepEqual(found, [expected]);
    });

  it("is read from the files of a bootstrap below the cluster's directory, before those elsewhere", () => {
    const files = {
      ...cluster("home"),
      ...cluster("away"),
      "home/bootstrap/kustomization.yaml": BOOTSTRAP,
      "old/gotk-components.yaml": "# Flux Version: v2.2.0\n",
    };
    const found = withRepository(files, {}, ({ clusters, repository }) =>
      Object.fromEntries(clusters.map((one) => [one.name, fluxVersionOf(one, repository)])),
    );
    assert.deepEqual(found, {
      away: { version: "v2.2.0", from: "old/gotk-components.yaml" },
      home: { version: "v2.5.1", from: "home/bootstrap/kustomization.yaml" },
    });
  });

  it("has the features of its newest version if it is a range", () => {
    for (const [version, expected] of [
      ["2.x", true],
      ["2.5.x", false],
      ["v2.6.0", true],
      [">=2.3.0 <2.6.0", false],
    ] as const)
      withRepository(cluster("home", [flux(version)]), {}, ({ clusters: [one], repository }) => {
        assert.equal(one && hasFeature(one, "ociRepositoryV1", repository), expected, version);
      });
  });
});

describe("steps and the Flux version", () => {
  const repositoryFile = "home/web/ocirepository.yaml";

  it("write OCIRepositories in the API version that the cluster serves", () => {
    const own = source("OCIRepository", "own", { url: "oci://charts.example.com/own" }, "v1beta2");
    for (const [objects, expected] of [
      [[flux("2.5.1")], "v1beta2"],
      [[flux("2.6.0")], "v1"],
      [[flux("2.8.0"), own], "v1"],
      [[own], "v1beta2"],
      [[own, source("OCIRepository", "new", { url: "oci://charts.example.com/new" })], "v1"],
      [[], "v1"],
    ] as const) {
      const result = resultOf(oci, cluster("home", objects));
      assert.equal(result.proof.status, "holds");
      assert.match(written(result, repositoryFile), new RegExp(`^---\napiVersion: ${SOURCE}/${expected}\n`));
      const isOpen = messages(result, "runbook").some((message) => message.includes("`flux version`"));
      assert.equal(isOpen, objects.length === 0);
    }
  });

  it("do not prove an OCIRepository in an API version that the cluster does not serve", () => {
    withRepository(cluster("home", [flux("2.5.1")]), {}, (context) => {
      const { changes, notes } = oci.plan(context);
      const newer = changes.map(({ path, text }) => ({ path, text: text?.replace("/v1beta2", "/v1") }));
      const { failures } = prove(oci, context, { changes: newer, notes }).proof;
      assert.match(
        failures[0]?.message ?? "",
        /the cluster serves OCIRepositories as source.toolkit.fluxcd.io\/v1beta2/,
      );
    });
  });

  it("leave releases where Flux does not know chartRef, or where clusters serve different versions", () => {
    const old = resultOf(oci, cluster("home", [flux("2.2.3")]));
    assert.deepEqual(old.plan.changes, []);
    assert.match(
      messages(old, "refused")[0] ?? "",
      /the cluster runs Flux 2\.2\.3 \(FluxInstance flux-system\/flux\), and chartRef/,
    );
    const shared = {
      ...cluster("home", [flux("2.5.1")]),
      ...cluster("away", [flux("2.8.0")]),
      "away/apps/web.yaml": kustomization("web", "./home/web"),
    };
    const different = resultOf(oci, shared);
    assert.deepEqual(different.plan.changes, []);
    assert.match(
      messages(different, "refused")[0] ?? "",
      /its clusters serve different versions of OCIRepository/,
    );
  });

  it("guard nothing where Flux does not know deletionPolicy", () => {
    for (const step of [namespace, handover]) {
      const old = resultOf(step, cluster("home", [flux("2.4.0")]));
      assert.deepEqual(old.plan.changes, [], step.id);
      assert.match(messages(old, "refused")[0] ?? "", /cannot be guarded: the cluster runs Flux 2\.4\.0/);
      const current = resultOf(step, cluster("home", [flux("2.5.0")]));
      assert.match(written(current, "home/flux/sync.yaml"), /deletionPolicy: Orphan/);
      assert.equal(current.proof.status, "holds");
    }
  });

  it("do not prove a guard where Flux does not know deletionPolicy", () => {
    for (const step of [namespace, handover]) {
      const changes = withRepository(
        cluster("home", [flux("2.5.0")]),
        {},
        (context) => step.plan(context).changes,
      );
      withRepository(cluster("home", [flux("2.4.0")]), {}, (context) => {
        const older = changes.map(({ path, text }) => ({
          path,
          text: text?.replace("version: 2.5.0", "version: 2.4.0"),
        }));
        const { failures } = prove(step, context, { changes: older, notes: [] }).proof;
        assert.ok(
          failures.some(({ message }) => message.includes("runs Flux 2.4.0")),
          step.id,
        );
      });
    }
  });
});
