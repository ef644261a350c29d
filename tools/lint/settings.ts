import { EdgefirstError } from "../../lib/errors.ts";
import { parseSettings, type PolicySettings } from "../../policy/engine/settings.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** Where a repository says how far rules go, and what they go by. */
export const SETTINGS_FILE = ".edgefirst/policies.yaml";

/**
 * Reads the policies' settings of a repository; none where it has no such file.
 * @throws {EdgefirstError} where they are no YAML, or not as the rules' schemas say
 */
export function readSettings(repository: Repository): PolicySettings {
  if (!repository.isFile(SETTINGS_FILE)) return {};
  const { documents, errors } = repository.parse(SETTINGS_FILE);
  const [fault] = errors;
  if (fault) throw new EdgefirstError(`${SETTINGS_FILE} is wrong: ${fault.message}.`, "Mend it first.");
  return parseSettings(documents[0]?.value ?? {}, SETTINGS_FILE);
}
