import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";

const PROJECT = join(import.meta.dirname, "../..");
const MODULE = "google-protobuf/google/protobuf/struct_pb.js";

/** What the SDK puts into a Struct: its marks for secrets and unknown values are objects and strings, too. */
const FIELDS = fc
  .dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ stringUnit: "grapheme" }))
  // google-protobuf loses such keys.
  .filter((fields) => !JSON.stringify(fields).includes("__proto__"));

interface Sample {
  readonly fields: Record<string, unknown>;
  /** What google-protobuf writes for the fields, in base64. */
  readonly bytes: string;
}

/** Runs a script in which google-protobuf is still as published until it calls `change`. @returns what it prints as JSON */
function run(script: string, input: unknown): unknown {
  const text = `
    import structs from "${MODULE}";
    import { useLinearStructs } from "./lib/linear-structs.ts";
    const input = JSON.parse(await new Response(process.stdin).text());
    const { Struct, Value, ListValue } = structs;
    const change = () => useLinearStructs();
    const written = (fields) => Buffer.from(Struct.fromJavaScript(fields).serializeBinary()).toString("base64");
    const read = (bytes) => Struct.deserializeBinary(Buffer.from(bytes, "base64"));
    const result = await (async () => { ${script} })();
    console.log(JSON.stringify(result));`;
  const args = ["--input-type=module", "--eval", text];
  return JSON.parse(
    execFileSync(process.execPath, args, {
      cwd: PROJECT,
      input: JSON.stringify(input),
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    }),
  );
}

describe("Structs in linear time", function () {
  this.timeout(60_000); // one of them loads the program
  // As JSON, because it compares equal to what the scripts print.
  const samples = JSON.parse(JSON.stringify(fc.sample(FIELDS, 500))) as Record<string, unknown>[];
  let published: readonly Sample[];
  before(() => {
    published = run(
      "return input.map((fields) => ({ fields, bytes: written(fields) }));",
      samples,
    ) as Sample[];
  });

  it("read what google-protobuf writes, and write what it reads", () => {
    const bytes = run("change(); return input.map(written);", samples) as string[];
    assert.deepEqual(run("return input.map((each) => read(each).toJavaScript());", bytes), samples);
    const read = run("change(); return input.map(({ bytes }) => read(bytes).toJavaScript());", published);
    assert.deepEqual(read, samples);
  });

  it("are passed on as they were received", () => {
    const passedOn = run(
      'change(); return input.map(({ bytes }) => Buffer.from(read(bytes).serializeBinary()).toString("base64"));',
      published,
    );
    assert.deepEqual(
      passedOn,
      published.map(({ bytes }) => bytes),
    );
  });

  it("within other messages, and with fields that are set one by one", () => {
    const result = run(
      `change();
      const value = Value.fromJavaScript([{ a: { b: 1 } }, null, true, "text", -0.5]);
      const struct = Struct.fromJavaScript({ first: { of: ["two"] } });
      struct.getFieldsMap().set("second", value);
      const copy = read(Buffer.from(struct.serializeBinary()).toString("base64"));
      return [struct.toJavaScript(), copy.toJavaScript(), copy.toObject().fieldsMap.length, copy.getFieldsMap().get("second").toJavaScript(), new Struct().toJavaScript()];`,
      {},
    );
    const second = [{ a: { b: 1 } }, null, true, "text", -0.5];
    const fields = { first: { of: ["two"] }, second };
    assert.deepEqual(result, [fields, fields, 2, second, {}]);
  });

  it("refuse what a Struct cannot hold", () => {
    const script = `change(); try { Struct.fromJavaScript({ a: [undefined] }); } catch (error) { return error.message; }`;
    assert.equal(run(script, {}), "A Struct cannot hold a value of type undefined.");
  });

  it("are short in the SDK's debug messages, which contain each response", () => {
    const script = `change(); return [String(Struct.fromJavaScript(input)), String(read(written(input)))];`;
    assert.deepEqual(run(script, { text: "long" }), ["", ""]);
  });

  it("are what the program uses", () => {
    // Without an engine, it ends at its configuration.
    const script = `await import("./program.ts").catch(() => undefined); return String(Struct.fromJavaScript(input));`;
    assert.equal(run(script, { text: "long" }), "");
  });

  it("are those of the SDKs", () => {
    const ours = createRequire(import.meta.url).resolve(MODULE);
    for (const name of ["@pulumi/pulumi", "@pulumi/policy"]) {
      const sdk = createRequire(import.meta.url).resolve(name);
      assert.equal(createRequire(sdk).resolve(MODULE), ours, name);
    }
  });
});
