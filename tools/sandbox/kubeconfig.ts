import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { parse } from "../../lib/quiet-yaml.ts";
import { ApiServer } from "../../kube/api-server.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

/** One user's access to one cluster by client certificate. Certificates and keys are PEM. */
export interface UserAccess {
  /** Name of the context, the cluster and the user. */
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly clusters: { name: string; cluster: { server: string; "certificate-authority-data": string } }[];
  readonly users: { name: string; user: { "client-certificate-data": string; "client-key-data": string } }[];
}

/** A control plane that has just started is slow to respond. */
const TIMEOUT_MS = 10_000;

/** A client for a cluster's API server, authenticated as one of its users. */
export function apiAs({ name, server, ca, cert, key }: UserAccess): ApiServer {
  const authenticate = (options: object): Promise<void> => {
    Object.assign(options, { ca, cert, key });
    return Promise.resolve();
  };
  return new ApiServer(name, { server, authenticate }, TIMEOUT_MS);
}

/** Reads one user's access to a cluster from the cluster's keys and certificates. */
export function readAccess(name: string, server: string, pki: string, user: string): UserAccess {
  const read = (file: string): string => readFileSync(join(pki, file), "utf8");
  return { name, server, ca: read("ca.crt"), cert: read(`${user}.crt`), key: read(`${user}.key`) };
}

/** Writes a kubeconfig (mode 0600) with one context per access; the first becomes the current context. */
export function writeKubeconfig(path: string, accesses: readonly UserAccess[]): void {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": accesses[0]?.name ?? "",
    contexts: accesses.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    clusters: accesses.map(({ name, server, ca }) => ({
      name,
      cluster: { server, "certificate-authority-data": base64(ca) },
    })),
    users: accesses.map(({ name, cert, key }) => ({
      name,
      user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) },
    })),
  };
  writeFileAtomic(path, stringify(config));
}

/** Reads one context (by default the current one) from a kubeconfig that {@link writeKubeconfig} wrote. */
export function readKubeconfig(path: string, context?: string): UserAccess {
  const config = parse(readFileSync(path, "utf8")) as Kubeconfig;
  const name = context ?? config["current-context"];
  const cluster = config.clusters.find((entry) => entry.name === name)?.cluster;
  const user = config.users.find((entry) => entry.name === name)?.user;
  if (!cluster || !user) throw new Error(`${path} has no context ${name}`);
  const decode = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
  return {
    name,
    server: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
}
