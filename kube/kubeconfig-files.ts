import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { Tags } from "yaml";
import { readText } from "../lib/encoded-text.ts";
import { EdgefirstError, messageOf } from "../lib/errors.ts";
import { isMap } from "../lib/maps.ts";
import { parseAllDocuments } from "../lib/quiet-yaml.ts";

/** A map in a kubeconfig, before validation. */
export type Fields = Readonly<Record<string, unknown>>;

/** The cluster and the user that a context names. All paths are absolute. */
export interface KubeContext {
  readonly cluster: Fields;
  readonly user: Fields;
}

/** How to find a cluster. */
export interface ClusterAddress {
  /** Path of the kubeconfig; by default the files in KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string | undefined;
  /** Name of the context in the kubeconfig. */
  readonly context: string;
}

const FIX =
  "Point edgefirst:cluster.kubeconfig or the environment variable KUBECONFIG at a complete kubeconfig.";

/** Fields whose value is a path, relative to the kubeconfig. */
const PATHS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/**
 * The context in a kubeconfig, or in several that are merged the way kubectl does: if two entries have the same name, the first one wins, and a file in
 * KUBECONFIG that does not exist is skipped (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files).
 * @throws {EdgefirstError} if a file cannot be read, or if the context, its cluster or its user is missing
 */
export function readContext({ kubeconfig, context }: ClusterAddress): KubeContext {
  const files = kubeconfigFiles(kubeconfig);
  const configs = files.filter((file) => kubeconfig !== undefined || existsSync(file)).map(read);
  const from = files.join(delimiter);
  const contexts = configs.flatMap((config) => entries(config, "contexts"));
  const chosen = contexts.find(({ name }) => name === context);
  if (chosen === undefined) throw noContext(context, from, contexts);
  const { cluster, user = "" } = chosen.fields;
  const entry = (list: "cluster" | "user", name: unknown): Fields => {
    const found = configs.flatMap((config) => entries(config, `${list}s`)).find((each) => each.name === name);
    if (found !== undefined) return found.fields;
    throw new EdgefirstError(
      `The context ${context} in the kubeconfig ${from} names a ${list} that the kubeconfig does not contain.`,
      FIX,
    );
  };
  const found = { cluster: entry("cluster", cluster), user: user === "" ? {} : entry("user", user) };
  const problems = { user: contradiction(found.user), cluster: clusterContradiction(found.cluster) };
  for (const [list, problem] of Object.entries(problems))
    if (problem !== undefined)
      throw new EdgefirstError(
        `The ${list} of the context ${context} in the kubeconfig ${from} ${problem}.`,
        `kubectl refuses that as well. Correct the ${list}, or download the kubeconfig again.`,
      );
  return found;
}

/** What keeps client-go from verifying, or not verifying, a server (`TLSConfigFor` in transport). */
function clusterContradiction(cluster: Fields): string | undefined {
  const skips = cluster["insecure-skip-tls-verify"] ?? false;
  if (typeof skips !== "boolean") return "has an insecure-skip-tls-verify that is neither true nor false";
  const hasAuthority = ["certificate-authority", "certificate-authority-data"].some((name) => cluster[name]);
  return skips && hasAuthority ? "has both a certificate authority and insecure-skip-tls-verify" : undefined;
}

/** What keeps client-go from using a user's credentials (`validateAuthInfo` in tools/clientcmd, and transport.HTTPWrappersForConfig). */
function contradiction(user: Fields): string | undefined {
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => user[name] !== undefined && user[name] !== "");
  if (has("token", "tokenFile") && has("username", "password"))
    return "has both a token and a name with a password";
  const impersonated = ["as-uid", "as-groups", "as-user-extra"].flatMap((name) =>
    Object.keys(user[name] ?? {}),
  );
  if (impersonated.length > 0 && !has("as"))
    return "has groups, a UID or other fields to impersonate, but no user";
  if (has("exec") && has("auth-provider")) return "has both exec and auth-provider";
  return has("client-certificate", "client-certificate-data") && !has("client-key", "client-key-data")
    ? "has a client certificate without its key"
    : undefined;
}

/** The kubeconfigs that kubectl would read, whether they exist or not. */
function kubeconfigFiles(kubeconfig: string | undefined): string[] {
  // The Kubernetes provider expands `~` too.
  if (kubeconfig !== undefined) return [kubeconfig.replace(/^~(?=\/|$)/, homedir())];
  const listed = (process.env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  return listed.length > 0 ? listed : [join(homedir(), ".kube/config")];
}

interface KubeconfigFile {
  readonly directory: string;
  readonly content: Fields;
}

function read(file: string): KubeconfigFile {
  try {
    const content = parsed(readText(file));
    if (!isMap(content)) throw new Error("it is not a YAML map");
    for (const list of ["clusters", "users", "contexts"]) checkNames(content[list], list);
    return { directory: dirname(resolve(file)), content };
  } catch (error) {
    throw new EdgefirstError(`The kubeconfig ${file} cannot be read: ${firstLine(error)}`, FIX);
  }
}

/** Reads YAML as kubectl does (sigs.k8s.io/yaml): YAML 1.1 without times, only the first document, and the last of several equal keys. */
function parsed(text: string): unknown {
  const [document] = parseAllDocuments(text, {
    version: "1.1",
    customTags: (tags) => tags.filter((tag) => !isTime(tag)),
    uniqueKeys: false,
  });
  const [error] = document?.errors ?? [];
  if (error !== undefined) throw error;
  // kubectl reads null as if the field were absent.
  return document?.toJS({ reviver: (_key, value: unknown) => value ?? undefined }) ?? {};
}

const isTime = (tag: Tags[number]): boolean =>
  typeof tag !== "string" && (tag.tag === "tag:yaml.org,2002:timestamp" || tag.format === "TIME");

/** @throws {Error} for two entries with one name, which kubectl rejects within one file (client-go, tools/clientcmd/api/v1, conversion.go) */
function checkNames(entries: unknown, list: string): void {
  const names = Array.isArray(entries) ? (entries as unknown[]).filter(isMap).map(({ name }) => name) : [];
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`two of its ${list} have the name ${JSON.stringify(repeated)}`);
}

/** The entries of `clusters`, `users` or `contexts`. */
function entries({ directory, content }: KubeconfigFile, list: string): { name: unknown; fields: Fields }[] {
  const found = content[list];
  if (!Array.isArray(found)) return [];
  return (found as unknown[]).filter(isMap).map((entry) => {
    const fields = entry[list.slice(0, -1)];
    return { name: entry.name, fields: isMap(fields) ? withAbsolutePaths(fields, directory) : {} };
  });
}

function withAbsolutePaths(fields: Fields, directory: string): Fields {
  const absolute = PATHS.flatMap((name) => {
    const path = fields[name];
    return typeof path === "string" && path !== "" ? [[name, resolve(directory, path)]] : [];
  });
  const { exec } = fields;
  // A command without a slash is looked up in PATH.
  const local = isMap(exec) && typeof exec.command === "string" && exec.command.includes("/");
  const plugin = local ? { exec: { ...exec, command: resolve(directory, exec.command as string) } } : {};
  return { ...fields, ...(Object.fromEntries(absolute) as Fields), ...plugin };
}

function noContext(context: string, from: string, contexts: readonly { readonly name: unknown }[]) {
  const known = contexts.map(({ name }) => String(name)).join(", ") || "none";
  return new EdgefirstError(
    `The kubeconfig ${from} has no context ${context} (contexts: ${known}).`,
    "Set edgefirst:cluster.context to one of them, or point KUBECONFIG at another file.",
  );
}

/** The further lines of a YAML error quote the file, and a kubeconfig may contain a private key. */
function firstLine(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? "";
}
