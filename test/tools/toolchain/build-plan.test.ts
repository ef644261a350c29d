import assert from "node:assert/strict";
import { BuildPlan } from "../../../tools/toolchain/build-plan.ts";
import { progressTo } from "../../../tools/toolchain/progress.ts";
import { programsOf } from "../../../tools/toolchain/programs.ts";
import { greeterIn } from "./greeter.ts";

describe("toolchain: the announcement of builds", () => {
  const programs = [600, 300, 300].map((buildSeconds, index) => ({
    ...greeterIn("/nowhere"),
    name: `greeter-${index}`,
    buildSeconds,
  }));

  it("names all programs first, then the position and the time left, based on the machine's pace", () => {
    const plan = new BuildPlan(programs);
    assert.match(
      plan.summary,
      /^building 3 programs from source, which is needed only once and takes about \d+ min: greeter-0, greeter-1, greeter-2$/,
    );
    assert.match(plan.position(0), /^program 1 of 3, about \d+ min left$/);
    plan.finished(6000);
    assert.equal(minutesLeft(plan.position(0)), minutesLeft(plan.position(300)) + 5);
    const [others, last] = [minutesLeft(plan.position(0)), minutesLeft(plan.position(36_000))];
    assert.ok(
      others > 35 && others < 100,
      `${others} of 100 min at a tenth of the speed, if it stays so slow`,
    );
    assert.ok(Math.abs(last - others / 2) <= 1);
    plan.finished(undefined);
    assert.match(plan.position(0), new RegExp(`^program 3 of 3, about ${last} min left$`));
  });

  it("barely changes its estimate after one short build that waited for a download", () => {
    const plan = new BuildPlan(
      [25, 220, 600, 600].map((buildSeconds) => ({ ...greeterIn("/nowhere"), buildSeconds })),
    );
    const before = minutesLeft(plan.position(0));
    plan.finished(75);
    assert.ok(minutesLeft(plan.position(0)) <= before * 1.2);
  });

  it("is one line on a terminal, replaced by each step", () => {
    const written: string[] = [];
    const write = (text: string): boolean => written.push(text) > 0;
    const progress = progressTo({ write, isTTY: true, columns: 10 });
    progress("start");
    progress("a long step", "step");
    progress("tick", "tick");
    progress("end");
    assert.deepEqual(written, ["start\n", "a long st", "\r\u001B[2Ktick", "\r\u001B[2Kend\n"]);
  });

  it("is a line per step in a log, with a tick per minute", () => {
    let now = 1_000_000;
    const written: string[] = [];
    const progress = progressTo({ write: (text: string) => written.push(text) > 0 }, () => now);
    progress("step", "step");
    now += 30_000;
    progress("early", "tick");
    now += 30_000;
    progress("due", "tick");
    progress("next step", "step");
    assert.deepEqual(written, ["step\n", "due\n", "next step\n"]);
  });

  it("leaves programs of the other tier to npm run test:real", () => {
    const real = programsOf("test:real");
    assert.ok(real.includes("gateway-api-conformance"));
    assert.deepEqual(
      programsOf("start", "test").filter((name) => real.includes(name)),
      [],
    );
  });
});

function minutesLeft(position: string): number {
  return Number(/about (\d+) min/.exec(position)?.[1]);
}
