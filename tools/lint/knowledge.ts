import { posix } from "node:path";
import { oncePer } from "../../lib/once-per.ts";
import { Knowledge } from "../../policy/knowledge/knowledge.ts";
import { shippedRows } from "../../policy/knowledge/load.ts";
import { isOwnerFile, OWNER_DIRECTORY, withOwnerRows } from "../../policy/knowledge/owner-rows.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { SourceFile } from "../gitops/yaml/source.ts";

/** The shipped tables, read with lint's parser, because the default parser takes ten times as long at startup. */
const SHIPPED = new Knowledge((table) =>
  shippedRows(table, (text) => parseYaml(new SourceFile(table, text)).documents[0]?.value),
);

/**
 * The shipped tables, extended with the rows from a repository's `.edgefirst/knowledge`.
 * @throws {EdgefirstError} listing every error and its location, in all files
 */
export const knowledgeOf = oncePer((repository: Repository): Knowledge => {
  if (!repository.isDirectory(OWNER_DIRECTORY)) return SHIPPED;
  const files = repository
    .entries(OWNER_DIRECTORY)
    .filter(({ name }) => isOwnerFile(name))
    .map(({ name }) => posix.join(OWNER_DIRECTORY, name));
  return withOwnerRows(
    files.map((file) => ({ file, text: fileText(repository, file) ?? "" })),
    SHIPPED,
  );
});
