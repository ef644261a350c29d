import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { nodeProgram } from "../../../tools/sandbox/node-program.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const PROGRAM = `
const loaded: readonly string[] = (process as unknown as { moduleLoadList: string[] }).moduleLoadList;
console.log(JSON.stringify({ args: process.argv.slice(2), compiles: loaded.some((name) => name.includes("amaro/dist")) }));
`;

describe("sandbox: a module that runs as long as its cluster", () => {
  const folder = temporaryDirectory("edgefirst-node-program-");

  it("gets its arguments, and loads a TypeScript compiler only until it has been compiled once", async () => {
    const file = join(folder, "main.mts");
    writeFileSync(file, PROGRAM);
    const main = relative(join(import.meta.dirname, "../../../tools/sandbox"), file);
    const run = async (): Promise<unknown> => {
      const { stdout } = await promisify(execFile)(process.execPath, [...nodeProgram(main), "--pods=real"]);
      return JSON.parse(stdout);
    };
    assert.deepEqual(await run(), { args: ["--pods=real"], compiles: true });
    assert.deepEqual(await run(), { args: ["--pods=real"], compiles: false });
  });
});
