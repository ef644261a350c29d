import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { EdgefirstError, messageOf } from "../../../lib/errors.ts";
import { UnreachableError, type Descriptor, type RegistryClient } from "./registry-client.ts";

/** Options for downloading a blob. */
export interface DownloadOptions {
  /** An interrupted download continues in this file, even in a later run. */
  readonly file: string;
  /** Called with the number of bytes in the file so far. */
  readonly received: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const MOST_BYTES = 2_000_000_000;
/** How many consecutive attempts may end without receiving a new byte. */
const MOST_STALLS = 3;
const IDLE_MS = 30_000;

/**
 * Downloads a blob into a file and checks its size and digest.
 * @throws EdgefirstError if the transfer keeps being cut off, in which case the file is kept, or if the content does not match
 */
export async function downloadBlob(
  client: RegistryClient,
  blob: Descriptor,
  options: DownloadOptions,
): Promise<void> {
  const { file } = options;
  if (!/^sha256:[0-9a-f]{64}$/.test(blob.digest) || !(blob.size >= 0 && blob.size <= MOST_BYTES))
    throw new EdgefirstError(`A layer has an invalid digest or size: ${blob.digest}, ${blob.size} bytes.`);
  await mkdir(dirname(file), { recursive: true });
  let stalls = 0;
  for (let offset = await sizeOf(file); offset !== blob.size; ) {
    options.signal?.throwIfAborted();
    if (offset > blob.size) {
      await rm(file, { force: true });
      throw new EdgefirstError(`A layer is larger than its manifest says (${blob.size} bytes): ${blob.digest}.`);
    }
    const problem = await append(client, blob, offset, options);
    const next = await sizeOf(file);
    stalls = next > offset ? 0 : stalls + 1;
    if (stalls >= MOST_STALLS) {
      throw new EdgefirstError(
        `The download of ${blob.digest} was cut off at ${next} of ${blob.size} bytes: ${problem ?? "closed"}.`,
        "Run the command again: the download continues from there.",
      );
    }
    offset = next;
  }
  const digest = await digestOfFile(file);
  if (digest === blob.digest) return;
  await rm(file, { force: true });
  throw new EdgefirstError(`A layer has the digest ${digest} instead of ${blob.digest}.`);
}

/** Appends what the registry sends to the file. Returns the reason if the transfer was cut off. */
async function append(
  client: RegistryClient,
  blob: Descriptor,
  offset: number,
  { file, received, signal }: DownloadOptions,
): Promise<string | undefined> {
  try {
    const response = await client.blob(blob, offset);
    await save(response, response.status === 206 ? offset : 0, blob.size, { file, received, signal });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    // An error from the registry is final; a broken connection is not.
    if (error instanceof EdgefirstError && !(error instanceof UnreachableError)) throw error;
    return messageOf(error);
  }
}

/** Writes a response to the file, starting at a position; throws if the transfer is cut off. */
async function save(
  response: Response,
  from: number,
  most: number,
  { file, received, signal }: DownloadOptions,
): Promise<void> {
  const output = await open(file, from === 0 ? "w" : "a", 0o600);
  const idle = new IdleTimer(() => void response.body?.cancel().catch(() => undefined));
  let position = from;
  try {
    for await (const chunk of response.body ?? []) {
      signal?.throwIfAborted();
      idle.restart();
      await output.write(chunk as Uint8Array);
      position += (chunk as Uint8Array).length;
      received(position);
      // The caller reports that the layer is too large; reading on could fill the disk.
      if (position > most) break;
    }
  } finally {
    idle.stop();
    await output.close();
  }
}

/** Aborts a transfer that stalls without closing the connection. */
class IdleTimer {
  readonly #expired: () => void;
  #timer: NodeJS.Timeout;

  constructor(expired: () => void) {
    this.#expired = expired;
    this.#timer = setTimeout(expired, IDLE_MS);
  }

  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#expired, IDLE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function digestOfFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest("hex")}`;
}
