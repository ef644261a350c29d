import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import type { FileChange } from "./step.ts";

/** Edits to several files; each file is parsed once. */
export class Edits {
  readonly #repository: Repository;
  readonly #files = new Map<string, YamlEdit>();
  readonly #created = new Map<string, string>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The edit for a file; a file that does not exist yet starts empty. */
  of(path: string): YamlEdit {
    const edit = this.#files.get(path) ?? new YamlEdit(fileText(this.#repository, path) ?? "");
    this.#files.set(path, edit);
    return edit;
  }

  /** Sets the text of a file that does not exist or is empty. Always succeeds. */
  create(path: string, text: string): true {
    this.#created.set(path, text);
    return true;
  }

  changes(): readonly FileChange[] {
    const edited = [...this.#files].filter(([path]) => !this.#created.has(path));
    return [
      ...edited.map(([path, edit]) => ({ path, text: edit.text() })),
      ...[...this.#created].map(([path, text]) => ({ path, text })),
    ];
  }
}
