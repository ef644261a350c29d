import { spawn } from "node:child_process";
import { fencesOf } from "./markdown.ts";

/** One step of a page: a command with the output that the page shows, or a file that the reader writes. */
export type PageStep =
  { readonly command: string; readonly output: string } | { readonly file: string; readonly text: string };

/** A command, as it ran. */
export interface Ran {
  readonly command: string;
  readonly expected: string;
  /** Standard output and standard error, as they came. */
  readonly output: string;
  /** undefined if the command did not finish. */
  readonly code: number | undefined;
}

/**
 * The steps of a page, in order: `console` blocks, in which a command starts with `$ ` and its output follows, and `yaml` blocks, whose file is the last one that
 * the text before names in backticks.
 */
export function stepsOf(page: string): PageStep[] {
  return fencesOf(page).flatMap(({ language, text, before }): PageStep[] => {
    if (language === "console") return commandsOf(text);
    const file = [...before.matchAll(/`([\w.-]+\.yaml)`/g)].at(-1)?.[1];
    return language === "yaml" && file !== undefined ? [{ file, text }] : [];
  });
}

function commandsOf(text: string): PageStep[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...output] = part.split("\n");
      return { command, output: output.join("\n") };
    });
}

/** Where and for how long the steps are run. */
export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds after which the shell and everything that it started are stopped. */
  readonly timeoutMs: number;
}

/** Runs the steps in one shell, up to the first command that fails. */
export async function runSteps(
  steps: readonly PageStep[],
  { timeoutMs, ...options }: RunOptions,
): Promise<Ran[]> {
  const mark = `mark-${crypto.randomUUID()}`;
  const script = steps.map((step) =>
    "file" in step
      ? `cat > '${step.file}' <<'${mark}'\n${step.text}\n${mark}`
      : `${step.command}\ncode=$?; echo; echo ${mark} $code; [ $code = 0 ] || exit 0`,
  );
  // A process group, so that a command which hangs ends with the shell.
  const child = spawn("bash", ["-s"], { ...options, detached: true, stdio: ["pipe", "pipe", "inherit"] });
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGTERM"), timeoutMs);
  child.stdin.end(`exec 2>&1\n${script.join("\n")}\n`);
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += String(chunk);
  clearTimeout(timer);
  const parts = output.split(new RegExp(`^${mark} (\\d+)\\n`, "m"));
  return steps
    .filter((step) => "command" in step)
    .map(({ command, output: expected }, index) => {
      const code = parts[2 * index + 1];
      return {
        command,
        expected,
        output: parts[2 * index] ?? "",
        code: code === undefined ? undefined : Number(code),
      };
    });
}
