import { oncePer } from "../../../lib/once-per.ts";
import type { Repository } from "./repository.ts";

/** The state of a repository that was listed last, by what is on disk. */
const lastListed = new WeakMap<object, Listed>();

interface Listed {
  readonly repository: Repository;
  readonly files: readonly string[];
}

/** All YAML files of a repository, sorted; listed again only for a copy in which a file is added or removed. */
export const yamlFilesIn = oncePer((repository: Repository): readonly string[] => {
  const listed = lastListed.get(repository.disk);
  const isSame = listed !== undefined && repository.changedSince(listed.repository).existence.size === 0;
  const files = isSame ? listed.files : repository.yamlFiles(".");
  lastListed.set(repository.disk, { repository, files });
  return files;
});
