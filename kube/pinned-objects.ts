import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { EdgefirstError } from "../lib/errors.ts";
import { checksum, manifestCache, type ManifestOptions } from "./manifest-source.ts";
import type { KubeObject } from "./objects.ts";

/** What a manifest contains, when its text is already verified. */
export interface PinnedObjects {
  /** What the objects are, at the start of a sentence. */
  readonly what: string;
  /** The {@link objectsChecksum} in release.yaml. */
  readonly sha256: string;
  readonly parse: () => KubeObject[];
}

/** SHA-256 of objects as compact JSON, in lower-case hexadecimal. */
export function objectsChecksum(objects: readonly KubeObject[]): string {
  return checksum(JSON.stringify(objects));
}

/**
 * The objects of a verified manifest. To parse the YAML of all CRDs takes longer than anything else that a program does in a preview, so the objects are cached as JSON, and
 * what the cache contains counts only with the pinned checksum.
 * @throws {EdgefirstError} if the parsed objects have another checksum
 */
export async function loadPinned(
  { what, sha256, parse }: PinnedObjects,
  { cacheDirectory = manifestCache() }: ManifestOptions = {},
): Promise<KubeObject[]> {
  const file = join(cacheDirectory, sha256);
  const known = await readFile(file).catch(() => undefined);
  if (known !== undefined && checksum(known) === sha256)
    return JSON.parse(known.toString("utf8")) as KubeObject[];
  const objects = parse();
  const content = JSON.stringify(objects);
  const actual = checksum(content);
  if (actual !== sha256)
    throw new EdgefirstError(
      `${what} are not those that release.yaml pins.\n  expected SHA-256 ${sha256} of their JSON\n  actual   SHA-256 ${actual}`,
      "Run `npm run pin`, and compare the change of release.yaml with the change of its version.",
    );
  keep(file, content);
  return objects;
}

/** Writes a file that only saves time: without a writable cache, the next program parses again. */
function keep(file: string, content: string): void {
  try {
    writeFileAtomic(file, content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
