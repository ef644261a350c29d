import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import type { FileChange } from "./step.ts";

/** Edits to several files; each file is parsed once. */
export class Edits {
  readonly #repository: Repository;
  readonly #files = new Map<string, YamlEdit>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The edit for a file; a file that does not exist yet starts empty. */
  of(path: string): YamlEdit {
    const edit = this.#files.get(path) ?? new YamlEdit(fileText(this.#repository, path) ?? "");
    this.#files.set(path, edit);
    return edit;
  }

  changes(): readonly FileChange[] {
    return [...this.#files].map(([path, edit]) => ({ path, text: edit.text() }));
  }
}
