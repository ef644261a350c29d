import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const PROJECT = join(import.meta.dirname, "../..");
/** Postpones what the program postpones, and loads its SDKs. */
const START = `
  require("./lib/preload.cjs");
  const pulumi = require("@pulumi/pulumi");
  const kubernetes = require("@pulumi/kubernetes");
  const hasCompiler = () =>
    Object.values(require.cache).some(
      ({ filename, exports }) => filename.includes("/typescript") && Object.keys(exports).length > 100,
    );`;

/** What a script in the project returns, even if it has started a server. */
function run(script: string): unknown {
  const text = `${START} (async () => { ${script} })().then((result) => {
    console.log(JSON.stringify(result));
    process.exit();
  });`;
  const args = ["--input-type=commonjs", "--eval", text];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" }));
}

describe("the TypeScript compiler, which the Pulumi SDK needs for serializing functions", () => {
  it("is not loaded by the program's SDKs", () => {
    assert.equal(run("return hasCompiler();"), false);
  });

  it("may be missing", () => {
    const script = `require("./lib/lazy-packages.cjs").postpone("@pulumi/pulumi", ["not-installed"]); return 1;`;
    assert.equal(run(script), 1);
  });

  it("is loaded once the SDK uses it", () => {
    const result = run(`
      const { text } = await pulumi.runtime.serializeFunction((a) => a + 1);
      return { text, hasCompiler: hasCompiler() };
    `) as { text: string; hasCompiler: boolean };
    assert.match(result.text, /a \+ 1/);
    assert.equal(result.hasCompiler, true);
  });
});

describe("parts of the SDKs that the program does without", () => {
  const LOADED = `Object.values(require.cache).map(({ children, filename }) => children.length > 0 && filename)`;

  it("are not loaded by the program's SDKs", () => {
    const parts = /automation|kubernetes.(helm|kustomize|yaml)/;
    const loaded = run(`return ${LOADED};`) as readonly (string | false)[];
    assert.deepEqual(
      loaded.filter((file) => file !== false && parts.test(file)),
      [],
    );
  });

  it("are loaded once they are used", () => {
    const result = run(
      "return [typeof pulumi.automation.LocalWorkspace, typeof kubernetes.helm.v3.Chart, typeof kubernetes.yaml.ConfigGroup];",
    );
    assert.deepEqual(result, ["function", "function", "function"]);
  });
});

describe("the packages with which the SDK sends traces", () => {
  const TRACING = `const tracing = require("@pulumi/pulumi/cmd/run/tracing");
    const isLoaded = () => Object.keys(require.cache).some((file) => file.includes("sdk-trace-node/build/src/NodeTracerProvider"));`;

  it("are not loaded by its entry point", () => {
    assert.equal(run(`${TRACING} return isLoaded();`), false);
  });

  it("are loaded once it sends some", () => {
    assert.deepEqual(
      run(`${TRACING}
        tracing.start("http://127.0.0.1:9/api/v2/spans");
        const span = tracing.newSpan("test");
        return [isLoaded(), span.isRecording(), require("@opentelemetry/sdk-trace-node").NodeTracerProvider.name];`),
      [true, true, "NodeTracerProvider"],
    );
  });
});

describe("Node's implementation of fetch", () => {
  for (const [what, module] of [
    ["the client of the API server", "kube/api-server.ts"],
    ["what runs a sandbox's pods", "tools/sandbox/agent/real-pods.ts"],
    ["a sandbox's network, inside", "tools/sandbox/network/inside.ts"],
    ["a sandbox's network, outside", "tools/sandbox/network/programs-server.ts"],
    ["a sandbox's sample app", "tools/sandbox/runtime/whoami.mjs"],
  ])
    it(`is not loaded by ${what}`, () => {
      const script = `
        process.env.WHOAMI_PORT_NUMBER = "0";
        await import("./${module}");
        return process.moduleLoadList.filter((name) => name.includes("undici"));
      `;
      assert.deepEqual(run(script), []);
    });
});
