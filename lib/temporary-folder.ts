import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgefirstError } from "./errors.ts";

/**
 * A new folder for temporary files. The caller removes it.
 * @param purpose part of its name, such as `render`
 * @throws EdgefirstError if this machine has no place for it
 */
export function temporaryFolder(purpose: string): string {
  try {
    return mkdtempSync(join(tmpdir(), `edgefirst-${purpose}-`));
  } catch (cause) {
    throw new EdgefirstError(
      `No temporary files can be written: ${(cause as Error).message}.`,
      "Set TMPDIR to a folder that exists, with space in it, to which you can write.",
      { cause },
    );
  }
}
