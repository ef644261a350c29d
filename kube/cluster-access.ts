import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { isMap } from "../lib/maps.ts";
import { ExecCredential, type Credential } from "./exec-credential.ts";
import type { Fields, KubeContext } from "./kubeconfig-files.ts";

/** How to reach an API server. */
export interface ClusterAccess {
  readonly server: string;
  /** Adds credentials to a request's options: certificates, a token, or the output of an exec plugin. */
  authenticate(options: RequestOptions): Promise<void>;
  /** Drops credentials that the API server rejected; returns true if the next request gets new ones. */
  renew?(): boolean;
}

/**
 * Connects as kubectl would, but without proxies and the user's `auth-provider`. Certificate and token files are read for each request, since renewal replaces
 * them. No credentials are sent over plain HTTP (client-go, `getUserIdentificationPartialConfig`).
 */
export function directAccess({ cluster, user }: KubeContext): ClusterAccess {
  const server = withScheme(text(cluster, "server") ?? "");
  const secure = server.startsWith("https:");
  const plugin =
    isMap(user.exec) && !hasOwnCredentials(user) ? new ExecCredential(user.exec, cluster) : undefined;
  return {
    server,
    authenticate: async (options) => {
      options.headers = {
        ...(options.headers as Record<string, string> | undefined),
        ...impersonation(user),
      };
      if (!secure) return;
      const credential = await plugin?.get();
      Object.assign(options, serverTls(cluster), clientTls(user, credential));
      const authorization = authorizationOf(user, credential);
      if (authorization !== undefined) Object.assign(options.headers, { Authorization: authorization });
    },
    renew: () => {
      plugin?.forget();
      return plugin !== undefined;
    },
  };
}

/** A URL whose scheme is in lower case; kubectl takes a server without a scheme for one that serves plain HTTP. */
function withScheme(server: string): string {
  const [scheme] = /^[a-z]+:\/\//i.exec(server) ?? [];
  return scheme === undefined ? `http://${server}` : scheme.toLowerCase() + server.slice(scheme.length);
}

/** Whether the user's other fields are enough to log in. kubectl then does not run the exec plugin (client-go, plugin/pkg/client/auth/exec). */
function hasOwnCredentials(user: Fields): boolean {
  const names = ["token", "tokenFile", "username", "client-certificate", "client-certificate-data"];
  return names.some((name) => text(user, name) !== undefined);
}

function serverTls(cluster: Fields): RequestOptions {
  const ca = bytes(cluster, "certificate-authority");
  const servername = text(cluster, "tls-server-name");
  return {
    ...(ca && { ca }),
    ...(servername !== undefined && { servername }),
    ...(cluster["insecure-skip-tls-verify"] === true && { rejectUnauthorized: false }),
  };
}

function clientTls(user: Fields, credential: Credential | undefined): RequestOptions {
  const cert = credential?.clientCertificateData ?? bytes(user, "client-certificate");
  const key = credential?.clientKeyData ?? bytes(user, "client-key");
  return { ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

/** A token in a file takes precedence over an inline token, which is used only as long as the file is empty or cannot be read (client-go, `BearerTokenFile`). */
function authorizationOf(user: Fields, credential: Credential | undefined): string | undefined {
  const token = credential?.token ?? tokenInFile(user) ?? text(user, "token");
  if (token !== undefined) return `Bearer ${token}`;
  const username = text(user, "username");
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${text(user, "password") ?? ""}`).toString("base64")}`;
}

function tokenInFile(user: Fields): string | undefined {
  const file = text(user, "tokenFile");
  if (file === undefined) return undefined;
  try {
    const token = readFileSync(file, "utf8").trim();
    if (token === "") throw new Error(`the token file ${file} is empty`);
    return token;
  } catch (error) {
    if (text(user, "token") !== undefined) return undefined;
    throw error;
  }
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation(user: Fields): Record<string, string | string[]> {
  const [as, uid] = [text(user, "as"), text(user, "as-uid")];
  const extra = Object.entries((user["as-user-extra"] ?? {}) as Record<string, string[]>);
  const groups = (user["as-groups"] ?? []) as string[];
  return {
    ...(as !== undefined && { "Impersonate-User": as }),
    ...(uid !== undefined && { "Impersonate-Uid": uid }),
    ...(groups.length > 0 && { "Impersonate-Group": groups }),
    ...Object.fromEntries(
      extra.map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values]),
    ),
  };
}

/** A certificate or key. Inline data takes precedence over a file. */
function bytes(fields: Fields, name: string): Buffer | undefined {
  const [file, data] = [text(fields, name), text(fields, `${name}-data`)];
  if (data !== undefined) return Buffer.from(data, "base64");
  return file === undefined ? undefined : readFileSync(file);
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new Error(`its field ${name} is not a string`);
}
