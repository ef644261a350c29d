import { posix } from "node:path";
import { searchedText } from "../yaml/file-text.ts";
import { normalized } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { UNKNOWN, withVariables } from "./script-variables.ts";

/** A directory of this repository that a workflow or a script pushes to a registry, for an OCIRepository. */
export interface PushedArtifact {
  /** The file with the command. */
  readonly file: string;
  readonly directory: string;
  /** Whether an OCIRepository with this URL has the artifact. */
  readonly isAt: (url: string) => boolean;
  /** Patterns of what the command leaves out; undefined for Flux's defaults. */
  readonly ignorePaths: readonly string[] | undefined;
}

/** Files that may contain commands: workflows, Taskfiles and scripts. */
const MAY_PUSH = /\.(?:ya?ml|sh|just|mk)$|^(?:GNUm|m)akefile$|^\.?justfile$/i;
const COMMAND = /\bflux push artifact\b/;
/** The action runs the same command. Source: github.com/controlplaneio-fluxcd/distribution, actions/push/action.yml. */
const ACTION = /^\s*-?\s*uses:\s*["']?controlplaneio-fluxcd\/distribution\/actions\/push@/;

/** How many commands to read in a file, and how many lines and characters of each, so that no file takes long. */
const MOST_COMMANDS = 20;
const MOST_LINES = 50;
const MOST_CHARACTERS = 5000;

/** The artifacts that commands `flux push artifact` in the repository create from its own directories. */
export function pushedArtifacts(repository: Repository): readonly PushedArtifact[] {
  return repository
    .filesBelow(".", (name) => MAY_PUSH.test(name))
    .flatMap((file) => {
      const text = searchedText(repository, file);
      if (!text.includes("push artifact") && !text.includes("actions/push@")) return [];
      return [...commandsIn(text), ...actionsIn(text)].flatMap(
        (push) => artifactOf(push, file, repository) ?? [],
      );
    });
}

/** The arguments of a command, with UNKNOWN for what only its run knows. */
interface Push {
  readonly url: string;
  readonly path: string;
  readonly ignorePaths?: string | undefined;
}

function commandsIn(text: string): readonly Push[] {
  const lines = text.split(/\r?\n/);
  const starts = [...lines.keys()].filter((index) => COMMAND.test(lines[index] ?? ""));
  return starts.slice(0, MOST_COMMANDS).flatMap((index) => {
    if (/^\s*#/.test(lines[index] ?? "")) return [];
    return pushOf(commandFrom(lines.slice(index, index + MOST_LINES), text)) ?? [];
  });
}

/** A command with the lines that continue it, in a script or in a folded block, and with its variables filled in. */
function commandFrom(lines: readonly string[], text: string): string {
  const end = lines.findIndex(
    (line, index) => !line.endsWith("\\") && !/^\s+--?[a-z]/.test(lines[index + 1] ?? ""),
  );
  const command = lines
    .slice(0, end < 0 ? undefined : end + 1)
    .map((line) => line.replace(/\\$/, "").trim())
    .join(" ");
  const start = command.search(COMMAND);
  return withVariables(command.slice(start, start + MOST_CHARACTERS), text);
}

function pushOf(command: string): Push | undefined {
  const words = [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'|;&])+/g)].map(([word]) =>
    word.replaceAll(/["']/g, ""),
  );
  const [, , , ...args] = words;
  const option = (...names: readonly string[]): string | undefined => {
    for (const [index, word] of args.entries()) {
      const [name = "", ...value] = word.split("=");
      if (names.includes(name)) return value.length > 0 ? value.join("=") : args[index + 1];
    }
    return undefined;
  };
  const url = args.find((word) => word.startsWith("oci://")) ?? args.find((word) => word.startsWith(UNKNOWN));
  const path = option("--path", "-f");
  return url === undefined || path === undefined
    ? undefined
    : { url: url.replace(/^oci:\/\//, ""), path, ignorePaths: option("--ignore-paths") };
}

function actionsIn(text: string): readonly Push[] {
  const lines = text.split(/\r?\n/);
  const starts = [...lines.keys()].filter((index) => ACTION.test(lines[index] ?? ""));
  return starts.slice(0, MOST_COMMANDS).flatMap((index) => {
    const rest = lines.slice(index + 1, index + MOST_LINES);
    const end = rest.findIndex((next) => /^\s*-\s/.test(next));
    const inputs = rest.slice(0, end < 0 ? undefined : end).join("\n");
    const input = (name: string): string | undefined => {
      const [, written] = new RegExp(String.raw`^\s*${name}:\s*(.+?)\s*$`, "m").exec(inputs) ?? [];
      return written === undefined ? undefined : withVariables(written.replaceAll(/["']/g, ""), text);
    };
    const url = input("repository");
    return url === undefined ? [] : [{ url, path: input("path") ?? "." }];
  });
}

function artifactOf(
  { url, path, ignorePaths }: Push,
  file: string,
  repository: Repository,
): PushedArtifact | undefined {
  // What precedes the first known step is the working directory, most often the top of the repository.
  const below = path.startsWith(UNKNOWN) ? path.slice(UNKNOWN.length).replace(/^\//, "") : path;
  if (below.includes(UNKNOWN)) return undefined;
  const candidates = [below, posix.join(posix.dirname(file), below)];
  const directory = candidates.map(normalized).find((one) => repository.isDirectory(one));
  const name = url.replace(/[:@][^/]*$/, "");
  if (directory === undefined || !/[a-z0-9]/i.test(name)) return undefined;
  const pattern = new RegExp(`^oci://${name.split(UNKNOWN).map(RegExp.escape).join(".+")}$`);
  return { file, directory, isAt: (at) => pattern.test(at), ignorePaths: ignorePaths?.split(",") };
}
