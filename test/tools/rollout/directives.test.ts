import assert from "node:assert/strict";
import { holdOf, revocationOf, type Directive } from "../../../staging/directives.ts";
import { addDirective, readDirectives } from "../../../tools/rollout/directives.ts";
import type { StackAddress } from "../../../tools/rollout/stack.ts";
import { Engine } from "../../support/engine.ts";

const GIVEN = { time: "2026-01-31T11:00:00.000Z", by: "alice@desk", reason: "the disk is replaced" };
const HOLD: Directive = { ...GIVEN, kind: "hold", until: "2026-01-31T18:00:00.000Z" };

describe("directives in a real backend", function () {
  this.timeout(120_000);
  let engine: Engine;
  let edge: StackAddress;
  before(async () => {
    engine = await Engine.create();
    edge = {
      name: "edge",
      project: `${engine.dir}/project`,
      env: engine.env,
      cliRoot: `${engine.dir}/pulumi`,
    };
    await engine.stack("edge", { cluster: { context: "edge" } });
  });

  it("are empty before the first one", async () => {
    assert.deepEqual((await readDirectives(edge)).entries, []);
  });

  it("are added one after another, by people with different passphrases", async () => {
    await addDirective(edge, HOLD);
    const other = { ...edge, env: { ...engine.env, PULUMI_CONFIG_PASSPHRASE: "another" } };
    const returned = await addDirective(other, { ...GIVEN, kind: "revoke", release: "r2" });
    const read = await readDirectives(edge);
    assert.deepEqual(read, returned);
    assert.deepEqual(holdOf(read, Date.parse(GIVEN.time)), HOLD);
    assert.equal(revocationOf(read, "r2")?.by, "alice@desk");
    assert.deepEqual((await readDirectives({ ...edge, name: "main" })).entries, []);
  });

  it("are stored in a stack without resources, in a project next to the stack's own", async () => {
    const run = await engine.run(["stack", "export", "--stack", "organization/edgefirst-directives/edge"]);
    const { deployment } = JSON.parse(run.stdout) as { deployment: { resources: { type: string }[] } };
    assert.deepEqual(
      deployment.resources.map(({ type }) => type),
      ["pulumi:pulumi:Stack", "pulumi:providers:pulumi"],
    );
    const own = await engine.run(["stack", "export", "--stack", "edge"]);
    assert.doesNotMatch(own.stdout, /directives|alice/);
  });

  it("are reported, and not overwritten, if their format is damaged", async () => {
    await assert.rejects(
      addDirective(edge, { kind: "hold" } as unknown as Directive).then(() => readDirectives(edge)),
      /The directives of stack edge are invalid: .*\n[^]*Nothing was changed/,
    );
    await assert.rejects(addDirective(edge, HOLD), /The directives of stack edge are invalid/);
  });
});
