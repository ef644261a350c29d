import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { MEBIBYTE } from "../../../lib/bytes.ts";

/** A chart on disk. */
export interface Chart {
  /** Absolute path of a directory or an archive. */
  readonly path: string;
  /** Identifies the content. */
  readonly digest: string;
  readonly traits: ChartTraits;
}

/** What a chart's output depends on in addition to its values. */
export interface ChartTraits {
  /** The chart reads `.Capabilities.APIVersions`. */
  readonly readsApiVersions: boolean;
  /** The chart calls functions whose result differs from run to run. */
  readonly isRandom: boolean;
}

/** The functions of Helm's templates whose result is random or depends on the time. Source: Masterminds/sprig. */
const RANDOM =
  /\b(?:rand(?:Alpha|Numeric|Ascii|Bytes|AlphaNum|Int)|uuidv4|gen(?:CA|PrivateKey|SelfSignedCert|SignedCert)|now|ago|htpasswd|bcrypt|encryptAES|shuffle)/;

/** An archive of at most this size is unpacked in memory. */
const MOST_UNPACKED = 256 * MEBIBYTE;

/** Reads a chart's archive. @throws Error if it cannot be unpacked */
export function chartArchive(path: string): Chart {
  const bytes = readFileSync(path);
  const content = gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED }).toString("latin1");
  return { path, digest: sha256(bytes), traits: traitsOf(content, /charts\/[^/\0]+\.tgz/.test(content)) };
}

/** Reads a chart's directory. */
export function chartDirectory(path: string): Chart {
  const hash = createHash("sha256");
  let content = "";
  const files = filesBelow(path).sort();
  for (const file of files) {
    const bytes = readFileSync(join(path, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    content += bytes.toString("latin1");
  }
  const isNested = files.some((file) => file.endsWith(".tgz"));
  return { path, digest: `sha256:${hash.digest("hex")}`, traits: traitsOf(content, isNested) };
}

/** The files below a directory, relative to it. Symbolic links are not followed. */
export function filesBelow(directory: string, below = ""): string[] {
  return readdirSync(join(directory, below)).flatMap((name) => {
    const path = below === "" ? name : `${below}/${name}`;
    const stat = lstatSync(join(directory, path));
    return stat.isDirectory() ? filesBelow(directory, path) : stat.isFile() ? [path] : [];
  });
}

/** Charts in an archive inside a chart are not unpacked: they count as having every trait. */
function traitsOf(content: string, isNested: boolean): ChartTraits {
  return {
    readsApiVersions: isNested || content.includes("APIVersions"),
    isRandom: isNested || RANDOM.test(content),
  };
}

/** The digest of bytes in the form `sha256:…`. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
