import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "../../../tools/rollout/engine-events.ts";
import type { StackAddress } from "../../../tools/rollout/stack.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** What the fake CLI does when it is called. */
export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  /** Written to the event log. */
  readonly events?: readonly EngineEvent[];
  /** Keep running for this long. A SIGINT ends it as it ends the real CLI. */
  readonly runsMs?: number;
}

/** One call of the fake CLI. */
export interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Pulumi.yaml of the directory in which it was called. */
  readonly project: string | null;
}

/** The last release with an event log that is a file; newer ones send their events by gRPC. */
const VERSION = "v3.205.0";

/** The script: the first row of the table that the arguments begin with answers, its answers in turn, the last one forever. */
const SCRIPT = `#!${process.execPath}
const fs = require("node:fs");
const dir = require("node:path").dirname(__dirname);
const args = process.argv.slice(2);
const lines = fs.existsSync(dir + "/calls") ? fs.readFileSync(dir + "/calls", "utf8").split("\\n").filter(Boolean) : [];
const project = fs.existsSync("Pulumi.yaml") ? fs.readFileSync("Pulumi.yaml", "utf8") : null;
fs.appendFileSync(dir + "/calls", JSON.stringify({ args, cwd: process.cwd(), env: process.env, project }) + "\\n");
const table = JSON.parse(fs.readFileSync(dir + "/answers", "utf8"));
const row = Object.keys(table).find((each) => args.join(" ").startsWith(each));
const answers = table[row] ?? [{ code: 1, stderr: "error: unexpected call: " + args.join(" ") }];
const earlier = lines.filter((line) => JSON.parse(line).args.join(" ").startsWith(row)).length;
const answer = answers[Math.min(earlier, answers.length - 1)];
const log = args.includes("--event-log") ? args[args.indexOf("--event-log") + 1] : "/dev/null";
const emit = (event) => fs.appendFileSync(log, JSON.stringify(event) + "\\n");
const end = (code) => {
  emit({ summaryEvent: { resourceChanges: {} } });
  fs.writeSync(1, answer.stdout ?? "");
  fs.writeSync(2, answer.stderr ?? "");
  process.exit(code);
};
process.on("SIGINT", () => {
  emit({ stdoutEvent: { message: "^C received; cancelling. If you would like to terminate immediately, hit ^C again." } });
  fs.writeFileSync(dir + "/interrupted", "");
  end(255);
});
for (const event of answer.events ?? []) emit(event);
if (answer.runsMs === undefined) end(answer.code ?? 0);
else setTimeout(() => end(answer.code ?? 0), answer.runsMs);
`;

/** A program in place of the Pulumi CLI, which records its calls and answers from a table. */
export class FakeCli {
  /** Directory whose `bin` contains the program. */
  readonly root = temporaryDirectory("edgefirst-fake-cli-");
  readonly project = join(this.root, "project");

  constructor() {
    for (const dir of ["bin", "project"]) mkdirSync(join(this.root, dir));
    writeFileSync(join(this.root, "bin/pulumi"), SCRIPT);
    chmodSync(join(this.root, "bin/pulumi"), 0o755);
    writeFileSync(join(this.project, "Pulumi.yaml"), "name: edgefirst\nruntime: nodejs\n");
    this.answer({});
  }

  /** Sets the table, keyed by what the arguments begin with. */
  answer(table: Readonly<Record<string, Answer | readonly Answer[]>>): void {
    const rows = Object.entries({ version: { stdout: VERSION }, ...table });
    const answers = rows.map(([key, value]) => [key, Array.isArray(value) ? value : [value]]);
    writeFileSync(join(this.root, "answers"), JSON.stringify(Object.fromEntries(answers)));
  }

  /** The calls so far, without those that ask for the version. */
  get calls(): Call[] {
    return this.allCalls.filter(({ args }) => args[0] !== "version");
  }

  get allCalls(): Call[] {
    const file = join(this.root, "calls");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Call);
  }

  /** Each call's arguments as one line, without the options that are the same for every call. */
  get commands(): string[] {
    return this.calls.map(({ args }) =>
      args
        .join(" ")
        .replace(/ --event-log \S+/, "")
        .replace(/ --client=\S+/, "")
        .replace(" --non-interactive", ""),
    );
  }

  /** Whether a call has received a SIGINT. */
  get interrupted(): boolean {
    return existsSync(join(this.root, "interrupted"));
  }

  address(fields: Partial<StackAddress> = {}): StackAddress {
    const env = { PULUMI_BACKEND_URL: "file:///state", PULUMI_HOME: undefined };
    return { name: "edge", project: this.project, env, cliRoot: this.root, ...fields };
  }
}

/** Gives each test of the calling suite a fake CLI of its own. */
export function eachWithFakeCli(use: (cli: FakeCli) => void): void {
  beforeEach(() => {
    use(new FakeCli());
  });
}

/** Options of a run, and the lines that it reports. */
export function running(): {
  readonly lines: string[];
  readonly controller: AbortController;
  readonly options: { report: (line: string) => void; signal: AbortSignal };
} {
  const lines: string[] = [];
  const controller = new AbortController();
  return {
    lines,
    controller,
    options: { report: (line) => void lines.push(line), signal: controller.signal },
  };
}

/** The event of a Service that the engine creates. */
export function created(name: string): EngineEvent[] {
  const type = "kubernetes:core/v1:Service";
  const metadata = {
    op: "create",
    type,
    urn: `urn:pulumi:edge::edgefirst::${type}::${name}`,
    new: { custom: true },
  };
  return [{ resourcePreEvent: { metadata } }, { resOutputsEvent: { metadata } }];
}

/** The event with the stack's outputs. */
export function outputEvent(outputs: Readonly<Record<string, unknown>>): EngineEvent {
  const type = "pulumi:pulumi:Stack";
  return {
    resOutputsEvent: {
      metadata: { op: "same", type, urn: `urn:pulumi:edge::edgefirst::${type}::edge`, new: { outputs } },
    },
  };
}

export function errorEvent(message: string): EngineEvent {
  return { diagnosticEvent: { severity: "error", message } };
}

/** The CLI's refusal while a process on this host holds the lock. */
export function lockedBy(host: string, pid: number): string {
  return `error: the stack is currently locked by 1 lock(s).\n  file:///state/a.json: created by me@${host} (pid ${pid}) at 2026-01-31T12:00:00Z`;
}
