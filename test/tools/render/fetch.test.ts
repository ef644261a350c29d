import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { chartFetcher } from "../../../tools/render/charts/fetch.ts";
import { waitUntil } from "../../../tools/sandbox/wait.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { freePort, isListening } from "../../../tools/sandbox/ports.ts";
import {
  CHARTS,
  helm,
  renderOnly,
  renderRelease,
  repositoryOf,
  sampleRelease,
  type TestRendering,
} from "../../support/rendering.ts";
import { listening } from "../../support/listening.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const run = promisify(execFile);

const ociSource = (url: string, ref: Mapping): string =>
  JSON.stringify({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "OCIRepository",
    metadata: { name: "sample", namespace: "apps" },
    spec: { url, ref },
  });

const helmSource = (url: string, spec: Mapping = {}): string =>
  JSON.stringify({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "HelmRepository",
    metadata: { name: "charts", namespace: "apps" },
    spec: { url, ...spec },
  });

const BY_REFERENCE = { chart: null, chartRef: { kind: "OCIRepository", name: "sample" } };

describe("fetching charts", () => {
  let registry: ChildProcess;
  let oci: string;
  let server: Server;
  let http: string;
  let folder: string;
  let requests = 0;
  /** Names a cache that does not exist yet. */
  const fresh = (): TestRendering => {
    const env = { XDG_CACHE_HOME: temporaryDirectory("edgefirst-render-cache-") };
    return { env, fetch: chartFetcher(env), settings: { charts: folder } };
  };

  before(async () => {
    const { path: program } = await helm();
    const crane = await resolveProgram("crane", { progress: () => undefined });
    const port = await freePort();
    registry = spawn(crane.path, ["registry", "serve", `--address=127.0.0.1:${port}`], { stdio: "ignore" });
    folder = temporaryDirectory("edgefirst-no-charts-");
    const archives = temporaryDirectory("edgefirst-archives-");
    for (const version of ["1.2.3", "1.3.0", "2.0.0-rc.1", "1.4.0+build.5"]) {
      const chart = join(archives, version);
      cpSync(join(CHARTS, "sample"), chart, { recursive: true });
      writeFileSync(
        join(chart, "Chart.yaml"),
        `apiVersion: v2\nname: sample\nversion: ${version}\nappVersion: "${version}"\n`,
      );
      await run(program, ["package", chart, "--destination", archives]);
    }
    await waitUntil("the registry", () => isListening(port), { timeoutMs: 30_000 });
    oci = `oci://127.0.0.1:${port}/charts`;
    for (const file of readdirSync(archives).filter((name) => name.endsWith(".tgz")))
      await run(program, ["push", join(archives, file), oci, "--plain-http"]);
    server = createServer((request, response) => {
      requests += 1;
      try {
        response.end(readFileSync(join(archives, decodeURIComponent(request.url ?? ""))));
      } catch {
        response.writeHead(404).end();
      }
    });
    http = `http://${await listening(server)}`;
    await run(program, ["repo", "index", archives, "--url", "."]);
  });
  after(() => {
    registry.kill();
    server.close();
  });

  const versionOf = async (source: string, spec: Mapping, how = fresh()): Promise<unknown> => {
    const release = sampleRelease({ install: { crds: "Skip" }, ...spec });
    const objects = await renderRelease(
      repositoryOf({ "release.yaml": release, "source.yaml": source }),
      how,
    );
    const { labels } = objects.get("Deployment apps/hello")?.metadata as { labels: Mapping };
    return labels["helm.sh/chart"];
  };

  const chart = (version?: string): Mapping => ({
    chart: {
      spec: {
        chart: "sample",
        ...(version && { version }),
        sourceRef: { kind: "HelmRepository", name: "charts" },
      },
    },
  });

  const cases: readonly (readonly [string, () => string, Mapping, string])[] = [
    [
      "the tag of an OCIRepository",
      () => ociSource(`${oci}/sample`, { tag: "1.2.3" }),
      BY_REFERENCE,
      "1.2.3",
    ],
    [
      "the range of an OCIRepository",
      () => ociSource(`${oci}/sample`, { semver: "~1.3" }),
      BY_REFERENCE,
      "1.3.0",
    ],
    [
      "a tag whose version has build metadata",
      () => ociSource(`${oci}/sample`, { tag: "1.4.0_build.5" }),
      BY_REFERENCE,
      "1.4.0_build.5",
    ],
    ["an OCI HelmRepository", () => helmSource(oci, { type: "oci" }), chart("<1.3"), "1.2.3"],
    ["an HTTP HelmRepository", () => helmSource(http), chart("1.2.3"), "1.2.3"],
    ["an HTTP HelmRepository, without a version", () => helmSource(http), chart(), "1.4.0_build.5"],
    ["an HTTP HelmRepository, with prereleases", () => helmSource(http), chart(">=2.0.0-0"), "2.0.0-rc.1"],
  ];
  for (const [title, source, spec, version] of cases)
    it(`takes the version from ${title}`, async () => {
      assert.equal(await versionOf(source(), spec), `sample-${version}`);
    });

  it("fetches a chart once a day", async () => {
    const how = fresh();
    await versionOf(helmSource(http), chart("1.2.3"), how);
    const before = requests;
    await versionOf(helmSource(http), chart("1.2.3"), { ...how, fetch: chartFetcher(how.env ?? {}) });
    assert.equal(requests, before);
  });

  it("fetches a chart again if the copy in the cache has changed", async () => {
    const how = fresh();
    await versionOf(helmSource(http), chart("1.2.3"), how);
    const archives = join(how.env?.XDG_CACHE_HOME ?? "", "edgefirst/charts/archives");
    for (const file of readdirSync(archives)) writeFileSync(join(archives, file), "something else");
    const before = requests;
    await versionOf(helmSource(http), chart("1.2.3"), { ...how, fetch: chartFetcher(how.env ?? {}) });
    assert.ok(requests > before);
  });

  const refusals: readonly (readonly [string, () => string, Mapping, RegExp])[] = [
    [
      "a tag that does not exist",
      () => ociSource(`${oci}/sample`, { tag: "9.9.9" }),
      BY_REFERENCE,
      /cannot be fetched/,
    ],
    ["a version that does not exist", () => helmSource(http), chart("9.9.9"), /has no chart sample 9\.9\.9$/],
    [
      "an address without TLS",
      () => helmSource("http://charts.example.com"),
      chart(),
      /is not an https address$/,
    ],
    [
      "a source with a login",
      () => helmSource(http, { secretRef: { name: "login" } }),
      chart(),
      /needs a login$/,
    ],
  ];
  for (const [title, source, spec, reason] of refusals)
    it(`reports ${title}`, async () => {
      const repository = repositoryOf({ "release.yaml": sampleRelease(spec), "source.yaml": source() });
      const { notRendered } = await renderOnly(repository, fresh());
      assert.match(notRendered[0]?.reason ?? "", reason);
    });

  it("reports a chart that does not match the digest in the index", async () => {
    const other = temporaryDirectory("edgefirst-tampered-");
    mkdirSync(other, { recursive: true });
    const index = (await (await fetch(`${http}/index.yaml`)).text()).replaceAll(
      /digest: \w{4}/g,
      "digest: 0000",
    );
    const tampered = createServer((request, response) => {
      if (request.url === "/index.yaml") response.end(index);
      else
        void fetch(`${http}${request.url ?? ""}`).then(async (real) =>
          response.end(Buffer.from(await real.arrayBuffer())),
        );
    });
    const source = helmSource(`http://${await listening(tampered)}`);
    const repository = repositoryOf({ "release.yaml": sampleRelease(chart()), "source.yaml": source });
    const { notRendered } = await renderOnly(repository, fresh());
    tampered.close();
    assert.match(notRendered[0]?.reason ?? "", /does not match the digest in the index$/);
  });
});
