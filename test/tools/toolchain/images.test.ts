import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import { EdgefirstError } from "../../../lib/errors.ts";
import { waitUntil } from "../../../tools/sandbox/wait.ts";
import { findProgram } from "../../../tools/toolchain/find.ts";
import { takeFile } from "../../../tools/toolchain/images/layer.ts";
import { pullPrograms } from "../../../tools/toolchain/images/provision.ts";
import { programNamed } from "../../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../../tools/toolchain/programs.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { freePort, isListening } from "../../../tools/sandbox/ports.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { greeterIn } from "./greeter.ts";
import { listening } from "../../support/listening.ts";

const run = promisify(execFile);
const PATH = "/usr/local/bin/greeter";
type Tamper = (incoming: IncomingMessage, response: ServerResponse) => boolean;

/** A file with the headers of a static ELF executable for this machine. */
function executable({ machine = process.arch === "arm64" ? 183 : 62, interpreted = false } = {}): Buffer {
  const bytes = Buffer.alloc(64 + 56 + 300_000, 7);
  bytes.fill(0, 0, 120);
  bytes.write("\u007fELF\u0002\u0001\u0001", 0, "latin1");
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(interpreted ? 3 : 1, 64);
  return bytes;
}

async function layerOf(
  entries: readonly (readonly [Partial<Header> & { name: string }, Buffer?])[],
): Promise<Buffer> {
  const archive = pack();
  for (const [header, content] of entries)
    archive.entry({ mode: 0o755, ...header }, content ?? Buffer.alloc(0));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

describe("toolchain: programs from images", function () {
  this.timeout(60_000);
  const root = temporaryDirectory("edgefirst-images-");
  let crane: string | undefined;
  let registry: ChildProcess;
  let upstream: string;
  let proxy: Server;
  let address: string;
  let tamper: Tamper = () => false;
  const requests: string[] = [];

  before(async function () {
    const found = await findProgram(programNamed("crane", PROGRAMS));
    if (found === undefined) {
      this.test!.title += " (skipped: crane is not built on this machine)";
      this.skip();
    }
    crane = found.path;
    const port = await freePort();
    upstream = `127.0.0.1:${port}`;
    registry = spawn(crane, ["registry", "serve", `--address=${upstream}`], { stdio: "ignore" });
    await waitUntil("the registry", () => isListening(port), { timeoutMs: 30_000 });
    proxy = createServer((incoming, response) => {
      requests.push(`${incoming.url ?? ""} ${incoming.headers.range ?? ""}`.trim());
      if (tamper(incoming, response)) return;
      forward(incoming, response);
    });
    address = await listening(proxy);
  });
  after(() => {
    if (crane === undefined) return;
    registry.kill();
    proxy.closeAllConnections();
    proxy.close();
  });
  beforeEach(() => {
    tamper = () => false;
    requests.length = 0;
    rmSync(join(root, "cache"), { recursive: true, force: true });
    rmSync(join(root, "lock.yaml"), { force: true });
  });

  function forward(
    incoming: IncomingMessage,
    response: ServerResponse,
    change?: (body: Buffer) => Buffer,
  ): void {
    const [host, port] = upstream.split(":");
    const headers = { ...incoming.headers, host: upstream };
    request({ host, port, path: incoming.url, headers, method: incoming.method }, (answer) => {
      if (change === undefined) {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
        return;
      }
      const chunks: Buffer[] = [];
      answer
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          const body = change(Buffer.concat(chunks));
          response.writeHead(answer.statusCode ?? 500, { ...answer.headers, "content-length": body.length });
          response.end(body);
        });
    }).end();
  }

  /** Pushes an image with these layers; returns its reference through the proxy, with its digest. */
  async function push(
    name: string,
    layers: readonly Buffer[],
    platform = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`,
  ): Promise<string> {
    const files = layers.map((layer, index) => {
      const file = join(root, `${name.replaceAll(/\W/g, "-")}-${index}.tar.gz`);
      writeFileSync(file, layer);
      return ["-f", file];
    });
    const tag = `${upstream}/${name}:v1`;
    await run(crane!, [
      "append",
      "--insecure",
      "--set-base-image-media-type",
      "--oci-empty-base",
      "-t",
      tag,
      ...files.flat(),
    ]).catch(() => run(crane!, ["append", "--insecure", "-t", tag, ...files.flat()]));
    await run(crane!, ["mutate", "--insecure", "--set-platform", platform, "-t", tag, tag]);
    const { stdout } = await run(crane!, ["digest", "--insecure", tag]);
    return `${address}/${name}:v1@${stdout.trim()}`;
  }

  const env = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: "",
    XDG_CACHE_HOME: join(root, "cache"),
    ...extra,
  });
  const pull = async (
    reference: string,
    extra: NodeJS.ProcessEnv = { EDGEFIRST_TOOLCHAIN: "images" },
  ): Promise<string> => {
    const image = { reference, path: PATH, lockFile: join(root, "lock.yaml") };
    const pulled = await pullPrograms([{ name: "greeter", image }], {
      progress: (line) => lines.push(line),
      env: env(extra),
    });
    return pulled.get("greeter") ?? "";
  };
  const lines: string[] = [];
  const good = (): Promise<Buffer> => layerOf([[{ name: "usr/local/bin/greeter" }, executable()]]);
  const installed = (): string[] => {
    const cache = join(root, "cache/edgefirst/toolchain");
    return existsSync(cache) ? readdirSync(cache).filter((entry) => entry.startsWith("greeter-")) : [];
  };
  const refuses = async (reference: string, message: RegExp): Promise<void> => {
    const before = installed();
    await assert.rejects(pull(reference), (error) => {
      assert(error instanceof EdgefirstError, String(error));
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(installed(), before);
  };

  it("are the image's one executable, and are found the next time without a request", async () => {
    const reference = await push("plain", [
      await layerOf([[{ name: "etc/passwd" }, Buffer.from("root")]]),
      await good(),
    ]);
    const path = await pull(reference);
    assert.deepEqual(readFileSync(path), executable());
    assert.deepEqual(readdirSync(dirname(path)), ["greeter"]);
    assert.ok(
      !existsSync(join(root, "cache/edgefirst/toolchain/downloads")) ||
        readdirSync(join(root, "cache/edgefirst/toolchain/downloads")).length === 0,
    );
    requests.length = 0;
    mkdirSync(join(root, "greeter"), { recursive: true });
    writeFileSync(join(root, "greeter/go.mod"), "module example.test/greeter\n\ngo 1.26\n\n// pins v1.2.3\n");
    const program = {
      ...greeterIn(root),
      image: { reference, path: PATH, lockFile: join(root, "lock.yaml") },
    };
    const found = await resolveProgram("greeter", {
      programs: [program],
      env: env(),
      progress: (line) => lines.push(line),
    });
    assert.deepEqual([found.origin, found.path], ["image", path]);
    assert.equal(await findProgram(program, env({ EDGEFIRST_TOOLCHAIN: "build" })), undefined);
    assert.deepEqual(requests, []);
  });

  it("come from the topmost layer, unless it removes them", async () => {
    const other = await layerOf([[{ name: "usr/local/bin/greeter" }, Buffer.from("old")]]);
    assert.deepEqual(readFileSync(await pull(await push("upper", [other, await good()]))), executable());
    const removed = await layerOf([[{ name: "usr/local/bin/.wh.greeter" }]]);
    await refuses(
      await push("removed", [await good(), removed]),
      /does not contain the file \/usr\/local\/bin\/greeter/,
    );
    const opaque = await layerOf([[{ name: "usr/.wh..wh..opq" }]]);
    await refuses(await push("opaque", [await good(), opaque]), /does not contain/);
  });

  it("record a tag's digest at the first pull, and accept no other later", async () => {
    const [reference = ""] = (await push("tagged", [await good()])).split("@");
    await pull(reference);
    const lock = readFileSync(join(root, "lock.yaml"), "utf8");
    assert.match(lock, /^ {2}\S+\/tagged:v1: sha256:[0-9a-f]{64}$/m);
    rmSync(join(root, "cache"), { recursive: true });
    await push("tagged", [await layerOf([[{ name: "usr/local/bin/greeter" }, Buffer.from("moved")]])]);
    assert.deepEqual(readFileSync(await pull(reference)), executable());
  });

  it("are refused if a digest does not match", async () => {
    const reference = await push("broken", [await good()]);
    const swap =
      (part: string): Tamper =>
      (incoming, response) => {
        if (!incoming.url!.includes(part)) return false;
        forward(incoming, response, (body) =>
          Buffer.concat([body.subarray(0, -1), Buffer.from([body.at(-1)! ^ 1])]),
        );
        return true;
      };
    tamper = swap("/manifests/");
    await refuses(reference, /manifest with the digest sha256:\w+ instead of sha256:/);
    let blobs = 0;
    tamper = (incoming, response) =>
      incoming.url!.includes("/blobs/") && ++blobs > 1 && swap("/blobs/")(incoming, response);
    await refuses(reference, /layer has the digest sha256:\w+ instead of sha256:/);
    tamper = () => false;
    assert.deepEqual(readFileSync(await pull(reference)), executable());
  });

  it("continue a cut transfer, in the same run and in the next", async () => {
    const reference = await push("cut", [
      await layerOf([
        [{ name: "usr/local/bin/greeter" }, Buffer.concat([executable(), randomBytes(2_000_000)])],
      ]),
    ]);
    let cuts = 0;
    const cutting =
      (most: number): Tamper =>
      (incoming, response) => {
        if (!incoming.url!.includes("/blobs/") || cuts >= most) return false;
        const start = Number(/bytes=(\d+)/.exec(incoming.headers.range ?? "")?.[1] ?? 0);
        forwardCut(incoming, response, () => (start === 0 || most > 10 ? 1_000_000 : Infinity));
        return true;
      };
    const forwardCut = (incoming: IncomingMessage, response: ServerResponse, keep: () => number): void => {
      const [host, port] = upstream.split(":");
      request(
        { host, port, path: incoming.url, headers: { ...incoming.headers, host: upstream } },
        (answer) => {
          let sent = 0;
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer
            .on("data", (chunk: Buffer) => {
              if (response.destroyed) return;
              sent += chunk.length;
              if (Number(answer.headers["content-length"]) < 10_000 || sent < keep()) response.write(chunk);
              else {
                cuts++;
                response.write(chunk, () => response.destroy());
              }
            })
            .on("end", () => response.end());
        },
      ).end();
    };
    tamper = cutting(2);
    const path = await pull(reference);
    assert.equal(readFileSync(path).length, executable().length + 2_000_000);
    assert.ok(
      requests.some((line) => / bytes=\d{6,}-\d+$/.test(line)),
      requests.join("\n"),
    );

    rmSync(join(root, "cache"), { recursive: true });
    tamper = (incoming, response) => {
      if (!incoming.headers.range) return cutting(Infinity)(incoming, response);
      response.destroy();
      return true;
    };
    cuts = 0;
    await refuses(reference, /was cut off at \d+ of \d+ bytes[^]*Run the command again/);
    tamper = () => false;
    requests.length = 0;
    await pull(reference);
    assert.ok(
      requests.some((line) => / bytes=\d{6,}-\d+$/.test(line)),
      requests.join("\n"),
    );
  });

  it("are refused if they are for another platform, dynamically linked, or not executables", async () => {
    await refuses(
      await push("foreign", [await good()], "linux/s390x"),
      /has no image for linux\/\w+, only for linux\/s390x/,
    );
    const machine = await layerOf([[{ name: "usr/local/bin/greeter" }, executable({ machine: 22 })]]);
    await refuses(await push("mislabelled", [machine]), /is not built for/);
    const dynamic = await layerOf([[{ name: "usr/local/bin/greeter" }, executable({ interpreted: true })]]);
    await refuses(await push("dynamic", [dynamic]), /is not a static executable/);
    const script = await layerOf([[{ name: "usr/local/bin/greeter" }, Buffer.from("#!/bin/sh\n")]]);
    await refuses(await push("script", [script]), /is not a 64-bit Linux executable/);
  });

  it("get an anonymous token on 401, and report if there is none", async () => {
    const reference = await push("private", [await good()]);
    const challenge: Tamper = (incoming, response) => {
      if (incoming.url!.startsWith("/token")) {
        assert.match(incoming.url!, /service=test&scope=repository%3Aprivate%3Apull/);
        response.end(JSON.stringify({ token: "anonymous" }));
        return true;
      }
      if (incoming.url === "/v2/" || incoming.headers.authorization === "Bearer anonymous") return false;
      response.writeHead(401, {
        "www-authenticate": `Bearer realm="http://${address}/token",service="test",scope="repository:private:pull"`,
      });
      response.end();
      return true;
    };
    tamper = challenge;
    assert.deepEqual(readFileSync(await pull(reference)), executable());
    rmSync(join(root, "cache"), { recursive: true });
    tamper = (incoming, response) => {
      if (!incoming.url!.startsWith("/token")) return challenge(incoming, response);
      response.writeHead(403).end();
      return true;
    };
    await refuses(reference, /did not issue a token for anonymous pulls \(403\)/);
    tamper = (incoming, response) => {
      if (incoming.url === "/v2/") return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="login"' }).end();
      return true;
    };
    await refuses(reference, /requires a login/);
  });

  it("wait on 429, and give up after several", async () => {
    const reference = await push("limited", [await good()]);
    let refused = 0;
    const limit =
      (most: number): Tamper =>
      (incoming, response) => {
        if (incoming.url === "/v2/" || ++refused > most) return false;
        response.writeHead(429, { "retry-after": "0" }).end();
        return true;
      };
    tamper = limit(3);
    assert.deepEqual(readFileSync(await pull(reference)), executable());
    rmSync(join(root, "cache"), { recursive: true });
    tamper = limit(Infinity);
    await refuses(reference, /limits the pull rate \(429\)/);
  });

  it("are refused if the archive is hostile: links, paths out of the image, decompression bombs", async () => {
    const link = await layerOf([
      [{ name: "usr/local/bin/greeter", type: "symlink", linkname: "/etc/passwd" }],
    ]);
    await refuses(await push("link", [link]), /greeter is a symlink in its image, not a file/);
    const hard = await layerOf([
      [{ name: "usr/local/bin/greeter", type: "link", linkname: "../../etc/passwd" }],
    ]);
    await refuses(await push("hard", [hard]), /greeter is a link in its image, not a file/);
    const escaping = await layerOf([[{ name: "../../usr/local/bin/greeter" }, executable()]]);
    await refuses(await push("escaping", [escaping]), /path that leads out of the image/);
    const bomb = await layerOf([
      [{ name: "zeros" }, Buffer.alloc(80_000_000)],
      [{ name: "usr/local/bin/greeter" }, executable()],
    ]);
    await refuses(await push("bomb", [bomb]), /unpacks to more than \d+ bytes/);
    const torn = join(root, "torn.tar.gz");
    writeFileSync(torn, (await good()).subarray(0, -1000));
    const layer = { file: torn, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip" };
    await assert.rejects(takeFile(layer, PATH, join(root, "target")), /layer cannot be unpacked/);
    assert.deepEqual(
      readdirSync(root).filter((name) => name === "etc" || name === "usr"),
      [],
    );
  });

  it("come from a named mirror", async () => {
    const [, digest = ""] = (await push("proxied/ghcr.io/test/greeter", [await good()])).split("@");
    const reference = `ghcr.io/test/greeter:v1@${digest}`;
    const images = { EDGEFIRST_TOOLCHAIN: "images" };
    assert.notEqual(
      await pull(reference, { ...images, EDGEFIRST_REGISTRY_MIRROR: `${address}/proxied` }),
      "",
    );
    rmSync(join(root, "cache"), { recursive: true });
    const mirror = `docker.io=127.0.0.1:1,ghcr.io=${address}/proxied/ghcr.io`;
    assert.notEqual(await pull(reference, { ...images, EDGEFIRST_REGISTRY_MIRROR: mirror }), "");
  });

  it("are built instead if the registry is unreachable, which takes at most 3 s to detect and is reported once", async () => {
    const closed = `127.0.0.1:${await freePort()}`;
    lines.length = 0;
    const start = Date.now();
    assert.equal(await pull(`${closed}/greeter:v1`, {}), "");
    assert.ok(Date.now() - start < 3_000);
    assert.deepEqual(lines, [
      `Image registries cannot be reached: ${closed} (ECONNREFUSED). Programs from these registries will be built from source instead.`,
    ]);
    await assert.rejects(pull(`${closed}/greeter:v1`), /cannot be reached[^]*EDGEFIRST_REGISTRY_MIRROR/);
    assert.equal(await pull(`${closed}/greeter:v1`, { EDGEFIRST_TOOLCHAIN: "build" }), "");
    await assert.rejects(
      pull(`${closed}/greeter:v1`, { EDGEFIRST_TOOLCHAIN: "both" }),
      /Set it to images or build/,
    );
  });

  it("are built instead if the registry drops packets, which takes at most 3 s to detect", async () => {
    const silent = createServer(() => undefined);
    const host = await listening(silent);
    lines.length = 0;
    const start = Date.now();
    assert.equal(await pull(`${host}/greeter:v1`, {}), "");
    assert.ok(Date.now() - start < 3_000);
    assert.match(lines.join("\n"), /no response within 2\.5 s/);
    silent.closeAllConnections();
    silent.close();
  });
});
