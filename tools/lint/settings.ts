import { EdgefirstError } from "../../lib/errors.ts";
import { parseSettings, type PolicySettings } from "../../policy/engine/settings.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** The file with a repository's levels and settings of the rules. */
export const SETTINGS_FILE = ".edgefirst/policies.yaml";

/**
 * Reads the settings of the rules in a repository; empty without the file.
 * @throws {EdgefirstError} if the file is not valid YAML, or does not fit the rules' schemas
 */
export function readSettings(repository: Repository): PolicySettings {
  if (!repository.isFile(SETTINGS_FILE)) return {};
  const { documents, errors } = repository.parse(SETTINGS_FILE);
  const [fault] = errors;
  if (fault) throw new EdgefirstError(`${SETTINGS_FILE} is wrong: ${fault.message}.`, "Mend it first.");
  return parseSettings(documents[0]?.value ?? {}, SETTINGS_FILE);
}
