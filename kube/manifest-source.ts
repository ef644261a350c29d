import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Document } from "yaml";
import { parseAllDocuments } from "../lib/quiet-yaml.ts";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { fileError } from "../lib/file-error.ts";
import { userCache } from "../lib/user-cache.ts";
import { download, MAX_MANIFEST_BYTES } from "../lib/download.ts";
import type { Fetch } from "../lib/fetch-by-proxy.ts";
import type { KubeObject } from "./objects.ts";

/** Where a manifest comes from, and its checksum. */
export interface ManifestSource {
  /** An https URL, or the path of a local file. */
  readonly source: string;
  /** SHA-256 of the bytes, in lower-case hexadecimal. */
  readonly sha256: string;
  /** What to do if the URL cannot be reached, as a full sentence. */
  readonly offlineHint?: string;
}

/** Dependencies that tests replace. */
export interface ManifestOptions {
  /** Directory for downloaded manifests, each named by its checksum. Defaults to {@link manifestCache}. */
  readonly cacheDirectory?: string;
  readonly fetch?: Fetch;
  /** Milliseconds for a whole download. */
  readonly timeoutMs?: number;
}

/** Limit on YAML alias expansion, so that a small file cannot exhaust memory. */
const MAX_ALIASES = 100;

/** The folder `manifests` in the user's cache. */
export function manifestCache(environment?: NodeJS.ProcessEnv): string {
  return join(userCache(environment), "manifests");
}

/**
 * The objects in a manifest, once its checksum is verified. Downloads are cached, and verified again on every read.
 * @throws {EdgefirstError} if the manifest cannot be read or downloaded, has the wrong checksum, or does not consist of Kubernetes objects
 */
export async function loadManifest(
  manifest: ManifestSource,
  options: ManifestOptions = {},
): Promise<KubeObject[]> {
  return parseManifest(await loadVerified(manifest, options), manifest.source);
}

/** The content of a manifest, once its checksum is verified. {@link loadManifest} also parses it. */
export async function loadVerified(manifest: ManifestSource, options: ManifestOptions = {}): Promise<string> {
  const { source, sha256 } = manifest;
  if (!/^[a-z]+:\/\//.test(source)) {
    return verify(await readManifest(source, manifest.offlineHint), source, sha256);
  }
  const cached = join(options.cacheDirectory ?? manifestCache(), sha256);
  const known = await readFile(cached).catch(() => undefined);
  if (known !== undefined && checksum(known) === sha256) return known.toString("utf8");
  const content = await download(source, options).catch((cause: unknown) => {
    throw new EdgefirstError(
      `The manifest ${source} cannot be downloaded: ${messageOf(cause)}.`,
      manifest.offlineHint,
      { cause },
    );
  });
  const verified = verify(content, source, sha256);
  try {
    writeFileAtomic(cached, content);
  } catch (error) {
    throw fileError(`The manifest cache ${dirname(cached)}`, error);
  }
  return verified;
}

/**
 * The bytes of a local manifest.
 * @param hint what to do if it cannot be read
 * @throws {EdgefirstError} if it cannot be read, or exceeds the size limit for downloads
 */
export async function readManifest(path: string, hint?: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_MANIFEST_BYTES) throw new Error(`it is larger than ${MAX_MANIFEST_BYTES} bytes`);
    return await readFile(path);
  } catch (cause) {
    throw new EdgefirstError(`The manifest ${path} cannot be read: ${messageOf(cause)}.`, hint, { cause });
  }
}

/**
 * The Kubernetes objects in a YAML stream. Empty documents are skipped.
 * @throws {EdgefirstError} on a YAML error, with its position, and on a document that is not a Kubernetes object
 */
export function parseManifest(yaml: string, source: string): KubeObject[] {
  const documents = parseAllDocuments(yaml);
  return [...documents].flatMap((document, index) => {
    const error = document.errors[0];
    if (error !== undefined) throw new EdgefirstError(`${source} is not valid YAML: ${error.message}`);
    const value = plainValue(document, source);
    if (value === null || value === undefined) return [];
    if (isKubeObject(value)) return [value];
    throw new EdgefirstError(
      `Document ${index + 1} of ${source} is not a Kubernetes object: apiVersion, kind and metadata.name are required.`,
    );
  });
}

function plainValue(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new EdgefirstError(`${source} cannot be read: ${messageOf(cause)}.`, undefined, { cause });
  }
}

/** SHA-256 in lower-case hexadecimal. */
export function checksum(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * The content as a string, if its checksum matches.
 * @throws {EdgefirstError} with the file, the expected checksum and the actual one
 */
export function verify(content: Buffer | string, source: string, expected: string): string {
  const actual = checksum(content);
  if (actual === expected) return content.toString("utf8");
  throw new EdgefirstError(
    `${source} has the wrong checksum.\n  expected SHA-256 ${expected}\n  actual   SHA-256 ${actual}`,
    "Nothing was applied. Compare the file with the one in its release. If it was changed on purpose, pin the new checksum.",
  );
}

function isKubeObject(value: unknown): value is KubeObject {
  const object = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } | null };
  return (
    typeof object === "object" &&
    typeof object.apiVersion === "string" &&
    typeof object.kind === "string" &&
    typeof object.metadata?.name === "string"
  );
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // The message of `fetch` is only "fetch failed"; its cause has the reason ("getaddrinfo ENOTFOUND …").
  const hidden = cause.message === "fetch failed" ? cause.cause : undefined;
  return hidden instanceof Error ? hidden.message : cause.message;
}
