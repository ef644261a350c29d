import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { planWaves, readStacks, stacksUpTo, type StackNode } from "../../../tools/rollout/plan.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { acyclicStacks } from "../../support/stacks.ts";

const stack = (name: string, ...after: string[]): StackNode => ({ name, after });

describe("plan of a rollout", () => {
  it("puts edge before main", () => {
    assert.deepEqual(planWaves([stack("main", "edge"), stack("edge")]), [["edge"], ["main"]]);
  });

  it("puts what waits for nobody side by side, and a join after the last of what it waits for", () => {
    const stacks = [stack("edge"), stack("lab"), stack("west", "edge"), stack("main", "west", "lab")];
    assert.deepEqual(planWaves(stacks), [["edge", "lab"], ["west"], ["main"]]);
  });

  it("of any graph: each stack once, and exactly one wave after the last of those before it", () => {
    fc.assert(
      fc.property(acyclicStacks(30), (stacks) => {
        const waves = planWaves(stacks);
        const waveOf = new Map(waves.flatMap((wave, index) => wave.map((name) => [name, index] as const)));
        assert.equal(waves.flat().length, stacks.length);
        for (const { name, after } of stacks)
          assert.equal(waveOf.get(name), Math.max(-1, ...after.map((before) => waveOf.get(before)!)) + 1);
      }),
    );
  });

  it("shows a cycle, wherever it hides", () => {
    assert.throws(
      () => planWaves([stack("a", "c"), stack("b", "a"), stack("c", "b"), stack("d", "a"), stack("e")]),
      (error) => error instanceof EdgefirstError && error.message.includes("a after c after b after a"),
    );
    assert.throws(() => planWaves([stack("a", "a")]), /a after a\./);
  });

  it("of any graph with one edge turned back: reports a cycle that is one", () => {
    fc.assert(
      fc.property(acyclicStacks(30), (stacks) => {
        const child = stacks.find(({ after }) => after.length > 0);
        fc.pre(child !== undefined);
        const [parent] = child.after;
        const turned = stacks.map((node) =>
          node.name === parent ? { ...node, after: [...node.after, child.name] } : node,
        );
        assert.throws(
          () => planWaves(turned),
          (error) => {
            const path = /circle: (.*)\./.exec((error as Error).message)![1]!.split(" after ");
            assert.equal(path[0], path.at(-1));
            for (const [index, name] of path.slice(0, -1).entries())
              assert.ok(turned.find((node) => node.name === name)!.after.includes(path[index + 1]!));
            return true;
          },
        );
      }),
    );
  });

  it("answers any graph with waves or with what is wrong with it, never with a crash", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const graph = fc.uniqueArray(fc.record({ name, after: fc.array(name, { maxLength: 3 }) }), {
      selector: (node) => node.name,
    });
    fc.assert(
      fc.property(graph, (stacks) => {
        const known = new Set(stacks.map((node) => node.name));
        try {
          assert.deepEqual(planWaves(stacks).flat().sort(), [...known].sort());
        } catch (error) {
          assert(error instanceof EdgefirstError, String(error));
          for (const { name: waiting, after } of stacks)
            for (const before of after.filter((each) => !known.has(each)))
              assert.match(error.message, new RegExp(`${waiting} comes after ${before}|circle`));
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("names every missing stack, and who waits for it", () => {
    assert.throws(
      () => planWaves([stack("a", "x"), stack("b", "a", "y")]),
      /a comes after x.*Pulumi\.x\.yaml.*\nb comes after y/,
    );
  });

  it("limits itself to a stack and everything before it", () => {
    const stacks = [stack("edge"), stack("west", "edge"), stack("main", "west"), stack("lab")];
    assert.deepEqual(
      stacksUpTo(stacks, "west").map(({ name }) => name),
      ["edge", "west"],
    );
    assert.throws(() => stacksUpTo(stacks, "nowhere"), /no stack nowhere[\s\S]*edge, west, main, lab/);
  });

  describe("reads the stacks of a project", () => {
    let project: string;
    beforeEach(() => (project = mkdtempSync(join(tmpdir(), "edgefirst-plan-"))));
    afterEach(() => {
      rmSync(project, { recursive: true });
    });
    const write = (name: string, text: string): void => {
      writeFileSync(join(project, name), text);
    };

    it("from its stack files", async () => {
      write("Pulumi.yaml", "name: edgefirst");
      write("Pulumi.main.yaml", "config:\n  edgefirst:after: [edge]\n");
      write("Pulumi.edge.yaml", "config: {}\n");
      write("Pulumi.empty.yaml", "");
      assert.deepEqual(await readStacks(project), [stack("edge"), stack("empty"), stack("main", "edge")]);
    });

    it("says what is wrong with them", async () => {
      await assert.rejects(readStacks(join(project, "nowhere")), /no Pulumi project/);
      write("Pulumi.yaml", "name: edgefirst");
      await assert.rejects(readStacks(project), /has no stack/);
      write("Pulumi.main.yaml", "config:\n  edgefirst:after: edge\n");
      await assert.rejects(
        readStacks(project),
        /Pulumi\.main\.yaml says edgefirst:after: "edge"; expected a list/,
      );
      write("Pulumi.main.yaml", "config: [");
      await assert.rejects(readStacks(project), /Pulumi\.main\.yaml is no valid YAML/);
    });
  });
});
