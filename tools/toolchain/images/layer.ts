import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, posix } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { EdgefirstError, messageOf } from "../../../lib/errors.ts";

/** What a layer does with a file: it contains the file, removes it from the layers below, or does neither. */
export type LayerResult = "found" | "removed" | "absent";

const MOST_FILE_BYTES = 1_000_000_000;
/** Real layers compress to a tenth of their size at best, so one that unpacks to a hundred times its size is meant to fill disks. */
const MOST_GROWTH = 100;
const SMALL_BYTES = 50_000_000;

/**
 * Looks for one file in a layer and writes it to `target`. Nothing else from the archive is written anywhere.
 * @param path the file's absolute path in the image
 * @throws EdgefirstError if the archive is broken or hostile, or the path is not a regular file
 */
export async function takeFile(
  layer: { readonly file: string; readonly mediaType: string },
  path: string,
  target: string,
): Promise<LayerResult> {
  const { size } = await stat(layer.file);
  const archive = extract();
  const reading = pipeline(
    [
      createReadStream(layer.file),
      ...decompressor(layer.mediaType),
      growthLimit(Math.max(SMALL_BYTES, size * MOST_GROWTH)),
      archive,
    ],
    { end: true },
  );
  // The loop below receives the same error, so it needs no handling here.
  reading.catch(() => undefined);
  let result: LayerResult = "absent";
  try {
    for await (const entry of archive) {
      const kind = judge(entry.header, path);
      if (kind === "found") {
        await pipeline(entry as unknown as Readable, createWriteStream(target, { mode: 0o755 }));
        result = "found";
      } else {
        if (kind === "removed" && result === "absent") result = "removed";
        entry.resume();
      }
    }
    await reading;
    return result;
  } catch (error) {
    if (error instanceof EdgefirstError) throw error;
    throw new EdgefirstError(
      `A layer cannot be unpacked: ${messageOf(error)}.`,
      undefined,
      { cause: error },
    );
  }
}

function judge({ name, type, size }: Header, path: string): LayerResult {
  const entry = name.replace(/^(\.?\/)+/, "").replace(/\/$/, "");
  if (entry.split("/").includes(".."))
    throw new EdgefirstError(`A layer contains a path that leads out of the image: ${name}.`);
  const wanted = path.slice(1);
  if (isWhiteoutOf(entry, wanted)) return "removed";
  if (entry !== wanted) return "absent";
  if (type !== "file" && type !== "contiguous-file")
    throw new EdgefirstError(`${path} is a ${type} in its image, not a file.`);
  if (size > MOST_FILE_BYTES) throw new EdgefirstError(`${path} is ${size} bytes long, which is too large for a program.`);
  return "found";
}

/**
 * Whether an entry removes the file or one of its parent folders:
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
 */
function isWhiteoutOf(entry: string, wanted: string): boolean {
  const name = basename(entry);
  if (!name.startsWith(".wh.")) return false;
  const folder = posix.dirname(entry) === "." ? "" : `${posix.dirname(entry)}/`;
  if (name === ".wh..wh..opq") return wanted.startsWith(folder);
  const removed = folder + name.slice(".wh.".length);
  return wanted === removed || wanted.startsWith(`${removed}/`);
}

function decompressor(mediaType: string): Transform[] {
  if (mediaType.endsWith(".tar")) return [];
  if (/(\+gzip|\.tar\.gzip)$/.test(mediaType)) return [createGunzip()];
  if (mediaType.endsWith("+zstd")) return [createZstdDecompress()];
  throw new EdgefirstError(`A layer has an unsupported media type: ${mediaType}.`);
}

function growthLimit(most: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > most) done(new EdgefirstError(`A layer unpacks to more than ${most} bytes, which is too much for its compressed size.`));
      else done(null, chunk);
    },
  });
}
