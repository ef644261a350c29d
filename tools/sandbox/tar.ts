import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pack } from "tar-stream";

/**
 * Packs the files in a directory into a tar archive. The same files give the same bytes: entries are sorted, and times, owners and modes are left out.
 * @param prefix added to each path, such as `chart/`
 */
export async function tarDirectory(directory: string, prefix = ""): Promise<Buffer> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
  const archive = pack();
  for (const path of paths)
    archive.entry(
      { name: `${prefix}${path}`, mode: 0o644, mtime: new Date(0) },
      await readFile(join(directory, path)),
    );
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
