import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { loadPins } from "../../../config/pins.ts";
import { bump } from "../../../tools/scripts/bump/bump.ts";
import { TARGETS, type BumpTarget } from "../../../tools/scripts/bump/targets.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DIGEST = `sha256:${"a".repeat(64)}`;
const RELEASE = `gatewayApi:
  # why this version
  version: v1.4.1
images:
  # the proxy
  traefik: docker.io/library/traefik:v3.6.12@sha256:${"0".repeat(64)}
  gatusSidecar: ghcr.io/home-operations/gatus-sidecar:0.4.1@sha256:${"0".repeat(64)}
`;
const TOOLCHAIN = `images:
  etcd:
    # renovate: the next line
    image: gcr.io/etcd-development/etcd:v3.7.2@sha256:${"0".repeat(64)}
    path: /usr/local/bin/etcd
`;
const PACKAGE = JSON.stringify({ dependencies: { picocolors: "1.1.0" } }, null, 2);
const CACHE_FIRST = { ...process.env, npm_config_prefer_offline: "true" };
const NPM: BumpTarget = { modules: {}, package: "picocolors", mentions: ["guide.md"], proof: [] };
const GATEWAY_API: BumpTarget = {
  modules: { "gateway-api": ["sigs.k8s.io/gateway-api"] },
  release: ["gatewayApi", "version"],
  proof: [],
};

describe("npm run bump", function () {
  this.timeout(120_000); // go and npm may have to fetch what changes
  let root: string;
  const module = "tools/toolchain/gateway-api";
  const read = (file: string): string => readFileSync(join(root, file), "utf8");
  const run = (target: BumpTarget, version: string, env = process.env): Promise<void> =>
    bump({
      target,
      version,
      root,
      env,
      digest: (image) => Promise.resolve(image.includes(":v") ? DIGEST : `${DIGEST}0`),
    });

  beforeEach(() => {
    root = temporaryDirectory("edgefirst-bump-test-");
    mkdirSync(join(root, module), { recursive: true });
    writeFileSync(join(root, "release.yaml"), RELEASE);
    writeFileSync(join(root, "toolchain.yaml"), TOOLCHAIN);
    writeFileSync(join(root, "package.json"), PACKAGE);
    writeFileSync(
      join(root, "package-lock.json"),
      JSON.stringify({ lockfileVersion: 3, packages: { "": JSON.parse(PACKAGE) as object } }),
    );
    writeFileSync(join(root, "guide.md"), "Run `npx picocolors@1.1.0`. Before 1.1, it was slow.\n");
    writeFileSync(join(root, module, "go.mod"), "module example.test/gateway-api\n\ngo 1.26\n");
    writeFileSync(join(root, module, "go.sum"), "");
  });

  it("changes release.yaml and the Go modules together, with the real go", async () => {
    const version = loadPins().gatewayApi.version.slice(1);
    await run(GATEWAY_API, version);
    assert.equal(read("release.yaml"), RELEASE.replace("v1.4.1", `v${version}`));
    assert.match(
      read(`${module}/go.mod`),
      new RegExp(`sigs\\.k8s\\.io/gateway-api v${version.replaceAll(".", "\\.")}`),
    );
    assert.ok(read(`${module}/go.sum`).includes(`sigs.k8s.io/gateway-api v${version} h1:`));
  });

  it("gives the libraries of Kubernetes the 0.x version of its release, with the real go", async () => {
    const libraries: BumpTarget = { modules: { "gateway-api": ["k8s.io/component-base"] }, proof: [] };
    await run(libraries, "1.37.2");
    assert.match(read(`${module}/go.mod`), /k8s\.io\/component-base v0\.37\.2/);
  });

  it("changes nothing if one of them cannot be changed", async () => {
    for (const [version, env] of [
      ["0.0.99", process.env],
      ["1.6.3", { ...process.env, GOPROXY: "off", GOMODCACHE: join(root, "empty") }],
    ] as const)
      await assert.rejects(
        run({ ...GATEWAY_API, images: ["etcd"] }, version, env),
        /^EdgefirstError: go cannot change tools\/toolchain\/gateway-api to \S+, so nothing was changed: /,
      );
    assert.equal(read("release.yaml"), RELEASE);
    assert.equal(read("toolchain.yaml"), TOOLCHAIN);
    assert.doesNotMatch(read(`${module}/go.mod`), /require/);
  });

  it("changes an npm package, its lockfile and the files that mention it together, with the real npm", async () => {
    await run(NPM, "1.1.1", CACHE_FIRST);
    assert.equal(read("package.json").trim(), PACKAGE.replace("1.1.0", "1.1.1"));
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version?: string }> };
    assert.equal(lock.packages["node_modules/picocolors"]?.version, "1.1.1");
    assert.equal(read("guide.md"), "Run `npx picocolors@1.1.1`. Before 1.1, it was slow.\n");
  });

  it("changes nothing if npm does not know the version, or a file no longer mentions it", async () => {
    const unchanged = ["release.yaml", "package.json", "package-lock.json", "guide.md"].map(read);
    const target: BumpTarget = { ...NPM, release: ["images", "traefik"] };
    await assert.rejects(
      run(target, "0.0.999", CACHE_FIRST),
      /^EdgefirstError: npm cannot change package\.json to picocolors@0\.0\.999, so nothing was changed: [^]*No matching version/,
    );
    await assert.rejects(
      run({ ...target, mentions: ["guide.md", "release.yaml"] }, "1.1.1"),
      /^EdgefirstError: release\.yaml does not mention 1\.1\.0, so nothing was changed\./,
    );
    assert.deepEqual(["release.yaml", "package.json", "package-lock.json", "guide.md"].map(read), unchanged);
  });

  it("gives an image its new tag and digest, with the tag's own form and all comments", async () => {
    await run({ modules: {}, release: ["images", "traefik"], proof: [] }, "3.7.14");
    await run({ modules: {}, release: ["images", "gatusSidecar"], proof: [] }, "0.5.1");
    assert.equal(
      read("release.yaml"),
      RELEASE.replace(/v3\.6\.12@sha256:0+/, `v3.7.14@${DIGEST}`).replace(
        /0\.4\.1@sha256:0+/,
        `0.5.1@${DIGEST}0`,
      ),
    );
  });

  it("drops the former digest of an image that only the sandbox uses", async () => {
    await run({ modules: {}, images: ["etcd"], proof: [] }, "3.7.4");
    assert.equal(read("toolchain.yaml"), TOOLCHAIN.replace(/v3\.7\.2@sha256:0+/, "v3.7.4"));
  });

  describe("has a target for", () => {
    const targets = Object.entries(TARGETS);
    const images = parse(readFileSync(join(ROOT, "toolchain.yaml"), "utf8")) as {
      images: Record<string, { image?: string }>;
    };

    it("every version in release.yaml and every image in toolchain.yaml, once", () => {
      const pinned = targets.flatMap(([, { release }]) => (release === undefined ? [] : [release.join(".")]));
      const expected = [
        ...Object.keys(loadPins().images).map((name) => `images.${name}`),
        "gatewayApi.version",
      ];
      assert.deepEqual(pinned.sort(), expected.sort());
      const own = Object.entries(images.images).filter(([, { image }]) => image !== undefined);
      assert.deepEqual(
        targets.flatMap(([, { images: names = [] }]) => names).sort(),
        own.map(([name]) => name).sort(),
      );
    });

    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      scripts: object;
    };
    for (const [name, { modules, proof, package: npm, mentions = [] }] of targets)
      it(`${name}, with modules, mentions and tests that exist`, () => {
        for (const [folder, paths] of Object.entries(modules)) {
          const text = readFileSync(join(ROOT, "tools/toolchain", folder, "go.mod"), "utf8");
          for (const path of paths)
            assert.ok(text.includes(`${path} v`), `${folder}/go.mod requires no ${path}`);
        }
        const version = npm === undefined ? "" : manifest.dependencies[npm];
        assert.ok(version !== undefined, `package.json has no ${npm}`);
        for (const file of mentions)
          assert.ok(readFileSync(join(ROOT, file), "utf8").includes(version), `${file} does not mention it`);
        for (const [, script = "", , ...files] of proof) {
          assert.ok(script in manifest.scripts, script);
          for (const file of files) assert.ok(globSync(file, { cwd: ROOT }).length > 0, file);
        }
      });
  });
});
