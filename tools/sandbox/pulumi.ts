import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { EdgefirstError } from "../../lib/errors.ts";
import { findProgram } from "../toolchain/find.ts";
import { programNamed, PROGRAMS } from "../toolchain/programs.ts";
import { pulumiLanguageHost } from "../toolchain/pulumi-language-host.ts";
import { resolveProgram } from "../toolchain/resolve.ts";
import { pinnedVersion } from "../toolchain/version.ts";
import { secretFile } from "./secret-file.ts";

/** Arguments of {@link pulumiEnvironment}. */
export interface PulumiEnvironmentArgs {
  /** Directory that gets the CLI's home (`pulumi`), the backend (`state`) and the passphrase. */
  readonly dir: string;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** How a Pulumi CLI is run that touches nothing outside its directory. */
export interface PulumiEnvironment {
  /** Path of the CLI, in `<dir>/pulumi/bin`; `<dir>/pulumi` is a root for the Automation API's PulumiCommand. */
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a plugin's download may take before the provider is built instead: a network that swallows packets must not hang us. */
const DOWNLOAD_MS = 60_000;
const PROVIDER = "pulumi-resource-kubernetes";

/**
 * Prepares a Pulumi CLI with a home, a file backend and a passphrase of its own; the user's `~/.pulumi` is only read. May be called at any
 * time again, and by several callers at once.
 * @throws EdgefirstError if a program can neither be found nor fetched nor built
 */
export async function pulumiEnvironment(args: PulumiEnvironmentArgs): Promise<PulumiEnvironment> {
  const dir = resolve(args.dir);
  const home = join(dir, "pulumi");
  await mkdir(join(home, "bin"), { recursive: true, mode: 0o700 });
  await mkdir(join(dir, "state"), { recursive: true, mode: 0o700 });

  const cli = await resolveProgram("pulumi", args);
  const host = await pulumiLanguageHost(cli, args);
  const command = join(home, "bin/pulumi");
  await putSymlink(cli.path, command);
  await putSymlink(host, join(home, "bin/pulumi-language-nodejs"));
  await keepNoLogs(home);

  const env: NodeJS.ProcessEnv = {
    ...withoutPulumi(process.env),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: await secretFile(join(dir, "passphrase"), () => crypto.randomUUID()),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Every plugin that the program needs is put in place here.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PATH: [
      join(home, "bin"),
      join(import.meta.dirname, "../../node_modules/.bin"),
      ...(process.env.PATH ?? "").split(delimiter),
    ].join(delimiter),
  };
  await putProvider(command, env, home, args);
  return { command, env };
}

/**
 * The CLI logs every value of every resource that it handles, for `pulumi logs share`: half of the time of a preview with the Gateway API's definitions, and 27 MB
 * each time (tools/bench/results.md). It has no option for that; where its folder cannot be made it goes on without (pkg/logging/encrypted.go).
 */
async function keepNoLogs(home: string): Promise<void> {
  const folder = join(home, "logs");
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) await rm(folder, { recursive: true, force: true });
  await writeFile(folder, "", { flag: "a", mode: 0o600 });
}

/** Arguments of {@link putSecret}. */
export interface PutSecretArgs extends PulumiEnvironment {
  /** Directory of Pulumi.yaml. */
  readonly project: string;
  /** Made where it is not there yet. */
  readonly stack: string;
  readonly key: string;
  readonly value: string;
}

/**
 * Puts a secret into a stack's file, encrypted by the CLI; one that is there is left alone.
 * @throws EdgefirstError with what the CLI said, if it refuses
 */
export async function putSecret({ command, env, project, stack, key, value }: PutSecretArgs): Promise<void> {
  const file = join(project, `Pulumi.${stack}.yaml`);
  const { config } = parse(await readFile(file, "utf8")) as { config?: Record<string, unknown> };
  if (config?.[key] !== undefined) return;
  const run = async (args: readonly string[], input = ""): Promise<void> => {
    const asked = promisify(execFile)(command, [...args, "--non-interactive", "-C", project], { env });
    asked.child.stdin?.end(input);
    await asked;
  };
  try {
    await run(["stack", "select", "--create", stack]);
    await run(["config", "set", "--secret", "--stack", stack, key], value);
  } catch (cause) {
    throw new EdgefirstError(
      `The secret ${key} could not be put into ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Does the folder's passphrase belong to its stacks? A new sandbox: --dir, or edgefirst sandbox down --delete-data.",
      { cause },
    );
  }
}

/** Puts the Kubernetes provider where the CLI looks for plugins: a link to one that is there, a download, or a build. */
async function putProvider(
  command: string,
  env: NodeJS.ProcessEnv,
  home: string,
  { progress, signal }: PulumiEnvironmentArgs,
): Promise<void> {
  const program = programNamed(PROVIDER, PROGRAMS);
  const version = `v${(await pinnedVersion(program)).version}`;
  const place = join("plugins", `resource-kubernetes-${version}`, PROVIDER);
  const here = join(home, place);
  const users = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), place);
  const found = await findProgram(program);
  if (found?.origin === "environment") await putSymlink(found.path, here);
  else if (await isFile(here)) return;
  else if (existsSync(users)) await putSymlink(users, here);
  else if (found) await putSymlink(found.path, here);
  else if (await download(command, env, version, progress)) return;
  else await putSymlink((await resolveProgram(PROVIDER, { progress, signal })).path, here);
}

/** What the user set for a Pulumi of their own: accounts, backends, passphrases. */
function withoutPulumi(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_")));
}

/** Whether there is a file that is no link: a plugin that the CLI itself installed. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
}

/** Whether the CLI could fetch the official provider into its home. */
function download(
  command: string,
  env: NodeJS.ProcessEnv,
  version: string,
  progress: (line: string) => void,
): Promise<boolean> {
  progress(`fetching Pulumi's Kubernetes provider ${version}`);
  const args = ["plugin", "install", "resource", "kubernetes", version, "--non-interactive"];
  return new Promise((done) => {
    execFile(command, args, { env, timeout: DOWNLOAD_MS, killSignal: "SIGKILL" }, (error) => {
      done(error === null);
    });
  });
}

/** Makes, or replaces in one step, a symbolic link. */
async function putSymlink(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID()}`;
  await symlink(target, temporary);
  await rename(temporary, path);
}
