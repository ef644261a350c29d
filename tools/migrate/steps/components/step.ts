import { posix } from "node:path";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { buildsTheSame, whyNoComponent } from "./equality.ts";
import { allFiles, referencesInto, usersOf, type User } from "./references.ts";
import { patchesOutOfReach } from "./route-patches.ts";
import { rewriteUser } from "./rewrite-user.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { noChangeAllowed, type Note, type Plan, type Step, type StepContext } from "../../step.ts";

/** Turns shared directories that kustomizations take as resources into components. */
export const components: Step = {
  id: "components",
  title: "Shared templates to Kustomize components",
  risk: "medium",
  live: [],
  plan: (context) => new ComponentsPlan(context).run(),
  whyForbidden: noChangeAllowed,
};

/** Works through the table, each entry on what the ones before leave. */
class ComponentsPlan {
  readonly #context: StepContext;
  readonly #changes = new Map<string, string | undefined>();
  readonly #notes: Note[] = [];
  /** What has become of which directory. */
  readonly #moved = new Map<string, string>();
  #repository: StepContext["repository"];

  constructor(context: StepContext) {
    this.#context = context;
    this.#repository = context.repository;
  }

  run(): Plan {
    const { renamed, directories, remove } = this.#context.options.components;
    for (const [from, to] of [...Object.entries(renamed), ...Object.entries(directories)])
      if (findKustomizationFile(this.#repository, from) !== undefined) this.#move(from, to);
    // Only now: what one template's consumers say in comments may name another.
    for (const [from, to] of this.#moved) this.#remove(from, to);
    for (const directory of remove)
      if (findKustomizationFile(this.#repository, directory) !== undefined) this.#remove(directory);
    this.#notes.push(...patchesOutOfReach(this.#repository));
    return { changes: [...this.#changes].map(([path, text]) => ({ path, text })), notes: this.#notes };
  }

  #move(from: string, to: string): void {
    const users = usersOf(this.#repository, from);
    const exists = findKustomizationFile(this.#repository, to) !== undefined;
    const isTemplate = this.#kindOf(from) !== "Component";
    if (!exists && users.length === 0 && isTemplate) {
      if (!this.#context.options.components.remove.includes(from))
        this.#left(
          from,
          `nothing takes it as a resource; name it in components.remove of ${OPTIONS_FILE} where nobody misses it`,
        );
      return;
    }
    const reason =
      whyNoComponent(this.#repository, from) ??
      (exists ? buildsTheSame(this.#repository, from, to) : this.#create(from, to));
    if (reason !== undefined) {
      this.#left(from, `${reason}; what uses it stays`);
      return;
    }
    this.#moved.set(from, to);
    for (const user of users) this.#rewrite(user, from, to);
  }

  #kindOf(directory: string): unknown {
    const [document] = this.#repository.parse(this.#kustomization(directory)).documents;
    return document && isMapping(document.value) ? document.value.kind : undefined;
  }

  /** Copies a directory as a component; the reason where that cannot be. */
  #create(from: string, to: string): string | undefined {
    const files = allFiles(this.#repository, from);
    const copies = new Map(files.map((file) => [posix.join(to, posix.relative(from, file)), file]));
    const own = this.#kustomization(from);
    const added = new Map<string, string>();
    for (const [copy, file] of copies) {
      if (!this.#context.selected(copy)) return `${copy} would have to be written, and is not selected`;
      const text = fileText(this.#repository, file) ?? "";
      const changed = file === own ? asComponent(text) : text;
      if (changed === undefined) return `${own} has no apiVersion and kind of its own to change`;
      added.set(copy, changed);
    }
    this.#take(added);
    return undefined;
  }

  #rewrite(user: User, from: string, to: string): void {
    if (!this.#context.selected(user.file)) return;
    const text = rewriteUser(user, fileText(this.#repository, user.file) ?? "", from, to, this.#moved);
    if (text === undefined) this.#left(from, `${user.file} names it in a form that is not changed`);
    else this.#take(new Map([[user.file, text]]));
  }

  /**
   * Takes a directory away that nothing refers to any more.
   * @param to what has taken its place
   */
  #remove(from: string, to?: string): void {
    const files = allFiles(this.#repository, from);
    if (!files.every((file) => this.#context.selected(file))) return;
    const references = referencesInto(this.#repository, from);
    for (const position of references)
      this.#notes.push({ kind: "left", message: `${from} stays: this refers to it`, position });
    if (references.length > 0) return;
    this.#notes.push(...this.#lostComments(files, to));
    this.#take(new Map(files.map((file) => [file, undefined])));
  }

  #lostComments(files: readonly string[], to: string | undefined): readonly Note[] {
    const left = to === undefined ? [] : allFiles(this.#repository, to);
    const kept = left.map((file) => fileText(this.#repository, file) ?? "");
    return files.flatMap((file) =>
      (fileText(this.#repository, file) ?? "").split(/\r?\n/).flatMap((line, index) => {
        const comment = line.trim();
        if (!comment.startsWith("#") || comment.startsWith("# yaml-language-server")) return [];
        if (kept.some((text) => text.includes(comment))) return [];
        const message = `the comment "${comment}" ${to === undefined ? "goes with it" : `is not in ${to}`}`;
        return [{ kind: "lost" as const, message, position: { file, line: index + 1, column: 1 } }];
      }),
    );
  }

  #kustomization(directory: string): string {
    return findKustomizationFile(this.#repository, directory) ?? posix.join(directory, "kustomization.yaml");
  }

  #take(changes: ReadonlyMap<string, string | undefined>): void {
    for (const [path, text] of changes) this.#changes.set(path, text);
    this.#repository = this.#repository.with(changes);
  }

  #left(from: string, message: string): void {
    const position = { file: this.#kustomization(from), line: 1, column: 1 };
    this.#notes.push({ kind: "left", message, position });
  }
}

/** A kustomization file's text as that of a component; undefined where it does not say what it is. */
function asComponent(text: string): string | undefined {
  const edit = new YamlEdit(text);
  const changed =
    edit.setScalar(0, ["apiVersion"], "kustomize.config.k8s.io/v1alpha1") &&
    edit.setScalar(0, ["kind"], "Component");
  return changed ? edit.text() : undefined;
}
