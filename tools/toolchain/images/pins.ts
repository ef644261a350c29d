import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap } from "yaml";
import { parse, parseDocument } from "../../../lib/quiet-yaml.ts";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { TOOLCHAIN_FILE } from "../definitions.ts";

/** An image from which a program is taken. */
export interface ProgramImage {
  /** `registry/repository:tag`, followed by `@digest` if it is known. */
  readonly reference: string;
  /** Absolute path of the executable in the image. */
  readonly path: string;
  /** The file with the digests to which tags were resolved when they were first pulled. */
  readonly lockFile: string;
}

interface Entry {
  readonly image?: string;
  /** Name of an image in release.yaml. */
  readonly release?: string;
  readonly path: string;
}

const ROOT = join(import.meta.dirname, "../../..");

/** The images in toolchain.yaml, keyed by program. */
export function programImages(): ReadonlyMap<string, ProgramImage> {
  const { images } = read(TOOLCHAIN_FILE) as { images: Record<string, Entry> };
  const release = read(join(ROOT, "release.yaml")) as { images: Record<string, string> };
  const lockFile = join(ROOT, "toolchain.lock.yaml");
  return new Map(
    Object.entries(images).map(([name, entry]) => {
      const reference = entry.image ?? release.images[entry.release ?? ""];
      if (reference === undefined) throw new Error(`toolchain.yaml: ${name} has no image`);
      return [name, { reference, path: entry.path, lockFile }];
    }),
  );
}

/** The digest of an image: the one in its reference or, if there is none, the recorded one; undefined before the first pull. */
export function knownDigest({ reference, lockFile }: ProgramImage): string | undefined {
  return reference.split("@")[1] ?? readLock(lockFile)[reference];
}

/** Records the digest to which a tag was resolved. */
export function recordDigest({ reference, lockFile }: ProgramImage, digest: string): void {
  const document = parseDocument(readIfExists(lockFile) ?? HEADER);
  document.setIn(["images", reference], digest);
  const images = document.get("images");
  if (isMap(images)) images.flow = false;
  writeFileAtomic(lockFile, document.toString());
}

const HEADER = `# Digests for the images that toolchain.yaml names without one, resolved when they were first pulled. Commit this file: later pulls accept nothing else.
images: {}
`;

function readLock(file: string): Readonly<Record<string, string | undefined>> {
  const text = readIfExists(file);
  return text === undefined ? {} : ((parse(text) as { images?: Record<string, string> }).images ?? {});
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function read(file: string): unknown {
  return parse(readFileSync(file, "utf8"));
}
