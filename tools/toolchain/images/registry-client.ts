import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { EdgefirstError } from "../../../lib/errors.ts";
import { fetchByProxy } from "../../../lib/fetch-by-proxy.ts";
import type { Endpoint } from "./reference.ts";

/** A manifest or an index, and the digest of its bytes. */
export interface Manifest {
  readonly digest: string;
  readonly content: ManifestContent;
}

/** The fields of manifests and indexes: https://github.com/opencontainers/image-spec */
export interface ManifestContent {
  readonly manifests?: readonly (Descriptor & { readonly platform?: Platform })[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** A reference to content in a registry. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The platform that an image runs on. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const MANIFEST_BYTES = 4_000_000;
const TAGS_BYTES = 16_000_000;
/** How many pages of tags are read. */
const MOST_PAGES = 100;
const HEADERS_MS = 15_000;
const ATTEMPTS = 5;
const MOST_WAIT_S = 30;

/** Thrown if the registry does not respond, or closes the connection before it responds. */
export class UnreachableError extends EdgefirstError {}

/** Thrown if the registry responds that it does not have the requested content. */
export class AbsentError extends EdgefirstError {}

/** Pulls from one repository through the distribution API, without credentials: https://github.com/opencontainers/distribution-spec */
export class RegistryClient {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal | undefined;
  #token: string | undefined;

  constructor(endpoint: Endpoint, signal?: AbortSignal) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /** @throws EdgefirstError if the registry returns an error, or the content does not match the requested digest */
  async manifest(version: string): Promise<Manifest> {
    const response = await this.#get(`manifests/${version}`, { accept: MANIFEST_TYPES });
    const bytes = await readBytes(response, MANIFEST_BYTES);
    const digest = digestOf(bytes);
    if (version.startsWith("sha256:") && digest !== version)
      throw this.#error(`returned a manifest with the digest ${digest} instead of ${version}`);
    return { digest, content: JSON.parse(bytes.toString("utf8")) as ManifestContent };
  }

  /** All tags of the repository, by following the pages of the list. */
  async tags(): Promise<readonly string[]> {
    const found = new Set<string>();
    for (let path: string | undefined = "tags/list?n=1000", page = 0; path !== undefined && page < MOST_PAGES; page++) {
      const response = await this.#get(path, {});
      const { tags } = JSON.parse((await readBytes(response, TAGS_BYTES)).toString("utf8")) as {
        tags?: string[] | null;
      };
      for (const tag of tags ?? []) found.add(tag);
      // Only the query of the next page counts: the registry may name itself differently.
      path = /<[^>]*\/tags\/list(\?[^>]*)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
      if (path !== undefined) path = `tags/list${path}`;
    }
    return [...found];
  }

  /** A small JSON blob, checked against its digest. */
  async json<T>({ digest }: Descriptor): Promise<T> {
    const bytes = await readBytes(await this.#get(`blobs/${digest}`, {}), MANIFEST_BYTES);
    if (digestOf(bytes) !== digest) throw this.#error(`returned a blob that does not match ${digest}`);
    return JSON.parse(bytes.toString("utf8")) as T;
  }

  /** A blob, starting at an offset. The response has status 206, or 200 if the registry ignores the offset. */
  blob({ digest, size }: Descriptor, offset: number): Promise<Response> {
    // The range names its end, because not every registry supports an open-ended range.
    return this.#get(`blobs/${digest}`, offset > 0 ? { range: `bytes=${offset}-${size - 1}` } : {});
  }

  async #get(path: string, headers: Record<string, string>): Promise<Response> {
    const url = `${this.#endpoint.url}/v2/${this.#endpoint.repository}/${path}`;
    for (let attempt = 1; ; attempt++) {
      const authorization = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
      const response = await this.#fetch(url, { ...headers, ...authorization });
      if (response.ok) return response;
      await response.body?.cancel();
      const { status } = response;
      if (status === 401 && this.#token === undefined) {
        this.#token = await this.#newToken(response.headers.get("www-authenticate") ?? "");
      } else if ((status === 429 || status === 503) && attempt < ATTEMPTS) {
        const seconds = Number(response.headers.get("retry-after") ?? attempt);
        const wait = Math.min(MOST_WAIT_S, Number.isFinite(seconds) ? seconds : attempt);
        await delay(1000 * wait, undefined, { signal: this.#signal });
      } else {
        const problem = this.#describe(reasonOf(status));
        throw status === 404 ? new AbsentError(problem) : new EdgefirstError(problem);
      }
    }
  }

  async #newToken(challenge: string): Promise<string> {
    const fields = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value ?? ""]),
    );
    const realm = fields.get("realm");
    if (!/^bearer /i.test(challenge) || realm === undefined) throw this.#error("requires a login");
    const url = new URL(realm);
    // An anonymous token is no secret, but a connection without TLS could be redirected anywhere.
    if (url.protocol !== "https:" && !this.#endpoint.url.startsWith("http:"))
      throw this.#error(`refers clients to ${url.origin} for a token, without TLS`);
    url.searchParams.set("service", fields.get("service") ?? "");
    url.searchParams.set("scope", fields.get("scope") ?? `repository:${this.#endpoint.repository}:pull`);
    const response = await this.#fetch(url.href, {});
    if (!response.ok) throw this.#error(`did not issue a token for anonymous pulls (${response.status})`);
    const answer = JSON.parse((await readBytes(response, MANIFEST_BYTES)).toString("utf8")) as {
      token?: string;
      access_token?: string;
    };
    const token = answer.token ?? answer.access_token;
    if (token === undefined) throw this.#error("did not issue a token for anonymous pulls");
    return token;
  }

  async #fetch(url: string, headers: Record<string, string>): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
    }, HEADERS_MS);
    const signal = this.#signal === undefined ? late.signal : AbortSignal.any([late.signal, this.#signal]);
    try {
      return await fetchByProxy(url, { headers, signal });
    } catch (error) {
      this.#signal?.throwIfAborted();
      const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
      const reason = late.signal.aborted ? "no response in time" : (cause?.code ?? cause?.message ?? message);
      throw new UnreachableError(this.#describe(`cannot be reached: ${reason}`));
    } finally {
      clearTimeout(timer);
    }
  }

  #error(problem: string): EdgefirstError {
    return new EdgefirstError(this.#describe(problem));
  }

  #describe(problem: string): string {
    const { url, repository } = this.#endpoint;
    return `The registry ${new URL(url).host} ${problem} (${repository}).`;
  }
}

function reasonOf(status: number): string {
  if (status === 401 || status === 403) return `refuses anonymous pulls (${status})`;
  if (status === 404) return "does not have this image (404)";
  if (status === 429) return "limits the pull rate (429)";
  return `responds with status ${status}`;
}

async function readBytes(response: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > most) throw new EdgefirstError(`The registry returned a manifest of more than ${most} bytes.`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
