import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** The content of a file with mode 0600, generated on the first call. Concurrent callers all get the same content. */
export async function secretFile(path: string, make: () => string | Promise<string>): Promise<string> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(temporary, await make(), { mode: 0o600 });
  try {
    // Unlike a rename, a link never replaces an existing file.
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(temporary);
  }
  return readFile(path, "utf8");
}
