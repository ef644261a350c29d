import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { fileText } from "../gitops/yaml/file-text.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import type { Value } from "../gitops/yaml/values.ts";
import { YamlEdit } from "../gitops/edit/yaml-edit.ts";
import { notEditable } from "./not-editable.ts";
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

  /** Whether a kustomization lists a resource, apart from those that are added. */
  isListed(kustomization: string, resource: string): boolean {
    return unlisted(this.#resourcesIn(kustomization), [resource]).length === 0;
  }

  /** Why a kustomization cannot get another entry in its resources; undefined if it can. */
  whyNotListed(kustomization: string, resource: string): string | undefined {
    const { edit, isDone } = this.#listing(kustomization, [resource]);
    return isDone ? undefined : notEditable(edit, kustomization);
  }

  #resourcesIn(path: string): readonly string[] {
    const [document] = this.#repository.parse(path).documents;
    const fields = document?.value as { resources?: unknown } | undefined;
    return Array.isArray(fields?.resources) ? fields.resources.map(String) : [];
  }

  #withResources(path: string, resources: readonly string[]): FileChange {
    return { path, text: this.#listing(path, resources).edit.text() };
  }

  #listing(path: string, resources: readonly string[]): Listing {
    const edit = new YamlEdit(fileText(this.#repository, path) ?? "");
    const missing = unlisted(this.#resourcesIn(path), resources);
    if (missing.length === 0) return { edit, isDone: true };
    const items = missing.map((entry) => `- ${entry}\n`);
    const lines = `resources:\n${items.map((item) => `  ${item}`).join("")}`;
    if (!edit.has(0, ["resources"])) return { edit, isDone: edit.insert(0, [], lines) };
    if (missing.length > 1 && edit.sizeOf(0, ["resources"]) === 0) {
      const isFree = edit.commentsOf(0, ["resources"], true).length === 0;
      return { edit, isDone: isFree && edit.replace(0, ["resources"], lines) };
    }
    return { edit, isDone: edit.insert(0, ["resources"], items.join("")) };
  }
}

/** An edit that lists resources, and whether it does. */
interface Listing {
  readonly edit: YamlEdit;
  readonly isDone: boolean;
}

/** The `resources` entry by which a kustomization file includes a file. */
export function entryFor(file: string, kustomization: string): string {
  const path = posix.relative(posix.dirname(kustomization), file);
  return path.startsWith("../") ? path : `./${path}`;
}

/** The entries that a list of resources lacks, written as its other entries are. */
function unlisted(present: readonly string[], entries: readonly string[]): readonly string[] {
  const normal = (entry: string): string => entry.replace(/^\.\//, "");
  const isBare =
    present.some((entry) => /^\w/.test(entry)) && !present.some((entry) => entry.startsWith("./"));
  return entries
    .filter((entry) => !present.map(normal).includes(normal(entry)))
    .map((entry) => (isBare ? normal(entry) : entry));
}
