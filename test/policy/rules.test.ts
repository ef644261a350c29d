import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../policy/engine/registry.ts";
import { fixes, objectsOf, outcomes, type Fixture } from "./fixture.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const fixtures = new Map<string, Fixture>();
for (const file of readdirSync(FIXTURES)) {
  const { fixture } = (await import(join(FIXTURES, file))) as { fixture: Fixture };
  fixtures.set(file.replace(/\.ts$/, ""), fixture);
}

for (const [id, { valid, invalid }] of fixtures)
  describe(`rule ${id}`, () => {
    for (const one of valid)
      it(`passes ${one.name}`, () => {
        assert.deepEqual(outcomes(id, one), [...(one.finds ?? [])].sort());
        assert.ok(!(one.finds ?? []).some((found) => !/^(warning|not evaluated) /.test(found)));
      });
    for (const one of invalid)
      it(`finds ${one.name}`, () => {
        assert.ok(one.finds?.some((found) => !/^(warning|not evaluated) /.test(found)));
        assert.deepEqual(outcomes(id, one), [...(one.finds ?? [])].sort());
      });
    for (const one of [...valid, ...invalid])
      if (one.fixed !== undefined)
        it(`fixes ${one.name}`, () => {
          assert.deepEqual(fixes(id, one), objectsOf(one.fixed ?? ""));
        });
  });

describe("rules, by name", () => {
  const ids = RULES.map(({ id }) => id).sort();

  it("have one file each", () => {
    const files = readdirSync(join(import.meta.dirname, "../../policy/rules"));
    assert.deepEqual(files.map((file) => file.replace(/\.ts$/, "")).sort(), ids);
  });

  it("have valid and invalid fixtures", () => {
    assert.deepEqual([...fixtures.keys()].sort(), ids);
    for (const [id, { valid, invalid }] of fixtures)
      assert.ok(valid.length > 0 && invalid.length > 0, `${id} needs a valid and an invalid case`);
    for (const { id } of RULES.filter((rule) => rule.fix !== undefined)) {
      const { valid = [], invalid = [] } = fixtures.get(id) ?? {};
      assert.ok(
        [...valid, ...invalid].some(({ fixed }) => fixed !== undefined),
        `${id} has no case with a fix`,
      );
    }
  });
});
