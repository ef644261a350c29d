import { z } from "zod";
import { EdgefirstError } from "../../errors.ts";
import type { Repository } from "../documents/repository.ts";

/** Where a repository says what the steps cannot know. */
export const OPTIONS_FILE = ".edgefirst/migrate.yaml";

/** Sections of steps; each has a default for every key. */
const optionsSchema = z.strictObject({});

/** What the steps go by: the repository's own {@link OPTIONS_FILE} over the defaults. */
export type MigrateOptions = z.output<typeof optionsSchema>;

/**
 * Reads the options of a repository.
 * @throws EdgefirstError naming each fault of the file
 */
export function readOptions(repository: Repository): MigrateOptions {
  if (!repository.isFile(OPTIONS_FILE)) return optionsSchema.parse({});
  const { documents, faults } = repository.parse(OPTIONS_FILE);
  const [fault] = faults;
  if (fault) throw wrong([fault.message]);
  const result = optionsSchema.safeParse(documents[0]?.value ?? {});
  if (!result.success) {
    throw wrong(result.error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`));
  }
  return result.data;
}

function wrong(faults: readonly string[]): EdgefirstError {
  return new EdgefirstError(
    `${OPTIONS_FILE} is wrong: ${faults.join("; ")}.`,
    "docs/migrate.md has every key. Nothing was changed.",
  );
}
