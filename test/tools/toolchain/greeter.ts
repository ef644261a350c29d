import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Program } from "../../../tools/toolchain/programs.ts";

const MAIN = `package main

import "os"

var version string

func main() { os.Stdout.WriteString("greeter v" + version + "\\n") }
`;

let goCache: string | undefined;

/** The program of the module in `<root>/greeter`. */
export function greeterIn(root: string): Program {
  return {
    name: "greeter",
    purpose: "greets",
    directory: join(root, "greeter"),
    package: ".",
    pin: { file: "go.mod", pattern: /^\/\/ pins v(\S+)/m },
    mod: "readonly",
    variables: ({ version }) => ({ "main.version": version }),
    installed: { args: ["version"], pattern: /^greeter v(\S+)/m, range: ({ version }) => `^${version}` },
    buildSeconds: 1,
  };
}

/** A Go module small enough to be built in a test, with a cache and a PATH of its own. */
export class Greeter {
  readonly root = mkdtempSync(join(tmpdir(), "edgefirst-toolchain-"));
  readonly program: Program;
  readonly lines: string[] = [];

  constructor() {
    const directory = join(this.root, "greeter");
    mkdirSync(directory);
    mkdirSync(join(this.root, "bin"));
    this.program = greeterIn(this.root);
    writeFileSync(join(directory, "go.mod"), "module example.test/greeter\n\ngo 1.26\n\n// pins v1.2.3\n");
    this.writeMain(MAIN);
  }

  /** Where a cache is made, and everything in it. */
  get cache(): string {
    return join(this.root, "cache/edgefirst/toolchain");
  }

  cached(): string[] {
    return readdirSync(this.cache);
  }

  /** The caller's environment with this cache, and this `bin` before the caller's PATH. */
  env(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    goCache ??= execFileSync("go", ["env", "GOCACHE"], { encoding: "utf8" }).trim();
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("EDGEFIRST_"));
    return {
      ...Object.fromEntries(inherited),
      // Otherwise it would follow XDG_CACHE_HOME, and every test would compile Go's runtime.
      GOCACHE: goCache,
      XDG_CACHE_HOME: join(this.root, "cache"),
      PATH: `${join(this.root, "bin")}${delimiter}${process.env.PATH ?? ""}`,
      ...extra,
    };
  }

  /** The same without Go, or anything else, on PATH. */
  envWithoutGo(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return this.env({ PATH: join(this.root, "bin"), ...extra });
  }

  options(env: NodeJS.ProcessEnv = this.env()) {
    return { env, programs: [this.program], progress: (line: string) => void this.lines.push(line) };
  }

  writeMain(source: string): void {
    writeFileSync(join(this.program.directory, "main.go"), source);
  }

  /** Puts a shell script somewhere below the root; into its `bin` by default. */
  script(name: string, body: string, directory = "bin"): string {
    const path = join(this.root, directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A `go` whose build writes half a binary, says its process id in the file, and never ends. */
  hangingGo(startedFile: string): void {
    this.script(
      "go",
      `[ "$1" = build ] || exit 0
while [ "$1" != -o ]; do shift; done
/bin/mkdir -p "$(/usr/bin/dirname "$2")"
echo half > "$2"
echo $$ > ${startedFile}.part; /bin/mv ${startedFile}.part ${startedFile}
exec /bin/sleep 120`,
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
