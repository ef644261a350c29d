import { posix } from "node:path";
import { counted } from "../../../../lib/counted.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import type { Position } from "../../../gitops/yaml/source.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { commentsIn, isSchemaComment } from "../../../gitops/edit/comments.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { documents, outdatedLines } from "./documents.ts";
import { buildsTheSame, whyNoComponent } from "./equality.ts";
import { allFiles, includedBy, mentionsOf, referencesInto, usersOf, type User } from "./references.ts";
import { patchesOutOfReach } from "./route-patches.ts";
import { rewriteUser } from "./rewrite-user.ts";
import { readersOfPaths } from "../../path-readers.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { commentLosses, lossNotes, lossRefusal, type Loss } from "../../losses.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { notEditable } from "../../not-editable.ts";
import { noChangeAllowed, type Note, type Plan, type Step, type StepContext } from "../../step.ts";

/** Turns shared directories that kustomizations include as resources into components. */
export const components: Step = {
  id: "components",
  title: "Turn shared templates into Kustomize components",
  risk: { level: "medium", phrase: "nothing in a cluster changes, but many files do" },
  live: [],
  plan: (context) => new ComponentsPlan(context).run(),
  whyForbidden: noChangeAllowed,
};

/** Converts one directory at a time, each on the result of the previous one. */
class ComponentsPlan {
  readonly #context: StepContext;
  readonly #changes = new Map<string, string | undefined>();
  readonly #notes: Note[] = [];
  /** The component that replaced each directory. */
  readonly #moved = new Map<string, string>();
  #repository: StepContext["repository"];

  constructor(context: StepContext) {
    this.#context = context;
    this.#repository = context.repository;
  }

  run(): Plan {
    const { renamed, directories, remove } = this.#context.options.components;
    for (const [from, to] of Object.entries(renamed)) if (this.#exists(from)) this.#move(from, to);
    for (const [from, to] of Object.entries(directories))
      if (this.#exists(from)) this.#move(from, this.#targetOf(from, to));
    // Only after all moves: a comment next to one template's entry may name another template.
    for (const [from, to] of this.#moved) this.#remove(from, to);
    for (const directory of remove) if (this.#exists(directory)) this.#remove(directory);
    this.#notes.push(...outdatedLines(this.#repository, this.#moved), ...patchesOutOfReach(this.#repository));
    return { changes: [...this.#changes].map(([path, text]) => ({ path, text })), notes: this.#notes };
  }

  #exists(directory: string): boolean {
    return findKustomizationFile(this.#repository, directory) !== undefined;
  }

  /** The component for a template: the one that has the template's name, if the other one does not exist yet. */
  #targetOf(from: string, to: string): string {
    const namesake = posix.join(posix.dirname(to), posix.basename(from));
    if (namesake === to || this.#exists(to) || !this.#exists(namesake)) return to;
    const message = `component ${namesake} keeps its name: to rename it to ${posix.basename(to)}, list it under components.renamed in ${OPTIONS_FILE}`;
    this.#notes.push({ kind: "option", message, position: this.#start(namesake) });
    return namesake;
  }

  #move(from: string, to: string): void {
    const users = usersOf(this.#repository, from);
    const exists = this.#exists(to);
    const isTemplate = this.#kindOf(from) !== "Component";
    if (!exists && users.length === 0 && isTemplate) {
      if (!this.#context.options.components.remove.includes(from))
        this.#left(
          from,
          `no kustomization includes it; to delete it, list it under components.remove in ${OPTIONS_FILE}`,
        );
      return;
    }
    const before = { repository: this.#repository, changes: [...this.#changes] };
    const reason =
      whyNoComponent(this.#repository, from) ??
      (exists ? buildsTheSame(this.#repository, from, to) : this.#create(from, to));
    if (reason !== undefined) {
      this.#left(from, `left as a template: ${reason}`);
      return;
    }
    this.#moved.set(from, to);
    const stays = users.map((user) => !this.#rewrite(user, from, to));
    if (exists || users.length === 0 || stays.includes(false)) return;
    // Nothing would include the new component.
    this.#moved.delete(from);
    this.#repository = before.repository;
    this.#changes.clear();
    for (const [path, text] of before.changes) this.#changes.set(path, text);
  }

  #kindOf(directory: string): unknown {
    const [document] = this.#repository.parse(this.#kustomization(directory)).documents;
    return document && isMapping(document.value) ? document.value.kind : undefined;
  }

  /** Copies a directory as a component; returns the reason if that is not possible. */
  #create(from: string, to: string): string | undefined {
    const files = allFiles(this.#repository, from);
    const copies = new Map(files.map((file) => [posix.join(to, posix.relative(from, file)), file]));
    const own = this.#kustomization(from);
    const added = new Map<string, string>();
    for (const [copy, file] of copies) {
      if (!this.#context.selected(copy)) return `${copy} would have to be written, but --only excludes it`;
      const text = fileText(this.#repository, file) ?? "";
      const changed = file === own ? asComponent(text) : text;
      if (changed === undefined) return `${own} does not set apiVersion and kind`;
      added.set(copy, changed);
    }
    this.#take(added);
    return undefined;
  }

  /** Whether a user includes the component now, or will once it is selected. */
  #rewrite(user: User, from: string, to: string): boolean {
    if (!this.#context.selected(user.file)) return true;
    const rewritten = rewriteUser(
      user,
      fileText(this.#repository, user.file) ?? "",
      { from, to, order: includedBy(this.#context.repository, user.file) },
      this.#moved,
    );
    if ("obstacle" in rewritten) {
      this.#left(from, `its entry there cannot be replaced: ${notEditable(rewritten, user.file)}`);
      return false;
    }
    this.#take(new Map([[user.file, rewritten.text]]));
    return true;
  }

  /**
   * Deletes a directory that nothing refers to any more.
   * @param to the component that replaced it
   */
  #remove(from: string, to?: string): void {
    const files = allFiles(this.#repository, from);
    if (!files.every((file) => this.#context.selected(file))) return;
    const references = [
      ...referencesInto(this.#repository, from),
      ...mentionsOf(this.#repository, from).filter(({ file }) => !documents(file, to)),
      ...this.#readersOf([from, ...files]),
    ];
    const lines = new Map(references.map((position) => [`${position.file}:${position.line}`, position]));
    for (const position of lines.values())
      this.#notes.push({ kind: "left", message: `${from} is kept: this line refers to it`, position });
    if (references.length > 0) return;
    const position = this.#start(from);
    const losses = this.#commentsIn(files, to);
    const refusal = to === undefined ? undefined : lossRefusal(losses, this.#context, position);
    if (refusal) this.#notes.push(refusal);
    else {
      const kind = to === undefined ? "removed" : "lost";
      this.#notes.push({ kind: "removed", message: this.#removal(from, to, files), position });
      this.#notes.push(...lossNotes(losses, position).map((note): Note => ({ ...note, kind })));
      this.#take(new Map(files.map((file) => [file, undefined])));
    }
  }

  /** Where programs outside a directory name it, or a file in it, with variables too. */
  #readersOf(paths: readonly string[]): readonly Position[] {
    return readersOfPaths(this.#repository, paths, { directories: false })
      .map(({ position }) => position)
      .filter(({ file }) => !paths.includes(file));
  }

  #removal(from: string, to: string | undefined, files: readonly string[]): string {
    const isRenamed = to !== undefined && this.#context.options.components.renamed[from] === to;
    if (isRenamed) return `component ${from} is renamed to ${to}`;
    const why = to === undefined ? "the options name it" : `component ${to} replaces it`;
    return `directory ${from} is removed with its ${counted(files.length, "file")}: ${why}`;
  }

  /** The comments in files that are deleted, except those that the component also contains. */
  #commentsIn(files: readonly string[], to: string | undefined): readonly Loss[] {
    const left = to === undefined ? [] : allFiles(this.#repository, to);
    const kept = left.map((file) => fileText(this.#repository, file) ?? "");
    return files.flatMap((file) => {
      const comments = commentsIn(fileText(this.#repository, file) ?? "")
        .filter((comment) => !isSchemaComment(comment))
        .filter((comment) => !kept.some((text) => text.includes(comment)));
      return commentLosses(comments, file);
    });
  }

  #kustomization(directory: string): string {
    return findKustomizationFile(this.#repository, directory) ?? posix.join(directory, "kustomization.yaml");
  }

  #take(changes: ReadonlyMap<string, string | undefined>): void {
    for (const [path, text] of changes) this.#changes.set(path, text);
    this.#repository = this.#repository.with(changes);
  }

  #left(from: string, message: string): void {
    this.#notes.push({ kind: "left", message, position: this.#start(from) });
  }

  #start(directory: string): Position {
    return { file: this.#kustomization(directory), line: 1, column: 1 };
  }
}

/** A kustomization file's text as a component; undefined if it does not set apiVersion and kind. */
function asComponent(text: string): string | undefined {
  const edit = new YamlEdit(text);
  const changed =
    edit.setScalar(0, ["apiVersion"], "kustomize.config.k8s.io/v1alpha1") &&
    edit.setScalar(0, ["kind"], "Component");
  return changed ? edit.text() : undefined;
}
