import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { NotRenderable } from "../rendered.ts";

/** Unpacks the regular files of a chart's archive below a directory, without the chart's own top directory. Anything else in the archive is left out. */
export async function unpackChart(archive: string, target: string): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), entries);
  // The loop below receives the same error.
  reading.catch(() => undefined);
  for await (const entry of entries) {
    const { name, type } = entry.header;
    const path = posix.normalize(name).split("/").slice(1).join("/");
    if (type !== "file" || path === "") {
      entry.resume();
      continue;
    }
    if (path.split("/").includes(".."))
      throw new NotRenderable(`its chart contains a path that leads out of it: ${name}`);
    const file = join(target, path);
    mkdirSync(dirname(file), { recursive: true });
    await pipeline(entry as unknown as Readable, createWriteStream(file));
  }
}
