import { execFile, spawn } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { MEBIBYTE } from "../../lib/bytes.ts";
import { EdgefirstError } from "../../lib/errors.ts";

const run = promisify(execFile);

/** Larger blobs are written as holes of the same size: a file of this size is not read anyway. */
const MAX_BYTES = 8 * MEBIBYTE;

/** A revision whose files have been written to a directory. */
export interface Revision {
  /** Full id of the commit. */
  readonly commit: string;
  /** Paths of the submodules. Their files are not part of the repository. */
  readonly submodules: readonly string[];
}

/** An entry of a tree, as `git ls-tree` lists it. */
interface Entry {
  readonly mode: string;
  readonly id: string;
  readonly size: number;
  readonly path: string;
}

/** The top directory of the Git repository that contains a directory; undefined if none does. */
export async function gitTop(directory: string): Promise<string | undefined> {
  const { stdout } = await git(directory, ["rev-parse", "--show-toplevel"]).catch(() => ({ stdout: "" }));
  return stdout === "" ? undefined : stdout.replace(/\n$/, "");
}

/** The commit that a revision names; undefined if there is no such revision. */
export async function findCommit(directory: string, revision: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
  const { stdout } = await git(directory, args).catch(() => ({ stdout: "" }));
  return stdout === "" ? undefined : stdout.trim();
}

/**
 * Writes the files of a commit to an empty directory, as Flux's source-controller checks them out: byte for byte, without the filters and line
 * endings from `.gitattributes`. Changes neither the index nor the working tree.
 * @throws {EdgefirstError} if Git cannot read an object, or a path would leave the directory
 */
export async function writeRevision(repository: string, commit: string, into: string): Promise<Revision> {
  mkdirSync(into, { recursive: true });
  const { stdout } = await git(repository, ["ls-tree", "-r", "-z", "-l", "--full-tree", commit]);
  const entries = stdout.split("\0").filter(Boolean).map(parseEntry);
  for (const { path } of entries) checkPath(path);
  const blobs = entries.filter(({ mode }) => mode !== "160000");
  const contents = await readBlobs(
    repository,
    blobs.filter(({ size }) => size <= MAX_BYTES),
  );
  const links: (() => void)[] = [];
  for (const { mode, id, size, path } of blobs) {
    const target = join(into, path);
    mkdirSync(dirname(target), { recursive: true });
    const content = contents.get(id);
    if (content === undefined) writeHole(target, size);
    else if (mode === "120000")
      links.push(() => {
        symlinkSync(content, target);
      });
    else writeFileSync(target, content, { flag: "wx" });
  }
  // Last, so that no file is written through a link.
  for (const link of links) link();
  return { commit, submodules: entries.filter(({ mode }) => mode === "160000").map(({ path }) => path) };
}

function parseEntry(line: string): Entry {
  const tab = line.indexOf("\t");
  const [mode = "", , id = "", size = ""] = line.slice(0, tab).split(/ +/);
  return { mode, id, size: Number(size) || 0, path: line.slice(tab + 1) };
}

/** Git refuses such paths when it checks out a tree, but not when it lists one. */
function checkPath(path: string): void {
  const steps = path.split("/");
  if (!steps.some((step) => step === "" || step === "." || step === ".." || step.toLowerCase() === ".git"))
    return;
  throw new EdgefirstError(
    `The revision contains the path ${JSON.stringify(path)}, which leaves the repository.`,
    "Git does not check out such a tree either. Compare another revision.",
  );
}

function writeHole(path: string, size: number): void {
  const file = openSync(path, "wx");
  try {
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}

/** The contents of blobs by id, from one run of `git cat-file --batch`. */
async function readBlobs(repository: string, blobs: readonly Entry[]): Promise<ReadonlyMap<string, Buffer>> {
  const ids = [...new Set(blobs.map(({ id }) => id))];
  const child = spawn("git", ["-C", repository, "cat-file", "--batch"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(ids.map((id) => `${id}\n`).join(""));
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject).on("close", () => {
      resolve();
    });
  });
  return split(Buffer.concat(chunks), ids);
}

/** Splits the output of `git cat-file --batch`: for each id a line `<id> <type> <size>`, the content, and a line break. */
function split(output: Buffer, ids: readonly string[]): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>();
  let start = 0;
  for (const id of ids) {
    const end = output.indexOf(10, start);
    const [found, type, size] = output.toString("utf8", start, Math.max(start, end)).split(" ");
    if (end < 0 || found !== id || type !== "blob")
      throw new EdgefirstError(
        `Git cannot read the object ${id}.`,
        "In a shallow or partial clone, fetch the revision first: git fetch origin <revision>",
      );
    contents.set(id, output.subarray(end + 1, end + 1 + Number(size)));
    start = end + 1 + Number(size) + 1;
  }
  return contents;
}

function git(directory: string, args: readonly string[]): Promise<{ stdout: string }> {
  return run("git", ["-C", directory, ...args], { maxBuffer: 1 << 28, encoding: "utf8" });
}
