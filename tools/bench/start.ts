import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { loadPins } from "../../config/pins.ts";
import { manifestCache } from "../../kube/manifest-source.ts";
import { counted } from "../../lib/counted.ts";
import { userCache } from "../../lib/user-cache.ts";
import { FLUX_CONTROLLERS } from "../sandbox/flux.ts";
import { startRegistry } from "../sandbox/registry.ts";
import { sandboxDown } from "../sandbox/sandbox.ts";
import { pinnedDefinitions } from "../toolchain/definitions.ts";
import { moduleDirectory } from "../toolchain/modules.ts";
import { PROGRAMS } from "../toolchain/programs.ts";
import { resolvePrograms, type ResolvedProgram } from "../toolchain/resolve.ts";
import { keep, seconds, spread, table, write } from "./measure.ts";

// npm run bench:start [-- ROUNDS]: times `npm ci && npm start` in a fresh clone of HEAD, with an empty home and without Go. A local registry serves
// the programs as images, packed from the builds in this machine's cache. Pulumi's programs and the pinned manifests are in the cache from the start,
// because on a machine without Go they come from servers that the benchmark does not imitate.

const ROUNDS = Number(process.argv[2] ?? "1");
const PROJECT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const root = temporaryFolder("bench-start");
const needed = PROGRAMS.filter(({ tier }) => tier === "start").map(({ name }) => name);
const programs = await resolvePrograms(needed, { progress: write });
const sandbox = { dir: join(root, "registry"), progress: write };
const { address, crane } = await startRegistry(sandbox);
try {
  const digests = new Map<string, string>();
  for (const { name, image } of PROGRAMS) {
    const program = programs[name];
    if (image === undefined || program === undefined) continue;
    const tag = image.reference.split("@")[0] ?? "";
    write(`packing ${name} as ${tag}`);
    digests.set(image.reference, await push(`${address}/${tag}`, program.path, image.path));
  }
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await start(digests));
  keep(
    "start",
    table(
      ["`npm ci && npm start` in a fresh clone, with an empty home and without Go", "figure"],
      [[`images from a local registry, ${counted(ROUNDS, "run")}`, spread(times, " s")]],
    ),
  );
} finally {
  await sandboxDown({ ...sandbox, deleteData: true });
  await rm(root, { recursive: true, force: true });
}

/** Pushes an image that contains only this executable. @returns its digest */
async function push(tag: string, executable: string, path: string): Promise<string> {
  const archive = pack();
  archive.entry({ name: path.slice(1), mode: 0o755 }, await readFile(executable));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const layer = join(root, "layer.tar.gz");
  await writeFile(layer, gzipSync(Buffer.concat(chunks), { level: 1 }));
  await run(crane, ["append", "--insecure", "-t", tag, "-f", layer]);
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  await run(crane, ["mutate", "--insecure", "--set-platform", `linux/${architecture}`, "-t", tag, tag]);
  return (await run(crane, ["digest", "--insecure", tag])).stdout.trim();
}

/** Clones, installs and starts; then stops the sandbox. @returns the seconds until `npm start` has ended */
async function start(digests: ReadonlyMap<string, string>): Promise<number> {
  const [clone, home] = [join(root, "clone"), join(root, "home")];
  await rm(clone, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
  await run("git", ["clone", "--quiet", PROJECT, clone]);
  await pinOwnImages(clone, digests);
  await fillCache(home);
  const env = {
    ...without(process.env, /^(EDGEFIRST_|XDG_|GO|PULUMI_|KUBE)/),
    HOME: home,
    PATH: pathOfNewcomer(process.env.PATH ?? ""),
    // The user's choice of a registry for npm; the packages are downloaded again.
    npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
    npm_config_cache: join(home, ".npm"),
    EDGEFIRST_REGISTRY_MIRROR: address,
  };
  const inClone = (command: string): Promise<void> => shell(command, clone, env);
  try {
    return await seconds(() => inClone("npm ci && npm start"));
  } finally {
    if (existsSync(join(clone, ".sandbox"))) await inClone("npx edgefirst sandbox down --delete-data");
  }
}

/** Replaces the official images' digests in the clone by those of the packed ones. */
async function pinOwnImages(clone: string, digests: ReadonlyMap<string, string>): Promise<void> {
  for (const file of ["toolchain.yaml", "release.yaml"]) {
    const path = join(clone, file);
    let text = await readFile(path, "utf8");
    for (const [reference, digest] of digests) {
      const [tag = "", pinned] = reference.split("@");
      if (pinned !== undefined) text = text.replaceAll(reference, `${tag}@${digest}`);
    }
    await writeFile(path, text);
  }
}

/** Copies Pulumi's programs and the pinned manifests into the new home's cache. */
async function fillCache(home: string): Promise<void> {
  const env = { HOME: home };
  for (const { name, path } of Object.values<ResolvedProgram>(programs))
    if (name.startsWith("pulumi"))
      await copy(path, join(userCache(env), "toolchain", basename(dirname(path)), name));
  for (const { file, sha256 } of await manifests()) await copy(file, join(manifestCache(env), sha256));
}

/** The Gateway API's and Flux's definitions, from their Go modules. */
async function manifests(): Promise<{ readonly file: string; readonly sha256: string }[]> {
  const { channel, files } = loadPins().gatewayApi;
  const gatewayApi = await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api");
  const found = files.map(({ name, sha256 }) => ({
    file: join(gatewayApi, "config/crd", channel, name),
    sha256,
  }));
  for (const controller of FLUX_CONTROLLERS) {
    const module = await moduleDirectory("flux", `github.com/fluxcd/${controller}`);
    for (const { name, sha256 } of pinnedDefinitions(controller).files)
      found.push({ file: join(module, "config/crd/bases", name), sha256 });
  }
  return found;
}

async function copy(file: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
}

/** PATH without Go, and without the programs that `npm run` adds from this project's packages. */
function pathOfNewcomer(path: string): string {
  return path
    .split(delimiter)
    .filter(
      (directory) => !existsSync(join(directory, "go")) && !directory.endsWith(join("node_modules", ".bin")),
    )
    .join(delimiter);
}

function without(env: NodeJS.ProcessEnv, pattern: RegExp): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !pattern.test(name)));
}

async function shell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn("sh", ["-c", command], { cwd, env, stdio: "inherit" });
  const code = await new Promise<number | null>((done) => child.once("exit", done));
  if (code !== 0) throw new Error(`${command} exited with ${code ?? "a signal"}`);
}
