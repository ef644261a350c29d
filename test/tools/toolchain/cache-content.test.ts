import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cacheContent, pruneCache } from "../../../tools/toolchain/cache-content.ts";
import { resolveProgram } from "../../../tools/toolchain/resolve.ts";
import { Greeter } from "./greeter.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");

describe("toolchain: contents of the cache", function () {
  this.timeout(120_000);

  let greeter: Greeter;
  beforeEach(() => (greeter = new Greeter()));

  const states = async (): Promise<Record<string, string>> => {
    const { entries } = await cacheContent(greeter.env(), [greeter.program]);
    return Object.fromEntries(entries.map(({ path, state }) => [basename(path), state]));
  };

  it("keeps pinned programs and running builds, and removes older programs, downloads and abandoned builds", async () => {
    const { path: older } = await resolveProgram("greeter", greeter.options());
    writeFileSync(
      join(greeter.program.directory, "go.mod"),
      "module example.test/greeter\n\ngo 1.26\n\n// pins v1.2.4\n",
    );
    const { path: newer } = await resolveProgram("greeter", greeter.options());
    const running = `other-000000000000.building-${process.pid}-abc`;
    const abandoned = `other-000000000000.building-${deadPid()}-abc`;
    for (const folder of ["downloads", running, abandoned]) mkdirSync(join(greeter.cache, folder));
    writeFileSync(join(greeter.cache, "downloads/sha256-1"), "half");
    const [old, current] = [older, newer].map((path) => basename(dirname(path)));
    assert.deepEqual(await states(), {
      [old!]: "unused",
      [current!]: "pinned",
      downloads: "unused",
      [running]: "in use",
      [abandoned]: "unused",
    });

    const removed = await pruneCache({ env: greeter.env(), programs: [greeter.program] });
    assert.deepEqual(removed.map(({ path }) => basename(path)).sort(), [abandoned, "downloads", old].sort());
    assert(removed.every(({ path, bytes }) => basename(path) === abandoned || bytes > 0));
    assert.deepEqual(readdirSync(greeter.cache).sort(), [current, running].sort());
    assert.equal((await resolveProgram("greeter", greeter.options(greeter.envWithoutGo()))).path, newer);
    assert.deepEqual(await pruneCache({ env: greeter.env(), programs: [greeter.program] }), []);
  });

  it("builds with a Go cache for these programs only, and empties it only on request", async () => {
    const env = { ...greeter.env(), GOCACHE: undefined };
    await resolveProgram("greeter", greeter.options(env));
    const goCache = join(dirname(greeter.cache), "go-build");
    assert.equal((await cacheContent(env, [greeter.program])).goCache.path, goCache);
    await pruneCache({ env, programs: [greeter.program] });
    assert(existsSync(goCache));
    const removed = await pruneCache({ env, programs: [greeter.program], goCache: true });
    assert.deepEqual(
      removed.map(({ path }) => path),
      [goCache],
    );
    assert(!existsSync(goCache));
  });

  it("only lists with --dry-run", () => {
    mkdirSync(join(greeter.cache, "traefik-000000000000"), { recursive: true });
    writeFileSync(join(greeter.cache, "traefik-000000000000/traefik"), "old");
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [MAIN, "toolchain", "prune", ...args], {
        env: greeter.env(),
        encoding: "utf8",
      });
    const expected = [{ path: join(greeter.cache, "traefik-000000000000"), bytes: 3 }];
    const dry = run("--dry-run", "--json");
    assert.deepEqual(JSON.parse(dry.stdout), expected, dry.stderr);
    assert(existsSync(expected[0]!.path));
    const real = run();
    assert.equal(real.status, 0, real.stderr);
    assert.match(real.stdout, /^removed .*\/traefik-000000000000\nfreed 0\.0 GB\n$/);
    assert(!existsSync(expected[0]!.path));
    assert.equal(run().stdout, "nothing to remove: every program in the cache is pinned\n");
  });

  it("finds nothing to remove if there is no cache, and does not create one", async () => {
    rmSync(join(greeter.root, "cache"), { recursive: true, force: true });
    assert.deepEqual(await pruneCache({ env: greeter.env() }), []);
    assert(!existsSync(join(greeter.root, "cache")));
  });
});

/** The PID of a process that has exited. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}
