import { EdgefirstError } from "../../lib/errors.ts";
import { parseSettings, type PolicySettings } from "../../policy/engine/settings.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** The file with a repository's rule levels and settings. */
export const SETTINGS_FILE = ".edgefirst/policies.yaml";

/**
 * Reads a repository's rule settings; empty if the file does not exist.
 * @throws {EdgefirstError} if the file is not valid YAML, or does not match the rules' schemas
 */
export function readSettings(repository: Repository): PolicySettings {
  if (!repository.isFile(SETTINGS_FILE)) return {};
  const { documents, errors } = repository.parse(SETTINGS_FILE);
  const [error] = errors;
  if (error)
    throw new EdgefirstError(`${SETTINGS_FILE} is not valid: ${error.message}.`, "Fix it, then re-run.");
  return parseSettings(documents[0]?.value ?? {}, SETTINGS_FILE);
}
