import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync, type Dirent } from "node:fs";
import { posix, relative, sep } from "node:path";
import { readText } from "../../../lib/encoded-text.ts";

/** The longest path that Linux accepts. */
const MAX_PATH = 4096;

/** Whether a path stays in the root, stays in the root through a symbolic link, or leaves the root. */
type Reach = "plain" | "linked" | "outside";

/** What can be asked about a path, which is absolute. */
const QUESTIONS = {
  /** The entries of a directory; none if it does not exist. */
  entries: (path: string): readonly Dirent[] =>
    statSync(path, { throwIfNoEntry: false }) ? readdirSync(path, { withFileTypes: true }) : [],
  /** What a path is, or its symbolic link leads to. */
  kind: (path: string): "file" | "directory" | "other" => {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? "file" : stats?.isDirectory() ? "directory" : "other";
  },
  /** The reach of the path's last part. */
  reach: (path: string, root: string): Reach => {
    try {
      if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return "plain";
      const target = relative(root, realpathSync(path));
      return target !== ".." && !target.startsWith(`..${sep}`) ? "linked" : "outside";
    } catch {
      // A dangling link, or a path below a file.
      return "outside";
    }
  },
  size: (path: string): number => statSync(path).size,
  text: readText,
  bytes: (path: string): Buffer => readFileSync(path),
};

type Question = keyof typeof QUESTIONS;
type Answer<Q extends Question> = ReturnType<(typeof QUESTIONS)[Q]>;

/** A digest of the answer to each question about a path, or the code of an error, keyed by both. */
export type Answers = Map<string, string>;

interface Listing {
  readonly sorted: readonly Dirent[];
  readonly byName: ReadonlyMap<string, Dirent>;
}

/** A directory tree on disk. Paths are relative to its root, with forward slashes. Each directory is read once, and each path looked at once. */
export class Disk {
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly #answers: Answers | undefined;
  readonly #listed = new Map<string, Listing>();
  readonly #reaches = new Map<string, Reach>();
  readonly #kinds = new Map<string, Answer<"kind">>();

  /** @param answers receives everything that is read from disk */
  constructor(root: string, answers?: Answers) {
    this.root = realpathSync(root);
    this.#answers = answers;
  }

  /** The entries of a directory, sorted by name; none if it does not exist. */
  entries(directory: string): readonly Dirent[] {
    let listing = this.#listed.get(directory);
    if (listing === undefined) {
      const sorted = this.#ask("entries", directory).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      listing = { sorted, byName: new Map(sorted.map((entry) => [entry.name, entry])) };
      this.#listed.set(directory, listing);
    }
    return listing.sorted;
  }

  isFile(path: string): boolean {
    return this.#kind(path) === "file";
  }

  isDirectory(path: string): boolean {
    return this.#kind(path) === "directory";
  }

  /** Whether a path goes through a symbolic link. */
  isLinked(path: string): boolean {
    return this.#reach(path) === "linked";
  }

  size(path: string): number {
    return this.#ask("size", path);
  }

  text(path: string): string {
    return this.#ask("text", path);
  }

  bytes(path: string): Buffer {
    return this.#ask("bytes", path);
  }

  #ask<Q extends Question>(question: Q, path: string): Answer<Q> {
    const ask = (): Answer<Q> => QUESTIONS[question](`${this.root}/${path}`, this.root) as Answer<Q>;
    if (this.#answers === undefined) return ask();
    try {
      const answer = ask();
      this.#answers.set(`${question} ${path}`, digest(answer));
      return answer;
    } catch (error) {
      this.#answers.set(`${question} ${path}`, codeOf(error));
      throw error;
    }
  }

  /** The entry of a path whose directory has been read. A file system may accept another spelling of its name: then there is none. */
  #known(path: string): Dirent | undefined {
    return this.#listed.get(posix.dirname(path))?.byName.get(posix.basename(path));
  }

  /** What a path is; nothing if it leaves the root. */
  #kind(path: string): Answer<"kind"> {
    let kind = this.#kinds.get(path);
    if (kind === undefined) {
      kind = this.#reach(path) === "outside" ? "other" : this.#ownKind(path);
      this.#kinds.set(path, kind);
    }
    return kind;
  }

  #ownKind(path: string): Answer<"kind"> {
    const known = this.#known(path);
    if (known?.isFile()) return "file";
    return known?.isDirectory() ? "directory" : this.#ask("kind", path);
  }

  #reach(path: string): Reach {
    if (path === "" || path === ".") return "plain";
    if (path.startsWith("/") || path.length > MAX_PATH) return "outside";
    let reach = this.#reaches.get(path);
    if (reach === undefined) {
      const above = this.#reach(posix.dirname(path));
      const own = above === "outside" ? above : this.#ownReach(path);
      reach = own === "plain" ? above : own;
      this.#reaches.set(path, reach);
    }
    return reach;
  }

  #ownReach(path: string): Reach {
    const known = this.#known(path);
    return known?.isFile() || known?.isDirectory() ? "plain" : this.#ask("reach", path);
  }
}

/** Whether everything that was read from a directory tree would be read again. */
export function isUnchanged(root: string, answers: Iterable<readonly [string, string]>): boolean {
  for (const [key, answer] of answers) {
    const [question = ""] = key.split(" ", 1);
    if (answerNow(question as Question, key.slice(question.length + 1), root) !== answer) return false;
  }
  return true;
}

function answerNow(question: Question, path: string, root: string): string {
  try {
    return digest(QUESTIONS[question](`${root}/${path}`, root));
  } catch (error) {
    return codeOf(error);
  }
}

/** The code of an error of the file system, such as EACCES. */
function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function digest(answer: Answer<Question>): string {
  if (typeof answer === "number") return String(answer);
  if (typeof answer === "string" && answer.length < 20) return JSON.stringify(answer);
  const content = Array.isArray(answer) ? listing(answer as readonly Dirent[]) : (answer as string | Buffer);
  return createHash("sha256").update(content).digest("base64url");
}

function listing(entries: readonly Dirent[]): string {
  const typed = entries.map((entry) => {
    const type = entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other";
    return `${entry.name}\0${type}`;
  });
  return typed.sort().join("\0");
}
