import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { EdgefirstError } from "../../../lib/errors.ts";
import type { Directive } from "../../../staging/directives.ts";
import { addDirective, readAllDirectives, readDirectives } from "../../../tools/rollout/directives.ts";
import { eachWithFakeCli, type FakeCli } from "./fake-cli.ts";

const HOLD: Directive = {
  kind: "hold",
  time: "2026-01-31T11:00:00.000Z",
  by: "alice@desk",
  reason: "the disk is replaced",
  until: "2026-01-31T18:00:00.000Z",
};
const DIRECTIVES = { version: 1, entries: [HOLD] };
const HINT = "Check which backend is in use: pulumi whoami -v";

describe("directives through the CLI", function () {
  this.timeout(60_000);
  let cli: FakeCli;
  eachWithFakeCli((fresh) => {
    cli = fresh;
  });

  const listed = (...names: string[]) => ({ stdout: JSON.stringify(names.map((name) => ({ name }))) });
  const output = (directives: unknown) => ({ stdout: JSON.stringify({ directives }) });

  it("are read from the stack with the same name, in a project next to the stack's own", async () => {
    cli.answer({
      "stack ls": listed("main", "organization/edgefirst-directives/edge"),
      "stack output": output(DIRECTIVES),
    });
    assert.deepEqual(await readDirectives(cli.address()), DIRECTIVES);
    assert.deepEqual(cli.commands, [
      "stack ls --json",
      "stack output --json --stack edge",
      "stack output --json --show-secrets --stack edge",
    ]);
    for (const { cwd, env, project } of cli.calls) {
      assert.deepEqual(parse(project ?? ""), { name: "edgefirst-directives", runtime: "nodejs" });
      assert.match(cwd, /\/edgefirst-directives-[^/]+$/);
      assert.ok(!existsSync(cwd));
      assert.equal(env.PULUMI_BACKEND_URL, "file:///state");
      assert.equal(env.PULUMI_HOME, "");
      assert.equal(env.PULUMI_CONFIG_PASSPHRASE, "edgefirst-directives");
    }
  });

  it("are in the backend that the project names", async () => {
    cli.answer({ "stack ls": listed() });
    writeFileSync(
      join(cli.project, "Pulumi.yaml"),
      "name: home\nruntime: nodejs\nbackend:\n  url: s3://state\n",
    );
    assert.deepEqual((await readDirectives(cli.address())).entries, []);
    assert.deepEqual(parse(cli.calls[0]?.project ?? ""), {
      name: "home-directives",
      runtime: "nodejs",
      backend: { url: "s3://state" },
    });
    // A backend may be named without an address.
    writeFileSync(join(cli.project, "Pulumi.yaml"), "name: home\nruntime: nodejs\nbackend: {}\n");
    await readDirectives(cli.address());
    assert.deepEqual(parse(cli.calls[1]?.project ?? ""), { name: "home-directives", runtime: "nodejs" });
  });

  it("of several stacks are read with one list of stacks", async () => {
    cli.answer({ "stack ls": listed("edge", "main"), "stack output": output(DIRECTIVES) });
    const addresses = ["edge", "lab", "main"].map((name) => cli.address({ name }));
    assert.deepEqual([...(await readAllDirectives(addresses)).keys()], ["edge", "main"]);
    assert.equal(cli.commands.filter((line) => line.startsWith("stack ls")).length, 1);
    assert.doesNotMatch(cli.commands.join(), /lab/);
  });

  it("of no stack need no CLI", async () => {
    assert.equal((await readAllDirectives([])).size, 0);
    assert.deepEqual(cli.allCalls, []);
  });

  it("are empty if the stack has no such output", async () => {
    cli.answer({ "stack ls": listed("edge"), "stack output": { stdout: "{}" } });
    assert.deepEqual(await readDirectives(cli.address()), { version: 1, entries: [] });
  });

  it("are reported if their format is damaged", async () => {
    cli.answer({ "stack ls": listed("edge"), "stack output": output({ entries: 1 }) });
    const error: unknown = await readDirectives(cli.address()).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof EdgefirstError);
    assert.match(error.message, /^The directives of stack edge are invalid: /);
    assert.equal(error.hint, "Nothing was changed.");
    assert.ok(!existsSync(cli.calls[0]?.cwd ?? ""));
  });

  it("that cannot be reached are an error with the CLI's own output", async () => {
    cli.answer({ "stack ls": { code: 255, stderr: "error: dial tcp: no route to host\n" } });
    const error: unknown = await readDirectives(cli.address()).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof EdgefirstError);
    assert.match(
      error.message,
      /^Cannot reach the directives of stack edge: Command failed with exit code 255[^\n]*\nerror: dial tcp: no route to host\nCheck/,
    );
    assert.equal(error.hint, HINT);
    assert.ok(error.cause instanceof Error);
    assert.ok(!existsSync(cli.calls[0]?.cwd ?? ""));
  });

  it("that the CLI lists in an unknown format are an error", async () => {
    cli.answer({ "stack ls": { stdout: "[" } });
    await assert.rejects(
      readDirectives(cli.address()),
      /^EdgefirstError: Cannot reach the directives of stack edge: Unexpected end of JSON input\nCheck/,
    );
  });

  it("need the project", async () => {
    const project = join(cli.root, "bin");
    await assert.rejects(readDirectives(cli.address({ project })), { code: "ENOENT" });
    assert.deepEqual(cli.commands, []);
  });

  it("are written by an update without progress, which creates the stack if necessary", async () => {
    cli.answer({
      "stack select": { code: 255, stderr: "error: no stack named 'edge' found" },
      "stack init": {},
      up: {},
      "stack output": output(DIRECTIVES),
      "stack history": { stdout: "[]" },
    });
    assert.deepEqual(await addDirective(cli.address(), HOLD), DIRECTIVES);
    assert.deepEqual(cli.commands.slice(0, 3), [
      "stack select --stack edge",
      "stack init edge",
      "up --yes --skip-preview --color never --suppress-progress --exec-kind auto.inline --stack edge",
    ]);
    assert.equal(cli.calls[2]?.env.PULUMI_CONFIG_PASSPHRASE, "edgefirst-directives");
  });

  it("are not written while another command holds the lock", async () => {
    cli.answer({
      "stack select": {},
      up: { code: 255, stderr: "error: the stack is currently locked by 1 lock(s)." },
    });
    await assert.rejects(
      addDirective(cli.address(), HOLD),
      /^EdgefirstError: Cannot reach the directives of stack edge: [^]*currently locked[^]*\nCheck/,
    );
  });
});
