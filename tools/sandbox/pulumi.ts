import { execFile } from "node:child_process";
import { lstat, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "../../lib/quiet-yaml.ts";
import { EdgefirstError, messageOf } from "../../lib/errors.ts";
import { pulumiLanguageHost } from "../toolchain/pulumi-language-host.ts";
import { resolveProgram, resolvePrograms } from "../toolchain/resolve.ts";
import type { Progress } from "../toolchain/progress.ts";
import {
  canDownloadProvider,
  findProvider,
  PROVIDER,
  providerPlace,
  providerVersion,
  pulumiPrograms,
} from "./pulumi-programs.ts";
import { secretFile } from "./secret-file.ts";

/** Arguments of {@link pulumiEnvironment}. */
export interface PulumiEnvironmentArgs {
  /** The directory that holds the CLI's home (`pulumi`), the backend (`state`) and the passphrase. */
  readonly dir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** The path and the environment of a Pulumi CLI that writes nothing outside its directory. */
export interface PulumiEnvironment {
  /** The path of the CLI, in `<dir>/pulumi/bin`; `<dir>/pulumi` can be the `root` of the Automation API's PulumiCommand. */
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How long a plugin download may take before the provider is built instead: a network may drop packets without an error. */
const DOWNLOAD_MS = 60_000;

/**
 * Prepares a Pulumi CLI with a separate home, file backend and passphrase. The user's `~/.pulumi` is only read. Idempotent, even with
 * concurrent callers.
 * @throws EdgefirstError if a program cannot be found, downloaded or built
 */
export async function pulumiEnvironment(args: PulumiEnvironmentArgs): Promise<PulumiEnvironment> {
  const dir = resolve(args.dir);
  const home = join(dir, "pulumi");
  await mkdir(join(home, "bin"), { recursive: true, mode: 0o700 });
  await mkdir(join(dir, "state"), { recursive: true, mode: 0o700 });

  await resolvePrograms(await pulumiPrograms(dir), args);
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
    // The program needs only one plugin, which is installed below.
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
 * For `pulumi logs share`, the CLI logs every value of every resource. With the Gateway API CRDs, that takes up half of a preview's time, and 27 MB per run
 * (tools/bench/results.md). No option turns this off, but the CLI continues without logs if it cannot create the folder (pkg/logging/encrypted.go).
 */
async function keepNoLogs(home: string): Promise<void> {
  const folder = join(home, "logs");
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) await rm(folder, { recursive: true, force: true });
  await writeFile(folder, "", { flag: "a", mode: 0o600 });
}

/** Arguments of {@link putSecret}. */
export interface PutSecretArgs extends PulumiEnvironment {
  /** The directory that contains Pulumi.yaml. */
  readonly project: string;
  /** Name of the stack; created if it does not exist. */
  readonly stack: string;
  readonly key: string;
  readonly value: string;
}

/**
 * Adds a secret to a stack file, encrypted by the CLI, unless the secret is already set.
 * @throws EdgefirstError with the CLI's message if the command fails
 */
export async function putSecret({ command, env, project, stack, key, value }: PutSecretArgs): Promise<void> {
  const file = join(project, `Pulumi.${stack}.yaml`);
  const { config } = parse(await readFile(file, "utf8")) as {
    config?: Record<string, unknown>;
  };
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
      `The secret ${key} could not be written to ${file}: ${messageOf(cause)}`,
      "If the folder's passphrase does not match its stacks, use another folder (--dir), or start over after edgefirst sandbox down --delete-data.",
      { cause },
    );
  }
}

/** Installs the Kubernetes provider as a CLI plugin: by linking an existing one, downloading it or building it. */
async function putProvider(
  command: string,
  env: NodeJS.ProcessEnv,
  home: string,
  { progress, signal }: PulumiEnvironmentArgs,
): Promise<void> {
  const place = await providerPlace(home);
  const found = await findProvider(home);
  if (found === place) return;
  if (found !== undefined) await putSymlink(found, place);
  else if ((await canDownloadProvider()) && (await download(command, env, progress))) return;
  else await putSymlink((await resolveProgram(PROVIDER, { progress, signal })).path, place);
}

/** The environment without the user's Pulumi settings, such as accounts, backends and passphrases. */
function withoutPulumi(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_")));
}

/** Has the CLI download the official provider into its home; false if it cannot. */
async function download(command: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<boolean> {
  const version = await providerVersion();
  progress(`downloading Pulumi's Kubernetes provider ${version}`);
  const args = ["plugin", "install", "resource", "kubernetes", version, "--non-interactive"];
  return new Promise((done) => {
    execFile(command, args, { env, timeout: DOWNLOAD_MS, killSignal: "SIGKILL" }, (error) => {
      done(error === null);
    });
  });
}

/** Creates a symbolic link, or replaces one atomically. */
async function putSymlink(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID()}`;
  await symlink(target, temporary);
  await rename(temporary, path);
}
