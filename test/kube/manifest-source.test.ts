import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fetch } from "../../lib/fetch-by-proxy.ts";
import { objectsChecksum } from "../../kube/pinned-objects.ts";
import { fileUrl, loadGatewayApi } from "../../kube/gateway-api-manifests.ts";
import { checksum, loadManifest, manifestCache, parseManifest } from "../../kube/manifest-source.ts";

const MANIFEST = `---
# nothing here
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
---
`;
const SHA256 = checksum(MANIFEST);
const URL = "https://manifests.example.com/app/v1/install.yaml";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "edgefirst-manifests-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Serves a response for each URL and records the requests. */
function serving(responses: Record<string, () => Response>): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = (url, { redirect }) => {
    asked.push(url);
    assert.equal(redirect, "manual");
    const response = responses[url];
    return response === undefined
      ? Promise.reject(new TypeError("fetch failed", { cause: new Error(`getaddrinfo ENOTFOUND ${url}`) }))
      : Promise.resolve(response());
  };
  return { fetch, asked };
}

const redirect = (to: string) => () => new Response(null, { status: 302, headers: { location: to } });

describe("a manifest from a URL", () => {
  const load = (fetch: Fetch, sha256 = SHA256, timeoutMs?: number) =>
    loadManifest(
      { source: URL, sha256, offlineHint: "Set edgefirst:some.source to a file." },
      { cacheDirectory: join(directory, "cache"), fetch, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
    );

  it("is downloaded, verified, parsed and cached by checksum", async () => {
    const { fetch, asked } = serving({ [URL]: () => new Response(MANIFEST) });
    assert.deepEqual(
      (await load(fetch)).map(({ metadata }) => metadata.name),
      ["a", "b"],
    );
    assert.deepEqual(await readdir(join(directory, "cache")), [SHA256]);
    assert.equal((await load(fetch)).length, 2);
    assert.deepEqual(asked, [URL]);
  });

  it("is downloaded again if the cached file was changed", async () => {
    const { fetch, asked } = serving({ [URL]: () => new Response(MANIFEST) });
    await load(fetch);
    await writeFile(join(directory, "cache", SHA256), MANIFEST.replace("name: a", "name: evil"));
    assert.equal((await load(fetch))[0]?.metadata.name, "a");
    assert.deepEqual(asked, [URL, URL]);
    assert.equal(await readFile(join(directory, "cache", SHA256), "utf8"), MANIFEST);
  });

  it("with a wrong checksum is refused, naming both checksums, and not cached", async () => {
    const { fetch } = serving({ [URL]: () => new Response(`${MANIFEST}# more\n`) });
    await assert.rejects(load(fetch), (error: Error) => {
      assert.match(error.message, /install\.yaml has the wrong checksum/);
      assert.ok(error.message.includes(`expected SHA-256 ${SHA256}`));
      assert.ok(error.message.includes(`actual   SHA-256 ${checksum(`${MANIFEST}# more\n`)}`));
      return true;
    });
    await assert.rejects(readdir(join(directory, "cache")), { code: "ENOENT" });
  });

  const failures: readonly [string, Record<string, () => Response>, RegExp][] = [
    ["without network access", {}, /cannot be downloaded: getaddrinfo ENOTFOUND/],
    [
      "that no longer exists",
      { [URL]: () => new Response("", { status: 404, statusText: "Not Found" }) },
      /404 Not Found/,
    ],
    [
      "redirected to http",
      { [URL]: redirect("http://x.example.com/") },
      /http:\/\/x\.example\.com\/ is not an https URL/,
    ],
    ["redirected in a loop", { [URL]: redirect(URL) }, /more than 5 redirects/],
    ["too large", { [URL]: () => new Response(new Uint8Array(17 * 1024 * 1024)) }, /larger than/],
  ];
  for (const [what, responses, message] of failures)
    it(`${what} fails with an error that explains what to do`, async () => {
      await assert.rejects(load(serving(responses).fetch), (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /Set edgefirst:some\.source to a file/);
        return true;
      });
    });

  it("follows a redirect to https", async () => {
    const target = "https://cdn.example.com/install.yaml";
    const { fetch } = serving({ [URL]: redirect(target), [target]: () => new Response(MANIFEST) });
    assert.equal((await load(fetch)).length, 2);
  });

  it("fails if the server does not respond in time", async () => {
    const silent: Fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    await assert.rejects(load(silent, SHA256, 20), /no complete response within 0\.02 s/);
  });

  it("over plain http is refused without a request", async () => {
    const { fetch, asked } = serving({});
    await assert.rejects(
      loadManifest(
        { source: URL.replace("https", "http"), sha256: SHA256 },
        { cacheDirectory: directory, fetch },
      ),
      /is not an https URL/,
    );
    assert.deepEqual(asked, []);
  });

  it("is cached in XDG_CACHE_HOME, or ~/.cache", () => {
    assert.equal(manifestCache({ XDG_CACHE_HOME: "/cache" }), "/cache/edgefirst/manifests");
    assert.match(manifestCache({}), /\/\.cache\/edgefirst\/manifests$/);
  });
});

describe("a manifest in a file", () => {
  it("is verified like a download", async () => {
    const source = join(directory, "install.yaml");
    await writeFile(source, MANIFEST);
    assert.equal((await loadManifest({ source, sha256: SHA256 })).length, 2);
    await assert.rejects(loadManifest({ source, sha256: "0".repeat(64) }), /wrong checksum/);
  });

  it("over the size limit is refused unread", async () => {
    const source = join(directory, "large.yaml");
    await writeFile(source, "");
    await truncate(source, 3 * 2 ** 30);
    const { rss } = process.memoryUsage();
    await assert.rejects(
      loadManifest({ source, sha256: SHA256 }),
      /large\.yaml cannot be read: it is larger than 16777216 bytes/,
    );
    assert.ok(process.memoryUsage().rss - rss < 100 * 2 ** 20);
  });

  it("is named in the error if it does not exist", async () => {
    await assert.rejects(
      loadManifest({ source: join(directory, "no.yaml"), sha256: SHA256 }),
      /no\.yaml cannot be read: ENOENT/,
    );
  });
});

describe("the objects in a manifest", () => {
  const invalid: readonly [string, string, RegExp][] = [
    ["YAML that does not parse", "a: [", /not valid YAML: .* at line 1/],
    [
      "a document that is not an object",
      "apiVersion: v1\nkind: ConfigMap\n",
      /Document 1 of f is not a Kubernetes object/,
    ],
    ["a key given twice", "a: 1\na: 2\n", /not valid YAML: .*unique/],
  ];
  for (const [what, yaml, message] of invalid)
    it(`are not read from ${what}`, () => {
      assert.throws(() => parseManifest(yaml, "f"), message);
    });

  it("are not read from aliases that multiply", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    assert.throws(() => parseManifest(lines.join("\n"), "f"), /f cannot be read: .*alias/i);
  });
});

describe("the Gateway API's files", () => {
  const crd = (name: string) =>
    `apiVersion: v1\nkind: CustomResourceDefinition\nmetadata:\n  name: ${name}\n`;
  const files = ["g_a.yaml", "g_b.yaml"].map((name) => ({ name, sha256: checksum(crd(name)) }));
  const release = {
    version: "v1.4.1",
    channel: "standard",
    baseUrl: "https://raw.example.com/gateway-api",
    files,
    objects: objectsChecksum(files.flatMap(({ name }) => parseManifest(crd(name), name))),
  };
  const names = async (loaded: ReturnType<typeof loadGatewayApi>) =>
    (await loaded).map(({ metadata }) => metadata.name);

  it("are downloaded from the raw URL of the tag", async () => {
    const { fetch, asked } = serving(
      Object.fromEntries(files.map(({ name }) => [fileUrl(release, name), () => new Response(crd(name))])),
    );
    assert.deepEqual(await names(loadGatewayApi(release, { cacheDirectory: directory, fetch })), [
      "g_a.yaml",
      "g_b.yaml",
    ]);
    const directoryUrl = "https://raw.example.com/gateway-api/v1.4.1/config/crd/standard";
    assert.deepEqual(asked.sort(), [`${directoryUrl}/g_a.yaml`, `${directoryUrl}/g_b.yaml`]);
  });

  it("fail without network access, with a pointer to gatewayApi.source", async () => {
    await assert.rejects(
      loadGatewayApi(release, { cacheDirectory: directory, ...serving({}) }),
      /set edgefirst:gatewayApi\.source to a directory/,
    );
  });

  it("are read from a directory, each verified", async () => {
    for (const { name } of files) await writeFile(join(directory, name), crd(name));
    assert.equal((await loadGatewayApi({ ...release, source: directory })).length, 2);
    await writeFile(join(directory, "g_b.yaml"), crd("other"));
    await assert.rejects(
      loadGatewayApi({ ...release, source: directory }),
      /g_b\.yaml has the wrong checksum/,
    );
  });

  it("are parsed once: the copy in the cache counts only with the pinned checksum", async () => {
    for (const { name } of files) await writeFile(join(directory, name), crd(name));
    const load = () => loadGatewayApi({ ...release, source: directory }, { cacheDirectory: directory });
    const parsed = await load();
    const copy = join(directory, release.objects);
    assert.deepEqual(JSON.parse(await readFile(copy, "utf8")), parsed);
    assert.deepEqual(await load(), parsed);
    await writeFile(copy, JSON.stringify(parsed).replace("g_a", "g_x"));
    assert.deepEqual(await load(), parsed);
    assert.deepEqual(JSON.parse(await readFile(copy, "utf8")), parsed);
    await writeFile(join(directory, "g_b.yaml"), crd("other"));
    await assert.rejects(load(), /g_b\.yaml has the wrong checksum/);
  });

  it("are refused if they contain other objects than those that are pinned", async () => {
    for (const { name } of files) await writeFile(join(directory, name), crd(name));
    const other = { ...release, source: directory, objects: "0".repeat(64) };
    await assert.rejects(
      loadGatewayApi(other, { cacheDirectory: directory }),
      /are not those that release\.yaml pins\.\n {2}expected SHA-256 0{64}[^]*npm run pin/,
    );
  });

  it("are read although the cache cannot be written", async () => {
    for (const { name } of files) await writeFile(join(directory, name), crd(name));
    const options = { cacheDirectory: join(directory, "g_a.yaml") };
    assert.equal((await loadGatewayApi({ ...release, source: directory }, options)).length, 2);
  });

  it("are read from the release's install file, each part verified", async () => {
    const source = join(directory, "standard-install.yaml");
    const install = (second: string) =>
      `# Copyright\n#\n# Gateway API Standard channel install\n#\n${files
        .map(
          ({ name }, index) =>
            `---\n#\n# config/crd/standard/${name}\n#\n${crd(index === 1 ? second : name)}`,
        )
        .join("")}`;
    await writeFile(source, install("g_b.yaml"));
    assert.deepEqual(await names(loadGatewayApi({ ...release, source })), ["g_a.yaml", "g_b.yaml"]);
    await writeFile(source, install("other"));
    await assert.rejects(loadGatewayApi({ ...release, source }), /g_b\.yaml in .* has the wrong checksum/);
    await writeFile(source, crd("g_a.yaml"));
    await assert.rejects(
      loadGatewayApi({ ...release, source }),
      /does not contain config\/crd\/standard\/g_a\.yaml/,
    );
  });
});
