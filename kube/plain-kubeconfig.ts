import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

/** How to reach an API server. */
export interface ClusterAccess {
  readonly server: string;
  /** Adds credentials to a request's options: certificates, a token, or the output of an exec plugin. */
  authenticate(options: RequestOptions): Promise<void>;
}

type YamlMap = Readonly<Record<string, unknown>>;

const CLUSTER_FIELDS = ["server", "certificate-authority", "certificate-authority-data"];
const USER_FIELDS = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
];

/**
 * Access to a cluster whose context uses only certificates or a token. Undefined for any other context or file. Those are left to the client library, which
 * knows every field and reports what is wrong, but takes 0.2 s to load.
 */
export function plainAccess(path: string, context: string): ClusterAccess | undefined {
  const config = read(path);
  const chosen = entry(config?.contexts, context)?.context as YamlMap | undefined;
  const cluster = plain(entry(config?.clusters, chosen?.cluster)?.cluster, CLUSTER_FIELDS);
  const user = plain(entry(config?.users, chosen?.user)?.user, USER_FIELDS);
  if (cluster?.server?.startsWith("https://") !== true || user === undefined) return undefined;
  const bytes = (fields: Readonly<Record<string, string>>, name: string): Buffer | undefined => {
    const [file, data] = [fields[name], fields[`${name}-data`]];
    // Read for each request, since renewing a certificate replaces the file.
    if (file !== undefined) return readFileSync(resolve(dirname(path), file));
    return data === undefined ? undefined : Buffer.from(data, "base64");
  };
  return {
    server: cluster.server,
    // eslint-disable-next-line @typescript-eslint/require-await -- a file that cannot be read is a rejection, as with the library
    authenticate: async (options) => {
      const ca = bytes(cluster, "certificate-authority");
      const cert = bytes(user, "client-certificate");
      const key = bytes(user, "client-key");
      const token = user.token === undefined ? {} : { Authorization: `Bearer ${user.token}` };
      const headers = { ...(options.headers as Readonly<Record<string, string>> | undefined), ...token };
      Object.assign(options, ca && { ca }, cert && { cert }, key && { key }, { headers });
    },
  };
}

function read(path: string): YamlMap | undefined {
  try {
    const config: unknown = parse(readFileSync(path, "utf8"));
    return config instanceof Object ? (config as YamlMap) : undefined;
  } catch {
    return undefined;
  }
}

function entry(list: unknown, name: unknown): YamlMap | undefined {
  if (!Array.isArray(list) || typeof name !== "string") return undefined;
  return (list as (YamlMap | null)[]).find((each) => each?.name === name) ?? undefined;
}

/** The fields, if all of them are known and have non-empty strings as values. */
function plain(fields: unknown, known: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (!(fields instanceof Object)) return undefined;
  const isPlain = Object.entries(fields).every(
    ([name, value]) => known.includes(name) && typeof value === "string" && value !== "",
  );
  return isPlain ? (fields as Readonly<Record<string, string>>) : undefined;
}
