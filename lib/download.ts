import { MEBIBYTE } from "./bytes.ts";
import { fetchByProxy, type Fetch } from "./fetch-by-proxy.ts";
import { isLoopback } from "./loopback.ts";

/** Limits of a download. */
export interface DownloadOptions {
  readonly fetch?: Fetch;
  /** Milliseconds for the whole download, redirects included. */
  readonly timeoutMs?: number;
  /** Size limit in bytes. A larger response is refused. */
  readonly maxBytes?: number;
  /** Whether this machine may be asked over plain HTTP. */
  readonly allowLoopback?: boolean;
}

/** Size limit for a manifest in bytes, downloaded or local; the Gateway API bundle is 1.2 MB. */
export const MAX_MANIFEST_BYTES = 16 * MEBIBYTE;

const MAX_REDIRECTS = 5;

/**
 * Downloads an https URL. Redirects are followed to https only: over plain HTTP, anyone in between could read or replace the file.
 * @throws {Error} on any failure; the caller adds what the file was needed for
 */
export async function download(
  url: string,
  {
    fetch = fetchByProxy,
    timeoutMs = 30_000,
    maxBytes = MAX_MANIFEST_BYTES,
    allowLoopback = false,
  }: DownloadOptions = {},
): Promise<Buffer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await follow(url, { fetch, signal, allowLoopback });
    return await readLimited(response, maxBytes);
  } catch (cause) {
    if (signal.aborted) throw new Error(`no complete response within ${timeoutMs / 1000} s`, { cause });
    throw cause;
  }
}

interface Following {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  readonly allowLoopback: boolean;
}

async function follow(url: string, { fetch, signal, allowLoopback }: Following): Promise<Response> {
  let address = new URL(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const isAllowed = allowLoopback && address.protocol === "http:" && isLoopback(address.hostname);
    if (address.protocol !== "https:" && !isAllowed) throw new Error(`${address.href} is not an https URL`);
    const response = await fetch(address.href, { redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      if (!response.ok) throw new Error(`the server responded ${response.status} ${response.statusText}`);
      return response;
    }
    address = new URL(location, address);
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

async function readLimited(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
