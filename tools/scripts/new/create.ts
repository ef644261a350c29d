import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { KINDS } from "./kinds.ts";

const TEMPLATES = join(import.meta.dirname, "templates");

/** What was written. */
export interface Created {
  readonly files: readonly string[];
  readonly edited: readonly string[];
}

/**
 * Writes the files for a new rule, step or check, including a test that fails until the code is written, and registers it.
 * @param root the project's root directory
 * @throws {EdgefirstError} if the kind is unknown, or if the id is not in kebab case or already exists; nothing is written then
 */
export async function create(root: string, kind: string, id: string): Promise<Created> {
  const { edits } = KINDS[kind] ?? {};
  if (edits === undefined)
    throw new EdgefirstError(`There is no template for a ${kind}.`, `Use: ${Object.keys(KINDS).join(", ")}.`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id))
    throw new EdgefirstError(
      `${id} is not a valid id.`,
      "Use lower-case words joined by hyphens, such as image-pinned.",
    );
  const name = id.replaceAll(/-(\w)/g, (_text, letter: string) => letter.toUpperCase());
  const filled = (text: string): string => text.replaceAll("__id__", id).replaceAll("__name__", name);
  const templates = join(TEMPLATES, kind);
  const files = new Map(
    globSync("**/*.template", { cwd: templates }).map((path) => [
      filled(path.replace(/\.template$/, "")),
      filled(readFileSync(join(templates, path), "utf8")),
    ]),
  );
  const existing = [...files.keys()].find((file) => existsSync(join(root, file)));
  if (existing !== undefined) throw new EdgefirstError(`${existing} already exists.`, "Choose another id.");
  const edited = Object.entries(edits).map(
    ([file, edit]) => [file, edit(readFileSync(join(root, file), "utf8"), id, name)] as const,
  );
  for (const [file, text] of [...files, ...edited])
    writeFileAtomic(join(root, file), await formatted(join(root, file), text), 0o644);
  return { files: [...files.keys()], edited: edited.map(([file]) => file) };
}

async function formatted(path: string, text: string): Promise<string> {
  return path.endsWith(".ts") ? format(text, { ...(await resolveConfig(path)), parser: "typescript" }) : text;
}
