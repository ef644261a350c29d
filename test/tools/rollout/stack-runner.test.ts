import assert from "node:assert/strict";
import type { CheckRecord } from "../../../staging/evidence.ts";
import { stackRunner } from "../../../tools/rollout/stack-runner.ts";
import { outputsOf, revocation, verification } from "../../support/evidence.ts";
import { created, eachWithFakeCli, type FakeCli, outputEvent, running } from "./fake-cli.ts";

const SUMMARY = { changes: [], unchanged: 1, warnings: [], violations: [], outputs: { release: "r2" } };
const check = (id: string, outcome: "held" | "notChecked"): CheckRecord => ({
  id,
  outcome,
  objects: 1,
  notes: [],
  unhealthyBefore: [],
});

describe("a runner for real stacks", function () {
  this.timeout(60_000);
  let cli: FakeCli;
  eachWithFakeCli((fresh) => {
    cli = fresh;
  });

  const runner = () =>
    stackRunner({
      address: (name) => cli.address({ name }),
      policyPack: "/packs/edge",
      takeOver: false,
      approve: (stack) => Promise.resolve(stack === "edge"),
    });
  const signal = new AbortController().signal;

  describe("considers a stack done", () => {
    const isDone = (outputs: object, result: string) => {
      const history = [
        { kind: "update", result, startTime: "2026-01-31T12:00:00Z", endTime: "2026-01-31T12:00:00Z" },
      ];
      cli.answer({
        "stack output": { stdout: JSON.stringify(outputs) },
        "stack history": { stdout: result === "" ? "[]" : JSON.stringify(history) },
      });
      return runner().isDone("edge", SUMMARY, signal);
    };

    it("if it has verified this release, and its last update succeeded", async () => {
      assert.equal(await isDone(outputsOf("r2", [verification("r2")]), "succeeded"), true);
      assert.match(cli.commands[0] ?? "", /^stack output --json --stack edge$/);
    });

    it("not if an update has failed since, or none is recorded", async () => {
      assert.equal(await isDone(outputsOf("r2", [verification("r2")]), "failed"), false);
      assert.equal(await isDone(outputsOf("r2", [verification("r2")]), ""), false);
    });

    it("not if it has verified another release, or has revoked this one", async () => {
      assert.equal(await isDone(outputsOf("r1", [verification("r1")]), "succeeded"), false);
      assert.equal(await isDone(outputsOf("r2", [], [revocation("r2")]), "succeeded"), false);
    });

    it("not without evidence", async () => {
      assert.equal(await isDone({}, "succeeded"), false);
      assert.equal(await isDone({ release: "r2" }, "succeeded"), false);
    });
  });

  it("previews with the policy pack", async () => {
    cli.answer({ preview: { events: created("a") } });
    const { lines, options } = running();
    const summary = await runner().preview("main", options.report, options.signal);
    assert.equal(summary.changes.length, 1);
    assert.deepEqual(lines, ["1 planned: create Service a"]);
    assert.match(cli.commands[0] ?? "", /^preview --policy-pack \/packs\/edge .* --stack main$/);
    await assert.rejects(runner().preview("main", options.report, AbortSignal.abort()), /aborted/);
  });

  it("asks for approval", async () => {
    assert.equal(await runner().approve("edge", SUMMARY, signal), true);
    assert.equal(await runner().approve("main", SUMMARY, signal), false);
  });

  describe("updates with the policy pack, and says", () => {
    const up = async (outputs: Readonly<Record<string, unknown>>) => {
      cli.answer({ up: { events: [...created("a"), ...created("b"), outputEvent(outputs)] } });
      const { lines, options } = running();
      const text = await runner().up("edge", options.report, options.signal);
      assert.deepEqual(lines, ["1 done: create Service a", "2 done: create Service b"]);
      assert.match(
        cli.commands[0] ?? "",
        /^up --yes --skip-preview --policy-pack \/packs\/edge .* --stack edge$/,
      );
      return text;
    };

    it("what it changed, and how long the release was observed", async () => {
      const checks = [check("rollouts", "held")];
      assert.equal(
        await up(outputsOf("r2", [verification("r2", { checks })])),
        "2 created, 0 unchanged; release r2 verified after 300 s of soak",
      );
    });

    it("what it did not check", async () => {
      const checks = [check("flux", "notChecked"), check("rollouts", "held"), check("gatus", "notChecked")];
      assert.equal(
        await up(outputsOf("r2", [verification("r2", { checks })])),
        "2 created, 0 unchanged; release r2 verified after 300 s of soak, not checked: flux, gatus",
      );
    });

    it("only what it changed if the release is not verified", async () => {
      assert.equal(await up(outputsOf("r2", [verification("r1")])), "2 created, 0 unchanged");
      assert.equal(await up({ release: "r2" }), "2 created, 0 unchanged");
    });
  });

  it("refuses to run on a signal that has been aborted", async () => {
    const { options } = running();
    await assert.rejects(runner().up("edge", options.report, AbortSignal.abort()), /aborted/);
    assert.deepEqual(cli.commands, []);
  });
});
