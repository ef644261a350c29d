import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { messageOf } from "../lib/errors.ts";
import { isMap } from "../lib/maps.ts";
import { parse } from "../lib/quiet-yaml.ts";
import type { Fields } from "./kubeconfig-files.ts";

/** The credential that an exec plugin returned. */
export interface Credential {
  readonly token?: string;
  /** PEM. */
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/** A login in a browser takes a while, but a plugin that hangs must not block an update forever. */
const TIMEOUT_MS = 300_000;
/** A credential that is about to expire is renewed early, since the request still has to arrive. */
const MARGIN_MS = 10_000;

/**
 * The credentials of a user's exec plugin (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins). The plugin
 * runs once for all requests, and again when its credential expires or is rejected.
 */
export class ExecCredential {
  readonly #run: () => Promise<Credential>;
  #current: Promise<Credential> | undefined;

  constructor(exec: Fields, cluster: Fields) {
    this.#run = () => runPlugin(exec, cluster);
  }

  /** @throws {Error} if the plugin cannot be run, fails, or returns no credential */
  async get(): Promise<Credential> {
    const known = await this.#current;
    if (known !== undefined && !isExpired(known)) return known;
    return this.#renew();
  }

  /** Makes the next request run the plugin again. */
  forget(): void {
    this.#current = undefined;
  }

  #renew(): Promise<Credential> {
    const renewed = this.#run();
    this.#current = renewed;
    renewed.catch(() => {
      this.forget();
    });
    return renewed;
  }
}

function isExpired({ expirationTimestamp = "" }: Credential): boolean {
  // Without an expiry, the date is NaN, and a comparison with NaN is false.
  return Date.parse(expirationTimestamp) < Date.now() + MARGIN_MS;
}

async function runPlugin(exec: Fields, cluster: Fields): Promise<Credential> {
  const { command, apiVersion, interactiveMode } = exec;
  if (typeof command !== "string" || command === "") throw new Error("its exec plugin has no command");
  const interactive = interactiveMode !== "Never" && process.stdin.isTTY;
  if (interactiveMode === "Always" && !interactive)
    throw new Error(`${command} asks for input, but there is no terminal`);
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: { interactive, ...(exec.provideClusterInfo === true && { cluster: clusterInfo(cluster) }) },
  };
  const output = await outputOf(command, exec, { KUBERNETES_EXEC_INFO: JSON.stringify(info) });
  const { status, ...credential } = parseCredential(output, command);
  if (credential.apiVersion !== apiVersion)
    throw new Error(`${command} returned ${String(credential.apiVersion)} instead of ${String(apiVersion)}`);
  if (status?.token === undefined && status?.clientCertificateData === undefined)
    throw new Error(`${command} returned neither a token nor a certificate`);
  const { expirationTimestamp } = status;
  if (expirationTimestamp !== undefined && Number.isNaN(Date.parse(expirationTimestamp)))
    throw new Error(`${command} returned an expirationTimestamp that is no time`);
  return status;
}

/** client-go decodes YAML as well as JSON. */
function parseCredential(output: string, command: string): { apiVersion?: unknown; status?: Credential } {
  // YAML is not always read where JSON is indented with tabs.
  const answer = attempt(() => JSON.parse(output)) ?? attempt(() => parse(output));
  // The output may contain a token, so it is never quoted.
  if (!isMap(answer)) throw new Error(`${command} returned neither JSON nor YAML`);
  return answer;
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function outputOf(
  command: string,
  { args, env, installHint }: Fields,
  more: NodeJS.ProcessEnv,
): Promise<string> {
  const variables = ((env as { name: string; value?: string }[] | undefined) ?? []).map(
    ({ name, value = "" }) => [name, value],
  );
  return new Promise((resolve, reject) => {
    const plugin = spawn(command, (args as string[] | undefined) ?? [], {
      env: { ...process.env, ...(Object.fromEntries(variables) as NodeJS.ProcessEnv), ...more },
      stdio: ["inherit", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
    });
    let [output, complaint] = ["", ""];
    plugin.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    plugin.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
      // For example, the address at which to log in.
      process.stderr.write(text);
    });
    plugin.on("error", (error: NodeJS.ErrnoException) => {
      const isHinted = error.code === "ENOENT" && typeof installHint === "string" && installHint !== "";
      const hint = isHinted ? `. The kubeconfig says: ${installHint.replaceAll(/\s+/g, " ").trim()}` : "";
      reject(new Error(`${messageOf(error)}${hint}`, { cause: error }));
    });
    plugin.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} failed (${signal ?? String(code)}): ${complaint.trim()}`));
    });
  });
}

/** The cluster for a plugin with `provideClusterInfo` (client.authentication.k8s.io/v1, `Cluster`). */
function clusterInfo(cluster: Fields): Fields {
  const file = cluster["certificate-authority"];
  const data =
    cluster["certificate-authority-data"] ??
    (typeof file === "string" ? readFileSync(file).toString("base64") : undefined);
  const extensions = (cluster.extensions ?? []) as { name?: string; extension?: unknown }[];
  return {
    server: cluster.server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data": data,
    "proxy-url": cluster["proxy-url"],
    config: extensions.find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension,
  };
}
