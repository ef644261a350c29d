import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Program } from "../../../tools/toolchain/program.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

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
    tier: "start",
    directory: join(root, "greeter"),
    package: ".",
    pin: { file: "go.mod", pattern: /^\/\/ pins v(\S+)/m },
    variables: ({ version }) => ({ "main.version": version }),
    installed: { args: ["version"], pattern: /^greeter v(\S+)/m, range: ({ version }) => `^${version}` },
    buildSeconds: 1,
  };
}

/** A Go module small enough to build in a test, with a separate cache and PATH. */
export class Greeter {
  readonly root = temporaryDirectory("edgefirst-toolchain-");
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

  /** The toolchain's cache. */
  get cache(): string {
    return join(this.root, "cache/edgefirst/toolchain");
  }

  cached(): string[] {
    return readdirSync(this.cache);
  }

  /** The caller's environment with this cache, and this `bin` first on PATH. */
  env(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    goCache ??= execFileSync("go", ["env", "GOCACHE"], { encoding: "utf8" }).trim();
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("EDGEFIRST_"));
    return {
      ...Object.fromEntries(inherited),
      // Go's own cache would follow XDG_CACHE_HOME, and every test would compile the runtime.
      GOCACHE: goCache,
      XDG_CACHE_HOME: join(this.root, "cache"),
      PATH: `${join(this.root, "bin")}${delimiter}${process.env.PATH ?? ""}`,
      ...extra,
    };
  }

  /** The same environment with an empty PATH. */
  envWithoutGo(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return this.env({ PATH: join(this.root, "bin"), ...extra });
  }

  options(env: NodeJS.ProcessEnv = this.env()) {
    return { env, programs: [this.program], progress: (line: string) => void this.lines.push(line) };
  }

  writeMain(source: string): void {
    writeFileSync(join(this.program.directory, "main.go"), source);
  }

  /** Writes a shell script below the root, by default into `bin`. */
  script(name: string, body: string, directory = "bin"): string {
    const path = join(this.root, directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** A `go` whose build writes half a binary, and its PID to a file, and then hangs. */
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
}
