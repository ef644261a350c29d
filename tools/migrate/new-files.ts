import { isDeepStrictEqual } from "node:util";
import { fileText } from "../gitops/yaml/file-text.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import type { Value } from "../gitops/yaml/values.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import type { FileChange } from "./step.ts";

const documentsIn = (text: string): readonly (Value | undefined)[] =>
  parseYaml(new SourceFile("", text)).documents.map(({ value }) => value);

/** The schema comment that a new document gets, and another way to write it, make no other document. */
const isSameData = (value: Value | undefined, document: string): boolean =>
  isDeepStrictEqual(value, documentsIn(document)[0]);

/** Files that a step adds, and the `resources` entries that include them. */
export class NewFiles {
  readonly #repository: Repository;
  readonly #texts = new Map<string, string>();
  /** The documents that each of the texts has in addition. */
  readonly #documents = new Map<string, string[]>();
  readonly #resources = new Map<string, Set<string>>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Appends a document to a file and creates the file if necessary. Appending the same document twice has no effect. */
  append(path: string, document: string): void {
    const before = this.#texts.get(path) ?? fileText(this.#repository, path) ?? "";
    const addition = `---\n${document}`;
    if (before.includes(addition) || documentsIn(before).some((one) => isSameData(one, document))) return;
    const separator = before === "" || before.endsWith("\n") ? "" : "\n";
    this.#texts.set(path, `${before}${separator}${addition}`);
    this.#documents.set(path, [...(this.#documents.get(path) ?? []), document]);
  }

  /** Adds a file to a kustomization's resources, unless it is already listed. */
  addResource(kustomization: string, resource: string): void {
    const resources = this.#resources.get(kustomization) ?? new Set();
    resources.add(resource);
    this.#resources.set(kustomization, resources);
  }

  /** @param edits other changes of the step, which a file may also be among: both remain in its text */
  changes(edits: readonly FileChange[] = []): readonly FileChange[] {
    const own = new Set([...this.#texts.keys(), ...this.#resources.keys()]);
    if (edits.some(({ path }) => own.has(path))) return this.#onto(edits);
    return [
      ...edits,
      ...[...this.#texts].map(([path, text]) => ({ path, text })),
      ...[...this.#resources].map(([path, resources]) => this.#withResources(path, [...resources])),
    ];
  }

  #onto(edits: readonly FileChange[]): readonly FileChange[] {
    const texts = new Map(edits.map(({ path, text }) => [path, text]));
    const files = new NewFiles(this.#repository.with(texts));
    for (const [path, documents] of this.#documents)
      for (const document of documents) files.append(path, document);
    for (const [path, resources] of this.#resources)
      for (const resource of resources) files.addResource(path, resource);
    for (const { path, text } of files.changes()) texts.set(path, text);
    return [...texts].map(([path, text]) => ({ path, text }));
  }

  #withResources(path: string, resources: readonly string[]): FileChange {
    const text = fileText(this.#repository, path) ?? "";
    const [document] = this.#repository.parse(path).documents;
    const fields = document?.value as { resources?: unknown } | undefined;
    const present = Array.isArray(fields?.resources) ? fields.resources.map(String) : [];
    const normal = (entry: string): string => entry.replace(/^\.\//, "");
    const isBare =
      present.some((entry) => /^\w/.test(entry)) && !present.some((entry) => entry.startsWith("./"));
    const missing = resources
      .filter((entry) => !present.map(normal).includes(normal(entry)))
      .map((entry) => (isBare ? normal(entry) : entry));
    const edit = new YamlEdit(text);
    const lines = `resources:\n${missing.map((entry) => `  - ${entry}\n`).join("")}`;
    if (missing.length > 0 && !edit.has(0, ["resources"]))
      return { path, text: edit.insert(0, [], lines) ? edit.text() : text };
    if (missing.length > 1 && edit.sizeOf(0, ["resources"]) === 0) {
      const isFree = edit.commentsOf(0, ["resources"], true).length === 0;
      return { path, text: isFree && edit.replace(0, ["resources"], lines) ? edit.text() : text };
    }
    // Each goes to the end of the list as it was.
    for (const entry of missing.toReversed()) if (!edit.insert(0, ["resources"], `- ${entry}\n`)) break;
    return { path, text: edit.text() };
  }
}
