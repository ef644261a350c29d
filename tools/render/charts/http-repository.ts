import { writeFileSync } from "node:fs";
import { z } from "zod";
import { parse } from "../../../lib/quiet-yaml.ts";
import { MEBIBYTE } from "../../../lib/bytes.ts";
import { download } from "../../../lib/download.ts";
import { isLoopback } from "../../../lib/loopback.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { sha256 } from "./chart.ts";
import { MOST_CHART_BYTES } from "./oci.ts";
import type { ListedChart } from "./reference.ts";
import { chooseVersion } from "./version.ts";

const INDEX_BYTES = 64 * MEBIBYTE;
const TIMEOUT_MS = 60_000;

/** The fields of a repository's index: https://helm.sh/docs/topics/chart_repository/#the-index-file */
const index = z.object({
  entries: z.record(
    z.string(),
    z.array(
      z.object({
        version: z.coerce.string(),
        digest: z.string().optional(),
        urls: z.array(z.string()).default([]),
      }),
    ),
  ),
});

/** Fetches charts from HTTP repositories. Each index is read once. */
export class HttpCharts {
  readonly #indexes = new Map<string, Promise<z.infer<typeof index>>>();

  /**
   * Downloads a chart into a file, and checks it against the digest in the index.
   * @returns the digest of the archive
   * @throws EdgefirstError if the repository cannot be reached or has no such chart
   */
  async fetch({ url, name, range }: ListedChart, file: string): Promise<string> {
    const known = this.#indexes.get(url) ?? readIndex(url);
    this.#indexes.set(url, known);
    const entries = (await known).entries[name] ?? [];
    const version = chooseVersion(
      entries.map((entry) => entry.version),
      range,
    );
    const entry = entries.find((one) => one.version === version);
    const [path] = entry?.urls ?? [];
    if (entry === undefined || path === undefined)
      throw new EdgefirstError(`${url} has no chart ${name} ${range}.`);
    const bytes = await get(new URL(path, `${url}/`).href, MOST_CHART_BYTES);
    const digest = sha256(bytes);
    if (entry.digest !== undefined && entry.digest.replace(/^(?:sha256:)?/, "sha256:") !== digest)
      throw new EdgefirstError(
        `The chart ${name} ${entry.version} from ${url} does not match the digest in the index.`,
      );
    writeFileSync(file, bytes);
    return digest;
  }
}

async function readIndex(url: string): Promise<z.infer<typeof index>> {
  const text = (await get(`${url}/index.yaml`, INDEX_BYTES)).toString("utf8");
  try {
    return index.parse(parse(text));
  } catch {
    throw new EdgefirstError(`${url}/index.yaml is not the index of a chart repository.`);
  }
}

async function get(url: string, maxBytes: number): Promise<Buffer> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback(hostname)))
    throw new EdgefirstError(`${url} is not an https address.`);
  try {
    return await download(url, { timeoutMs: TIMEOUT_MS, maxBytes, allowLoopback: true });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    throw new EdgefirstError(`${url} cannot be downloaded: ${cause?.code ?? message}.`);
  }
}
