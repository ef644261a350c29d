import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = 512;

/**
 * The files of a directory as a tar archive (POSIX ustar). The same files give the same bytes: sorted, without their times, owners and modes.
 * @param prefix of each path, such as `chart/`
 * @throws Error if a path is longer than the 100 bytes of the header's name field.
 */
export async function tarDirectory(directory: string, prefix = ""): Promise<Buffer> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
  const blocks: Buffer[] = [];
  for (const path of paths) {
    const content = await readFile(join(directory, path));
    blocks.push(header(`${prefix}${path}`, content.length), content, Buffer.alloc(padding(content.length)));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function padding(length: number): number {
  return (BLOCK - (length % BLOCK)) % BLOCK;
}

/** Fields at their offsets, see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06. */
function header(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`the path ${path} is too long for a tar header`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(path, 0);
  block.write(octal(0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
