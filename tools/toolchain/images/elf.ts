import { open } from "node:fs/promises";
import { EdgefirstError } from "../../../lib/errors.ts";

/** The architecture names that images use, keyed by Node's names. */
export const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

const MACHINES: Readonly<Record<string, number>> = { amd64: 62, arm64: 183 };
const HEADER = 64;
const PT_INTERP = 3;

/**
 * Checks that a file is a static 64-bit Linux executable for an architecture.
 * @param what the subject of the error message
 * @throws EdgefirstError if it is not
 */
export async function checkStaticExecutable(file: string, architecture: string, what: string): Promise<void> {
  const problem = await problemOf(file, architecture);
  if (problem !== undefined) throw new EdgefirstError(`${what} ${problem}.`);
}

async function problemOf(path: string, architecture: string): Promise<string | undefined> {
  const file = await open(path, "r");
  try {
    const header = Buffer.alloc(HEADER);
    const { bytesRead } = await file.read(header, 0, HEADER, 0);
    const isElf = bytesRead === HEADER && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1;
    if (!isElf) return "is not a 64-bit Linux executable";
    if (header.readUInt16LE(18) !== MACHINES[architecture]) return `is not built for ${architecture}`;
    const [start, size, count] = [Number(header.readBigUInt64LE(32)), header.readUInt16LE(54), header.readUInt16LE(56)];
    const segments = Buffer.alloc(size * count);
    await file.read(segments, 0, segments.length, start);
    for (let index = 0; index < count; index++) {
      if (segments.readUInt32LE(index * size) === PT_INTERP)
        return "is not a static executable: it needs libraries from its image";
    }
    return undefined;
  } finally {
    await file.close();
  }
}
