import { randomUUID } from "node:crypto";
import { rename, rm, stat, writeFile } from "node:fs/promises";

/** Writes a file in one step, with the mode that it has: a reader sees the old text or the new one. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const mode = await stat(path).then(
    (found) => found.mode & 0o777,
    () => 0o644,
  );
  try {
    await writeFile(temporary, text, { mode });
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
