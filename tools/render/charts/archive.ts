import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import type { Readable } from "node:stream";
import { parse } from "../../../lib/quiet-yaml.ts";
import { MEBIBYTE } from "../../../lib/bytes.ts";

/** A chart's name and version. */
export interface ChartIdentity {
  readonly name: string;
  readonly version: string;
}

/** The largest Chart.yaml that is read. */
const MOST_BYTES = MEBIBYTE;

/** The name and version in an archive's Chart.yaml; undefined if it is not a chart. */
export async function identityInArchive(path: string): Promise<ChartIdentity | undefined> {
  const archive = extract();
  const reading = pipeline(createReadStream(path), createGunzip(), archive);
  // The loop below receives the same error.
  reading.catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { name, size } = entry.header;
      if (!/^[^/]+\/Chart\.yaml$/.test(name) || size > MOST_BYTES) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry as unknown as Readable) chunks.push(chunk as Buffer);
      archive.destroy();
      return identityIn(Buffer.concat(chunks).toString("utf8"));
    }
  } catch {
    return undefined;
  }
  return undefined;
}

/** The name and version in the text of a Chart.yaml. */
export function identityIn(text: string): ChartIdentity | undefined {
  try {
    const { name, version } = parse(text) as Partial<Record<"name" | "version", unknown>>;
    const isChart = typeof name === "string" && (typeof version === "string" || typeof version === "number");
    return isChart ? { name, version: String(version) } : undefined;
  } catch {
    return undefined;
  }
}
