import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { EdgefirstError } from "../../../lib/errors.ts";
import {
  deployedObjects,
  findCli,
  lastUpdate,
  pastUpdates,
  previewDrift,
  previewStack,
  stackOutputs,
  upStack,
} from "../../../tools/rollout/stack.ts";
import {
  created,
  eachWithFakeCli,
  errorEvent,
  type FakeCli,
  lockedBy,
  outputEvent,
  running,
} from "./fake-cli.ts";

describe("calls of the Pulumi CLI", function () {
  this.timeout(60_000);
  let cli: FakeCli;
  eachWithFakeCli((fresh) => {
    cli = fresh;
  });

  /** Checks the whole text of an error and of its hint. */
  const failsWith = async (work: Promise<unknown>, message: string, hint: string | undefined) => {
    const error = await work.then(
      () => assert.fail("no error"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof EdgefirstError);
    const text = hint === undefined ? message : `${message}\n${hint}`;
    assert.equal(error.message, text);
    return error;
  };
  const preview = (address = cli.address(), policyPack?: string) =>
    previewStack(address, { ...running().options, policyPack });
  const up = (takeOver = true) => upStack(cli.address(), { ...running().options, takeOver });

  describe("for a preview", () => {
    it("name the stack and the policy pack, without selecting the stack", async () => {
      cli.answer({ preview: {} });
      await preview(cli.address(), "/packs/edge");
      assert.deepEqual(cli.commands, [
        "preview --policy-pack /packs/edge --color never --suppress-progress --exec-kind auto.local --stack edge",
      ]);
      const [call] = cli.calls;
      assert.equal(call?.cwd, cli.project);
      assert.equal(call.env.PULUMI_BACKEND_URL, "file:///state");
      assert.equal(call.env.PULUMI_HOME, "");
    });

    it("leave out the policy pack if there is none", async () => {
      cli.answer({ preview: {} });
      await preview();
      assert.doesNotMatch(cli.commands.join(), /policy-pack/);
    });

    it("report what the engine plans", async () => {
      cli.answer({ preview: { events: [...created("network/traefik"), outputEvent({ release: "r1" })] } });
      const { lines, options } = running();
      const summary = await previewStack(cli.address(), options);
      assert.deepEqual(lines, ["1 planned: create Service network/traefik"]);
      assert.deepEqual(
        [summary.changes.map(({ object }) => object), summary.outputs],
        [["Service network/traefik"], { release: "r1" }],
      );
    });

    it("explain a stack that the backend does not have", async () => {
      cli.answer({ preview: { code: 255, stderr: "error: no stack named 'edge' found" } });
      const error = await failsWith(
        preview(),
        "The backend has no stack edge.",
        "Check which backend is in use: pulumi whoami -v. If the stack is new, create it: pulumi stack init edge",
      );
      assert.match(String(error.cause), /no stack named/);
    });

    it("create the stack only if asked to", async () => {
      cli.answer({
        "stack select": { code: 1, stderr: "error: no stack named 'edge' found" },
        "stack init": {},
        preview: {},
      });
      await preview(cli.address({ create: true }));
      assert.deepEqual(
        cli.commands.map((line) => line.split(" --")[0]),
        ["stack select", "stack init edge", "preview"],
      );
    });

    it("give the program's own messages, and no hint about changes", async () => {
      const events = [...created("a"), errorEvent("no such\ncontext"), errorEvent("bad value")];
      cli.answer({
        preview: { code: 255, events: [...events, errorEvent("preview failed")], stderr: "noise" },
      });
      const error = await failsWith(
        preview(),
        "The preview of stack edge failed:\nno such\ncontext\nbad value",
        undefined,
      );
      assert.match(String(error.cause), /noise/);
    });

    it("give the CLI's own output if the program reported nothing", async () => {
      cli.answer({ preview: { code: 255, stderr: "error: could not load plugin" } });
      await assert.rejects(
        preview(),
        /^EdgefirstError: The preview of stack edge failed:\n[^]*could not load plugin/,
      );
    });
  });

  describe("for an update", () => {
    it("run the CLI once, and take the outputs from its events", async () => {
      cli.answer({ up: { events: [...created("a"), outputEvent({ release: "r1" })] } });
      const { lines, options } = running();
      const summary = await upStack(cli.address(), {
        ...options,
        policyPack: "/packs/edge",
        takeOver: false,
      });
      assert.deepEqual(summary.outputs, { release: "r1" });
      assert.deepEqual(lines, ["1 done: create Service a"]);
      assert.deepEqual(cli.commands, [
        "up --yes --skip-preview --policy-pack /packs/edge --color never --suppress-progress --exec-kind auto.local --stack edge",
      ]);
    });

    it("say that the changes made before a failure are recorded", async () => {
      cli.answer({
        up: { code: 255, events: [...created("a"), errorEvent("quota"), errorEvent("update failed")] },
      });
      await failsWith(
        up(),
        "The update of stack edge failed:\nquota",
        "The changes made so far are recorded; the next update continues from there.",
      );
    });

    it("give no hint if nothing was changed", async () => {
      cli.answer({ up: { code: 255, events: [errorEvent("quota")] } });
      await failsWith(up(), "The update of stack edge failed:\nquota", undefined);
    });

    it("explain a damaged state file", async () => {
      const events = [errorEvent("first"), errorEvent("failed to load checkpoint: EOF")];
      cli.answer({ up: { code: 255, events: [...created("a"), ...events] } });
      await failsWith(
        up(),
        "The update of stack edge failed:\nfirst\nfailed to load checkpoint: EOF",
        "Nothing was changed. After a killed update, edgefirst rollout --resume repairs this; otherwise the stack's state file is damaged, and docs/guides/backends.md explains how to restore its last intact copy.",
      );
    });

    it("remove the lock of a process that has exited, and start again", async () => {
      const child = spawn(process.execPath, ["-e", ""]);
      await once(child, "close");
      const refusal = { code: 255, stderr: lockedBy(hostname(), child.pid!) };
      cli.answer({ up: [refusal, { events: created("b") }], cancel: {} });
      const { lines, options } = running();
      const summary = await upStack(cli.address(), { ...options, takeOver: true });
      assert.deepEqual(
        cli.commands.map((line) => line.split(" ")[0]),
        ["up", "cancel", "up"],
      );
      assert.match(cli.commands[1] ?? "", /--yes.* --stack edge|--stack edge.* --yes/);
      assert.equal(summary.changes.length, 1);
      assert.deepEqual(lines, ["1 done: create Service b"]);
    });

    it("keep the lock unless the user asks to take it over, or if another machine holds it", async () => {
      cli.answer({ up: { code: 255, stderr: lockedBy(hostname(), process.pid) } });
      await assert.rejects(up(false), /Stack edge is locked by another update \(process \d+ on .*--resume/s);
      cli.answer({ up: { code: 255, stderr: lockedBy("elsewhere", 7) } });
      await assert.rejects(up(), /Stack edge is locked by another update \(process 7 on elsewhere/);
      assert.doesNotMatch(cli.commands.join(), /cancel/);
    });
  });

  describe("for a stack's outputs", () => {
    it("need no passphrase: secrets stay hidden", async () => {
      cli.answer({ "stack output": { stdout: '{"release":"r1","token":"[secret]"}' } });
      assert.deepEqual(await stackOutputs(cli.address()), { release: "r1", token: "[secret]" });
      const [call] = cli.calls;
      assert.deepEqual(call?.args, ["stack", "output", "--json", "--non-interactive", "--stack", "edge"]);
      assert.equal(call.cwd, cli.project);
      assert.equal(call.env.PULUMI_BACKEND_URL, "file:///state");
      assert.equal(call.env.PATH, process.env.PATH);
    });

    it("pass on the CLI's error", async () => {
      cli.answer({ "stack output": { code: 255, stderr: "error: no stack named 'edge' found\n\n" } });
      await failsWith(
        stackOutputs(cli.address()),
        "Cannot read the outputs of stack edge: error: no stack named 'edge' found",
        "Check which backend is in use: pulumi whoami -v",
      );
    });

    it("explain output that is not JSON", async () => {
      cli.answer({ "stack output": { stdout: "warning" } });
      await assert.rejects(stackOutputs(cli.address()), /outputs of stack edge: Unexpected token.*\nCheck/);
    });
  });

  describe("for the history", () => {
    const entry = (result: string, minute: number) => ({
      kind: "update",
      result,
      startTime: `2026-01-31T12:0${minute}:00.000Z`,
      endTime: `2026-01-31T12:0${minute}:30.000Z`,
      message: "",
    });

    it("read the last update without secrets", async () => {
      cli.answer({ "stack history": { stdout: JSON.stringify([entry("failed", 1)]) } });
      assert.deepEqual(await lastUpdate(cli.address()), {
        result: "failed",
        end: new Date("2026-01-31T12:01:30Z"),
      });
      assert.deepEqual(cli.commands, ["stack history --json --page-size 1 --page 1 --stack edge"]);
    });

    it("find nothing before the first update", async () => {
      cli.answer({ "stack history": { stdout: "[]" } });
      assert.equal(await lastUpdate(cli.address()), undefined);
    });

    it("read as many updates as asked for", async () => {
      cli.answer({
        "stack history": { stdout: JSON.stringify([entry("succeeded", 2), entry("failed", 1)]) },
      });
      const updates = await pastUpdates(cli.address(), 7);
      assert.deepEqual(updates, [
        {
          kind: "update",
          result: "succeeded",
          start: new Date("2026-01-31T12:02:00Z"),
          end: new Date("2026-01-31T12:02:30Z"),
        },
        {
          kind: "update",
          result: "failed",
          start: new Date("2026-01-31T12:01:00Z"),
          end: new Date("2026-01-31T12:01:30Z"),
        },
      ]);
      assert.deepEqual(cli.commands, ["stack history --json --page-size 7 --page 1 --stack edge"]);
    });
  });

  it("for drift only preview a refresh", async () => {
    cli.answer({
      refresh: [
        { events: created("a") },
        { code: 255, events: [...created("a"), errorEvent("unreachable")] },
      ],
    });
    const { lines, options } = running();
    const { changes } = await previewDrift(cli.address(), options);
    assert.equal(changes.length, 1);
    assert.deepEqual(lines, ["1 planned: create Service a"]);
    assert.match(
      cli.commands[0] ?? "",
      /^refresh --preview-only .*--color never --suppress-progress.* --stack edge$/,
    );
    await failsWith(
      previewDrift(cli.address(), options),
      "The refresh of stack edge failed:\nunreachable",
      undefined,
    );
  });

  it("for deployed objects export the state", async () => {
    const outputs = { kind: "Service", metadata: { name: "a" } };
    const resources = [{ type: "kubernetes:core/v1:Service", custom: true, outputs }];
    cli.answer({ "stack export": { stdout: JSON.stringify({ version: 3, deployment: { resources } }) } });
    assert.deepEqual(await deployedObjects(cli.address()), [outputs]);
    assert.match(cli.commands.join(), /--stack edge/);
  });

  describe("start with the CLI itself,", () => {
    const HINT = "Put `pulumi` on PATH: run edgefirst with npx after npm ci, or use Pulumi's own installer.";

    it("whose version is asked for once", async () => {
      cli.answer({ preview: {} });
      await preview();
      await preview();
      assert.deepEqual(
        cli.allCalls.map(({ args }) => args[0]),
        ["version", "preview", "preview"],
      );
    });

    it("which the error explains how to install", async () => {
      const error: unknown = await findCli("/nowhere").catch((thrown: unknown) => thrown);
      assert.ok(error instanceof EdgefirstError);
      assert.match(error.message, /^The Pulumi CLI cannot be run: .*\/nowhere\/bin\/pulumi[^]*ENOENT/);
      assert.ok(error.message.endsWith(`\n${HINT}`));
      assert.ok(error.cause instanceof Error);
    });

    it("which may be too old", async () => {
      cli.answer({ version: { stdout: "v3.1.0" } });
      await assert.rejects(findCli(cli.root), /cannot be run: Minimum version requirement failed/);
      cli.answer({});
      assert.equal((await findCli(cli.root)).command, `${cli.root}/bin/pulumi`);
    });

    it("which may fail", async () => {
      cli.answer({ version: { code: 1, stderr: "error: no home directory\n\n" } });
      await assert.rejects(findCli(cli.root), {
        message: `The Pulumi CLI cannot be run: Command failed with exit code 1: ${cli.root}/bin/pulumi version\nerror: no home directory\n${HINT}`,
      });
    });

    it("which is found on PATH", async () => {
      const { PATH } = process.env;
      process.env.PATH = `${cli.root}/bin:${PATH}`;
      try {
        assert.equal((await findCli(undefined)).command, "pulumi");
        assert.deepEqual(
          cli.allCalls.map(({ args }) => args),
          [["version"]],
        );
        process.env.PATH = "/nowhere";
        await assert.rejects(findCli(undefined), /cannot be run/);
      } finally {
        process.env.PATH = PATH;
      }
    });
  });

  describe("after an interrupt", () => {
    /** Interrupts an update once it has reported its first step. */
    const interrupted = async (events: Parameters<FakeCli["answer"]>[0]) => {
      cli.answer(events);
      const controller = new AbortController();
      const report = () => {
        controller.abort();
      };
      return upStack(cli.address(), { report, signal: controller.signal, takeOver: true });
    };

    it("never start", async () => {
      await assert.rejects(
        upStack(cli.address(), { ...running().options, signal: AbortSignal.abort(), takeOver: true }),
        /The update of stack edge failed:\nThis operation was aborted/,
      );
      assert.deepEqual(cli.commands, []);
    });

    it("receive it, and the error says so", async () => {
      await failsWith(
        interrupted({ up: { events: created("a"), runsMs: 10_000 } }),
        "The update of stack edge failed:\nIt was interrupted.",
        "The changes made so far are recorded; the next update continues from there.",
      );
      assert.ok(cli.interrupted);
    });

    it("do not receive it twice", async () => {
      const reached = { stdoutEvent: { message: "^C received; cancelling." } };
      await assert.rejects(
        interrupted({ up: { code: 255, events: [reached, ...created("a")], runsMs: 2_000 } }),
        /It was interrupted/,
      );
      assert.ok(!cli.interrupted);
    });
  });
});
