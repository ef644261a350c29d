import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { namesFrom, planWaves, readStacks, stacksUpTo, type StackNode } from "../../../tools/rollout/plan.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { acyclicStacks } from "../../support/stacks.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const stack = (name: string, ...after: string[]): StackNode => ({ name, after });

describe("the plan of a rollout", () => {
  it("puts edge before main", () => {
    assert.deepEqual(planWaves([stack("main", "edge"), stack("edge")]), [["edge"], ["main"]]);
  });

  it("puts independent stacks into one wave, and a stack with several upstream stacks after the last of them", () => {
    const stacks = [stack("edge"), stack("lab"), stack("west", "edge"), stack("main", "west", "lab")];
    assert.deepEqual(planWaves(stacks), [["edge", "lab"], ["west"], ["main"]]);
  });

  it("lists each stack of any graph once, exactly one wave after the last of its upstream stacks", () => {
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

  it("reports a cycle anywhere in the graph", () => {
    assert.throws(
      () => planWaves([stack("a", "c"), stack("b", "a"), stack("c", "b"), stack("d", "a"), stack("e")]),
      (error) => error instanceof EdgefirstError && error.message.includes("a -> c -> b -> a"),
    );
    assert.throws(() => planWaves([stack("a", "a")]), /a -> a\./);
  });

  it("reports a real cycle in any graph with one edge reversed", () => {
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
            const path = /cycle: (.*)\./.exec((error as Error).message)![1]!.split(" -> ");
            assert.equal(path[0], path.at(-1));
            for (const [index, name] of path.slice(0, -1).entries())
              assert.ok(turned.find((node) => node.name === name)!.after.includes(path[index + 1]!));
            return true;
          },
        );
      }),
    );
  });

  it("returns waves or a clear error for any graph, and never crashes", () => {
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
              assert.match(error.message, new RegExp(`${waiting} depends on ${before}|cycle`));
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("names every missing stack, and the stack that depends on it", () => {
    assert.throws(
      () => planWaves([stack("a", "x"), stack("b", "a", "y")]),
      /a depends on x.*Pulumi\.x\.yaml.*\nb depends on y/,
    );
  });

  it("limits itself to a stack and everything upstream of it", () => {
    const stacks = [stack("edge"), stack("west", "edge"), stack("main", "west"), stack("lab")];
    assert.deepEqual(
      stacksUpTo(stacks, "west").map(({ name }) => name),
      ["edge", "west"],
    );
    assert.throws(() => stacksUpTo(stacks, "nowhere"), /No stack nowhere[\s\S]*edge, west, main, lab/);
  });

  it("finds everything downstream of a stack, direct or not, also in a cycle", () => {
    const stacks = [
      stack("last", "main"),
      stack("main", "edge"),
      stack("edge"),
      stack("lab"),
      stack("west", "lab"),
    ];
    assert.deepEqual(namesFrom(stacks, "edge"), ["edge", "main", "last"]);
    assert.deepEqual(namesFrom(stacks, "last"), ["last"]);
    assert.deepEqual(namesFrom([stack("a", "b"), stack("b", "a")], "a"), ["a", "b"]);
  });

  it("says what to do about a missing stack, a cycle and an unknown name", () => {
    assert.throws(() => planWaves([stack("a", "x"), stack("b", "y")]), {
      message: [
        "a depends on x, but Pulumi.x.yaml is missing.",
        "b depends on y, but Pulumi.y.yaml is missing.",
        "Correct edgefirst:after, or add the stack. Nothing was changed.",
      ].join("\n"),
    });
    assert.throws(() => planWaves([stack("a", "b"), stack("b", "a")]), {
      message:
        "The stacks depend on each other in a cycle: a -> b -> a.\nRemove one of these dependencies from edgefirst:after. Nothing was changed.",
    });
    assert.throws(() => stacksUpTo([stack("a", "x")], "a"), /^EdgefirstError: a depends on x, but/);
  });

  describe("reads the stacks of a project", () => {
    let project: string;
    beforeEach(() => (project = temporaryDirectory("edgefirst-plan-")));
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

    it("says what to do if there is no project or no stack", async () => {
      await assert.rejects(readStacks(project), {
        message: `No Pulumi project in ${project}: Pulumi.yaml is missing.\nRun edgefirst in the project's directory, or name a sandbox with --dir.`,
      });
      write("Pulumi.yaml", "name: edgefirst");
      await assert.rejects(readStacks(project), {
        message: `The project in ${project} has no stack: no Pulumi.<stack>.yaml.\nWrite one per cluster; docs/reference/configuration.md lists every key.`,
      });
    });

    it("reports what is wrong with them", async () => {
      await assert.rejects(readStacks(join(project, "nowhere")), /No Pulumi project/);
      write("Pulumi.yaml", "name: edgefirst");
      await assert.rejects(readStacks(project), /has no stack/);
      write("Pulumi.main.yaml", "config:\n  edgefirst:after: edge\n");
      await assert.rejects(
        readStacks(project),
        /Pulumi\.main\.yaml has edgefirst:after: "edge"; expected a list/,
      );
      write("Pulumi.main.yaml", "config: [");
      await assert.rejects(readStacks(project), /Pulumi\.main\.yaml is not valid YAML/);
    });
  });
});
