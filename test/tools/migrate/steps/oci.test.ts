import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { stringify } from "yaml";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { reportOf } from "../../../../tools/migrate/report.ts";
import { runStep, type StepResult } from "../../../../tools/migrate/run.ts";
import { askRegistries } from "../../../../tools/migrate/steps/oci/ask-registry.ts";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import type { StepContext } from "../../../../tools/migrate/step.ts";
import { writeChanges } from "../../../../tools/migrate/write.ts";
import { listening } from "../../../support/listening.ts";
import { temporaryDirectory, writeFiles } from "../../../support/temporary.ts";
import { helmRelease, kustomization, messages, resultOf, written, type Files } from "../planning.ts";

const CHARTS = "https://charts.example.com";

/** A release of a chart from the HelmRepository `charts`. */
interface Release {
  readonly name: string;
  readonly chart: string;
  readonly version: string;
}

const object = (kind: string, name: string, namespace: string, spec: object): string => {
  const group = { HelmRelease: "helm", Kustomization: "kustomize" }[kind] ?? "source";
  const version = kind === "HelmRelease" ? "v2" : "v1";
  const apiVersion = `${group}.toolkit.fluxcd.io/${version}`;
  return stringify({ apiVersion, kind, metadata: { name, namespace }, spec });
};
const built = (...resources: readonly string[]): string =>
  stringify({ apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources });

describe("migrate oci", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory("edgefirst-oci-");
  });

  function write(path: string, text: string): void {
    writeFiles(root, { [path]: text });
  }
  /** A repository with HelmRepositories in `repositories/helm` and an empty `repositories/oci`, each app in its own Kustomization. */
  function repository(
    releases: readonly Release[],
    { address, url = CHARTS, ociDirectory = true }: Given,
  ): void {
    if (address !== undefined)
      write(
        ".edgefirst/knowledge/chart-addresses.yaml",
        stringify([{ repository: url, oci: address, source: CHARTS, date: "2026-11-29" }]),
      );
    write("flux/sync.yaml", object("Kustomization", "cluster", "flux-system", syncOf("./flux")));
    write(
      "flux/source.yaml",
      object("GitRepository", "home", "flux-system", { interval: "1h", url: "https://git.example.com/home" }),
    );
    for (const { name, chart, version } of releases) {
      write(`flux/${name}.yaml`, object("Kustomization", name, "flux-system", syncOf(`./apps/${name}`)));
      const sourceRef = { kind: "HelmRepository", name: "charts", namespace: "flux-system" };
      const spec = { interval: "30m", chart: { spec: { chart, version, sourceRef } } };
      write(`apps/${name}/release.yaml`, object("HelmRelease", name, "apps", spec));
      write(`apps/${name}/kustomization.yaml`, built("./release.yaml"));
    }
    write(
      "flux/instance.yaml",
      stringify({
        apiVersion: "fluxcd.controlplane.io/v1",
        kind: "FluxInstance",
        metadata: { name: "flux", namespace: "flux-system" },
        spec: { distribution: { version: "2.x" } },
      }),
    );
    const files = ["sync", "source", "instance", ...releases.map(({ name }) => name)].map(
      (name) => `./${name}.yaml`,
    );
    write("flux/kustomization.yaml", built(...files, "../repositories"));
    write("repositories/kustomization.yaml", built("./helm", ...(ociDirectory ? ["./oci"] : [])));
    write("repositories/helm/kustomization.yaml", built("./charts.yaml"));
    write(
      "repositories/helm/charts.yaml",
      object("HelmRepository", "charts", "flux-system", { interval: "2h", url }),
    );
    if (ociDirectory) write("repositories/oci/kustomization.yaml", built());
  }
  function context(options: { shared?: boolean } = {}): StepContext {
    const files = new Repository(root);
    const read = readOptions(files);
    return {
      repository: files,
      clusters: buildClusters(files),
      selected: () => true,
      options: { ...read, oci: { ...read.oci, ...options } },
    };
  }
  const text = ({ after }: StepResult, path: string): string => fileText(after, path) ?? "";
  const changed = ({ plan }: StepResult): readonly string[] =>
    plan.changes.map(({ path }) => path).toSorted();

  it("leaves a version that no tag can have, and an API version that requires spec.chart", () => {
    const release = (version: string, apiVersion = "helm.toolkit.fluxcd.io/v2"): object => ({
      ...helmRelease("web", "apps", "web", {}),
      apiVersion,
      spec: { chart: { spec: { chart: "web", version, sourceRef: { kind: "HelmRepository", name: "a" } } } },
    });
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmRepository",
      metadata: { name: "a", namespace: "apps" },
      spec: { type: "oci", url: "oci://registry.example.com/charts" },
    };
    const whyLeft = (one: object): string =>
      resultOf(oci, { "apps/release.yaml": one, "apps/source.yaml": source })
        .plan.notes.map(({ message }) => message)
        .join("\n");
    assert.match(
      whyLeft(release("1.2.3+build1")),
      /cannot contain a \+: registries have it as 1\.2\.3_build1/,
    );
    assert.match(whyLeft(release("1.2.3", "helm.toolkit.fluxcd.io/v2beta1")), /v2beta1 requires spec\.chart/);
    assert.doesNotMatch(whyLeft(release("1.2.3", "helm.toolkit.fluxcd.io/v2beta2")), /requires|cannot/);
  });

  it("adds no OCIRepository for a release that it cannot edit", () => {
    const release = helmRelease("web", "apps", "web", {});
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmRepository",
      metadata: { name: "a", namespace: "apps" },
      spec: { type: "oci", url: "oci://registry.example.com/charts" },
    };
    const result = resultOf(oci, {
      "apps/release.yaml": JSON.stringify(release),
      "apps/source.yaml": source,
    });
    assert.deepEqual(changed(result), []);
    assert.match(messages(result, "left").join(), /flow style/);
  });

  it("leaves a version that is a moving tag", () => {
    const whyLeft = (version: string): string => {
      const release = helmRelease("web", "apps", "web", {}) as { spec: { chart: { spec: object } } };
      Object.assign(release.spec.chart.spec, { version });
      const source = {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "HelmRepository",
        metadata: { name: "a", namespace: "apps" },
        spec: { type: "oci", url: "oci://registry.example.com/charts" },
      };
      const { plan } = resultOf(oci, { "apps/release.yaml": release, "apps/source.yaml": source });
      return plan.notes.map(({ message }) => message).join();
    };
    for (const version of [
      "v0.0.0-latest",
      "0.0.0-main",
      "1.2.0-nightly",
      "0.0.0-dev-latest",
      "1.2.0-rc1-latest",
      "1.2.0-rc-latest",
    ])
      assert.match(
        whyLeft(version),
        new RegExp(`has the version ${version}, which looks like a tag that moves`),
      );
    for (const version of ["1.2.3", "1.2.3-beta.1", "0.0.0-main.412", "0.0.0-latest-20260101"])
      assert.doesNotMatch(whyLeft(version), /moves/);
  });

  it("lists where workflows, scripts and other programs read the field that it replaces", () => {
    repository([{ name: "a", chart: "web", version: "1.2.3" }], { url: "oci://charts.example.com/helm" });
    const reading = {
      ".github/workflows/diff.yaml":
        "run: |\n  # .spec.chart.spec.version of each release\n  yq '.spec.chart.spec.version' x\n",
      "scripts/versions.sh": "kubectl get hr -o jsonpath='{.items[*].spec.chart.spec.chart}'\n",
      "scripts/charts.py": 'name = release["spec"]["chart"]["spec"]["chart"]\nother = spec.get("chart")\n',
      "scripts/run": "#!/usr/bin/env node\nconsole.log(release.spec?.chart?.spec);\n",
      "monitoring/metrics.yaml": "labelsFromPath:\n  chart_name: [spec, chart, spec, chart]\n",
    };
    const other = {
      "README.md": "`.spec.chart.spec.version` is the version.\n",
      "scripts/other.sh": "yq '.spec.chartRef.name, .spec.charts, .metadata.chart' x\n",
      "crds/helm.yaml": "kind: CustomResourceDefinition\ndescription: see .spec.chart\n",
    };
    for (const [path, content] of Object.entries({ ...reading, ...other })) write(path, content);
    const places = (result: StepResult): readonly string[] =>
      result.plan.notes
        .filter(({ message }) => message.startsWith("this line reads spec.chart"))
        .map(({ position }) => `${position?.file ?? ""}:${position?.line ?? 0}`);
    const first = runStep(oci, context());
    assert.deepEqual(places(first).toSorted(), [
      ".github/workflows/diff.yaml:3",
      "monitoring/metrics.yaml:2",
      "scripts/charts.py:1",
      "scripts/charts.py:2",
      "scripts/run:2",
      "scripts/versions.sh:1",
    ]);
    writeChanges(new Repository(root), first.plan.changes);
    assert.deepEqual(places(runStep(oci, context())), []);
  });

  it("does not take a line about HelmCharts for one about HelmReleases", () => {
    repository([{ name: "a", chart: "web", version: "1.2.3" }], { url: "oci://charts.example.com/helm" });
    const metric = (kind: string, path: string): string =>
      `  - groupVersionKind:\n      kind: ${kind}\n    labelsFromPath:\n      chart: ${path}\n`;
    write(
      "monitoring/metrics.yaml",
      `resources:\n${metric("HelmChart", "[spec, chart]")}${metric("HelmRelease", "[spec, chart, spec, chart]")}`,
    );
    write("scripts/charts.sh", "kubectl get helmcharts -o jsonpath='{.items[*].spec.chart}'\n");
    const said = (kind: RegExp): readonly string[] =>
      runStep(oci, context()).plan.notes.flatMap(({ message, position }) =>
        kind.test(message) ? [`${position?.file}:${position?.line}`] : [],
      );
    assert.deepEqual(said(/reads spec\.chart of HelmCharts, and stays right for the releases that keep/), [
      "monitoring/metrics.yaml:5",
      "scripts/charts.sh:1",
    ]);
    assert.deepEqual(said(/reads spec\.chart of HelmReleases/), ["monitoring/metrics.yaml:9"]);
  });

  describe("--shared-repositories", () => {
    const url = "oci://charts.example.com/helm";

    it("writes one OCIRepository per chart and version, where the repository keeps them; a second run finds nothing", () => {
      const same = ["a", "b", "c"].map((name) => ({ name, chart: "web", version: "1.2.3" }));
      repository([...same, { name: "old", chart: "web", version: "1.0.0" }], { url });
      const result = runStep(oci, context({ shared: true }));
      assert.deepEqual(result.proof.failures, []);
      assert.equal(reportOf(result, result.after).verdict, "proven");
      assert.deepEqual(changed(result), [
        ...["a", "b", "c", "old"].map((name) => `apps/${name}/release.yaml`),
        "repositories/oci/kustomization.yaml",
        "repositories/oci/web-1-0-0.yaml",
        "repositories/oci/web.yaml",
      ]);
      for (const name of ["a", "b", "c"])
        assert.match(
          text(result, `apps/${name}/release.yaml`),
          /chartRef:\n {4}kind: OCIRepository\n {4}name: web\n {4}namespace: flux-system\n/,
        );
      assert.match(text(result, "apps/old/release.yaml"), / {4}name: web-1-0-0\n/);
      assert.match(
        text(result, "repositories/oci/web.yaml"),
        /interval: 2h\n {2}url: oci:.*\/web\n {2}ref:\n {4}tag: 1\.2\.3\n/,
      );
      writeChanges(context().repository, result.plan.changes);
      assert.deepEqual(runStep(oci, context({ shared: true })).plan.changes, []);
    });

    it("names the Kustomization that would wait for registries from now on, and those behind it", () => {
      const { sources, apps } = {
        sources: kustomization("sources", "./sources", { wait: true }),
        apps: kustomization("apps", "./apps", { dependsOn: [{ name: "sources" }] }),
      };
      const home = (spec: object): object => ({
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: "HelmRepository",
        metadata: { name: "a", namespace: "apps" },
        spec,
      });
      const files = (spec: object, entry: object = sources): Files => ({
        "clusters/east/sources.yaml": entry,
        "clusters/east/apps.yaml": apps,
        "sources/a.yaml": home(spec),
        "apps/web.yaml": helmRelease("web", "apps", "web", {}),
      });
      const ofTypeOci = { type: "oci", url };
      const lines = (given: Files, shared: boolean): readonly string[] =>
        messages(resultOf(oci, given, { oci: { shared } }), "runbook").filter((line) =>
          line.includes("spec.wait"),
        );
      const [line, ...others] = lines(files(ofTypeOci), true);
      assert.match(
        line ?? "",
        /^Kustomization flux-system\/sources waits .* charts of 1 release: .* depend on it: flux-system\/apps/,
      );
      assert.deepEqual(others, []);
      for (const [given, shared] of [
        [files(ofTypeOci), false],
        [files(ofTypeOci, kustomization("sources", "./sources")), true],
      ] as const)
        assert.deepEqual(lines(given, shared), []);
    });

    it("keeps a variable as the version, in an OCIRepository that its Kustomization builds", () => {
      const versions = [
        { name: "a", chart: "web", version: "${WEB_VERSION}" },
        { name: "b", chart: "web", version: "1.2.3" },
      ];
      repository(versions, { url });
      const postBuild = { substitute: { WEB_VERSION: "1.2.3" } };
      write("flux/a.yaml", object("Kustomization", "a", "flux-system", { ...syncOf("./apps/a"), postBuild }));
      for (const shared of [false, true]) {
        const result = runStep(oci, context({ shared }));
        assert.equal(reportOf(result, result.after).verdict, "proven");
        assert.match(text(result, "apps/a/ocirepository.yaml"), /ref:\n {4}tag: \$\{WEB_VERSION\}\n/);
        assert.match(text(result, "apps/a/release.yaml"), /kind: OCIRepository\n {4}name: a\n/);
        assert.equal(changed(result).includes("apps/b/ocirepository.yaml"), !shared);
      }
    });

    it("writes them next to the HelmRepositories if there is no directory for OCIRepositories", () => {
      repository([{ name: "a", chart: "web", version: "1.2.3" }], { url, ociDirectory: false });
      const result = runStep(oci, context({ shared: true }));
      assert.deepEqual(changed(result), [
        "apps/a/release.yaml",
        "repositories/helm/kustomization.yaml",
        "repositories/helm/web.yaml",
      ]);
    });

    it("names their files as that of the HelmRepository is named: by kind in an app's directory", () => {
      for (const [home, file] of [
        ["helmrepository.yaml", "ocirepository.yaml"],
        ["helm-repository.yml", "oci-repository.yml"],
        ["HelmRepository.yaml", "OCIRepository.yaml"],
        ["charts-helmrepository.yaml", "web.yaml"],
      ] as const) {
        const release = helmRelease("web", "apps", "web", {}) as { spec: { chart: { spec: object } } };
        Object.assign(release.spec.chart.spec, { version: "1.2.3" });
        const files: Files = {
          "app/release.yaml": release,
          [`app/${home}`]: {
            apiVersion: "source.toolkit.fluxcd.io/v1",
            kind: "HelmRepository",
            metadata: { name: "a", namespace: "apps" },
            spec: { type: "oci", url },
          },
          "app/kustomization.yaml": { resources: ["release.yaml", home] },
        };
        const result = resultOf(oci, files, { oci: { shared: true } });
        assert.match(written(result, `app/${file}`), /^---\napiVersion: .*\nkind: OCIRepository\n/, home);
        assert.match(written(result, "app/kustomization.yaml"), new RegExp(`- ${file}\n`));
      }
    });

    it("is proposed if several directories would have the same artifact", () => {
      const same = ["a", "b", "c"].map((name) => ({ name, chart: "web", version: "1.2.3" }));
      repository(same, { url });
      const { notes, changes } = runStep(oci, context()).plan;
      assert.equal(changes.filter(({ path }) => path.endsWith("/ocirepository.yaml")).length, 3);
      const options = notes.filter(({ kind }) => kind === "option");
      assert.deepEqual(options, [
        {
          kind: "option",
          message:
            "3 new OCIRepositories hold 1 chart version: with --shared-repositories, or oci.shared in .edgefirst/migrate.yaml, the releases of each share one in repositories/oci",
        },
      ]);
      repository(same.slice(0, 1), { url });
      write(
        "flux/kustomization.yaml",
        built("./sync.yaml", "./source.yaml", "./instance.yaml", "./a.yaml", "../repositories"),
      );
      assert.deepEqual(
        runStep(oci, context()).plan.notes.map(({ message }) => message),
        [
          "HelmRepository flux-system/charts loses its last user in this commit: once every release is Ready without it, list it under oci.remove in .edgefirst/migrate.yaml",
        ],
      );
    });

    it("is not needed where a component already brings the artifact into the namespace", () => {
      const same = ["a", "b"].map((name) => ({ name, chart: "web", version: "1.2.3" }));
      repository(same, { url });
      write(
        "components/repos/kustomization.yaml",
        built("./web.yaml").replace("v1beta1", "v1alpha1").replace("kind: Kustomization", "kind: Component"),
      );
      const artifact = { url: `${url}/web`, ref: { tag: "1.2.3" } };
      write(
        "components/repos/web.yaml",
        object("OCIRepository", "common-web", "any", artifact).replace("  namespace: any\n", ""),
      );
      write("common/kustomization.yaml", "namespace: apps\ncomponents:\n  - ../components/repos\n");
      write("flux/common.yaml", object("Kustomization", "common", "flux-system", syncOf("./common")));
      const listed = ["sync", "source", "instance", "a", "b", "common"].map((name) => `./${name}.yaml`);
      write("flux/kustomization.yaml", built(...listed, "../repositories"));
      const result = runStep(oci, context());
      assert.deepEqual(changed(result), ["apps/a/release.yaml", "apps/b/release.yaml"]);
      assert.equal(reportOf(result, result.after).verdict, "proven");
      assert.match(
        text(result, "apps/a/release.yaml"),
        /chartRef:\n {4}kind: OCIRepository\n {4}name: common-web\n/,
      );
    });

    it("fails the proof for an OCIRepository of a version that no release has", () => {
      repository([{ name: "a", chart: "web", version: "1.2.3" }], { url });
      const wrong = {
        ...oci,
        plan: (given: StepContext) => ({
          ...oci.plan(given),
          changes: oci
            .plan(given)
            .changes.map((change) => ({ ...change, text: change.text?.replace("tag: 1.2.3", "tag: 1.2.4") })),
        }),
      };
      assert.deepEqual(runStep(wrong, context({ shared: true })).plan.changes, []);
    });
  });

  describe("--ask-registry", () => {
    let registry: Server;
    let host: string;
    let requests: string[];
    beforeEach(async () => {
      requests = [];
      registry = createServer(({ url = "", headers }, response) => {
        requests.push(url);
        if (url.startsWith("/token")) response.end(JSON.stringify({ token: "pull" }));
        else if (headers.authorization !== "Bearer pull")
          response
            .writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token",service="charts"` })
            .end();
        else if (url === "/v2/helm/web/manifests/1.2.3")
          response.end(JSON.stringify({ config: { mediaType: "application/vnd.cncf.helm.config.v1+json" } }));
        else if (url === "/v2/helm/image/manifests/1.2.3")
          response.end(JSON.stringify({ config: { mediaType: "application/vnd.oci.image.config.v1+json" } }));
        else response.writeHead(url.includes("/denied/") ? 403 : 404).end();
      });
      host = await listening(registry);
    });
    afterEach(() => {
      registry.close();
    });

    it("moves a chart that the registry has, leaves one that it does not have, and names one that could not be checked", async () => {
      const releases = ["web", "gone", "denied", "image"].map((chart) => ({
        name: chart,
        chart,
        version: "1.2.3",
      }));
      repository(releases, { address: `oci://${host}/helm` });
      const given = context();
      assert.deepEqual(runStep(oci, given).plan.changes, []);

      const answered = { ...given, registry: await askRegistries(given, {}) };
      const result = runStep(oci, answered);
      assert.deepEqual(changed(result), [
        "apps/web/kustomization.yaml",
        "apps/web/ocirepository.yaml",
        "apps/web/release.yaml",
      ]);
      assert.deepEqual(result.unseen, [
        `apps/denied/release.yaml:1: whether oci://${host}/helm/denied has version 1.2.3: The registry ${host} refuses anonymous pulls (403) (helm/denied).`,
      ]);
      assert.equal(reportOf(result, given.repository).verdict, "could not check");
      assert.deepEqual(
        result.plan.notes.map(({ message }) => message),
        ["gone", "image"].map(
          (chart) =>
            `the registry has no chart oci://${host}/helm/${chart} with version 1.2.3; if it has v1.2.3, write that as the release's version first`,
        ),
      );
    });

    it("asks a registry that does not respond once, and moves nothing", async () => {
      await new Promise((resolve) => registry.close(resolve));
      repository(
        ["web", "gone"].map((chart) => ({ name: chart, chart, version: "1.2.3" })),
        { address: `oci://${host}/helm` },
      );
      const given = context();
      const result = runStep(oci, { ...given, registry: await askRegistries(given, {}) });
      assert.deepEqual(result.plan.changes, []);
      assert.equal(result.unseen.length, 2);
      for (const reason of result.unseen) assert.match(reason, /cannot be reached: ECONNREFUSED/);
      assert.equal(reportOf(result, given.repository).verdict, "could not check");
      assert.deepEqual(requests, []);
    });
  });
});

interface Given {
  /** Where the charts are published as OCI artifacts. */
  readonly address?: string;
  /** The URL of the HelmRepository. */
  readonly url?: string;
  readonly ociDirectory?: boolean;
}

const syncOf = (path: string): object => ({
  interval: "1h",
  path,
  prune: true,
  sourceRef: { kind: "GitRepository", name: "home", namespace: "flux-system" },
});
