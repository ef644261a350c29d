import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";

/** How an API server is reached. */
export interface ClusterAccess {
  readonly server: string;
  /** Adds to a request's options what authenticates it: certificates, a token, what a program answers. */
  authenticate(options: RequestOptions): Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

const OF_CLUSTERS = ["server", "certificate-authority", "certificate-authority-data"];
const OF_USERS = ["client-certificate", "client-certificate-data", "client-key", "client-key-data", "token"];

/**
 * The access to a cluster whose context says all that it takes in plain: certificates, or a token. Undefined for any other context or file, which are for
 * the client library: it knows every field and says what is wrong, and its generated classes take 0.2 s to load.
 */
export function plainAccess(path: string, context: string): ClusterAccess | undefined {
  const config = read(path);
  const chosen = entry(config?.contexts, context)?.context as Fields | undefined;
  const cluster = plain(entry(config?.clusters, chosen?.cluster)?.cluster, OF_CLUSTERS);
  const user = plain(entry(config?.users, chosen?.user)?.user, OF_USERS);
  if (cluster?.server?.startsWith("https://") !== true || user === undefined) return undefined;
  const bytes = (fields: Readonly<Record<string, string>>, name: string): Buffer | undefined => {
    const [file, data] = [fields[name], fields[`${name}-data`]];
    // Read for each request: who renews a certificate writes it anew.
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

function read(path: string): Fields | undefined {
  try {
    const config: unknown = parse(readFileSync(path, "utf8"));
    return config instanceof Object ? (config as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function entry(list: unknown, name: unknown): Fields | undefined {
  if (!Array.isArray(list) || typeof name !== "string") return undefined;
  return (list as (Fields | null)[]).find((each) => each?.name === name) ?? undefined;
}

/** Fields of which each is known and is a text that is not empty. */
function plain(fields: unknown, known: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (!(fields instanceof Object)) return undefined;
  const isPlain = Object.entries(fields).every(
    ([name, value]) => known.includes(name) && typeof value === "string" && value !== "",
  );
  return isPlain ? (fields as Readonly<Record<string, string>>) : undefined;
}
