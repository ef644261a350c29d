import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileBackend, removeBrokenAttributes } from "../../../tools/rollout/file-backend.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("a file backend", () => {
  let dir: string;
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-backend-");
  });

  it("is found as the CLI finds it", () => {
    const define = (definition: string): void => {
      writeFileSync(join(dir, "Pulumi.yaml"), definition);
    };
    const of = (env: NodeJS.ProcessEnv) =>
      fileBackend({ project: dir, env: { PULUMI_BACKEND_URL: undefined, PULUMI_HOME: dir, ...env } });
    define("name: x\n");
    assert.equal(of({}), undefined);
    assert.equal(of({ PULUMI_BACKEND_URL: "s3://bucket" }), undefined);
    assert.equal(of({ PULUMI_BACKEND_URL: "file:///srv/state?no_tmp_dir=true" }), "/srv/state");
    assert.equal(of({ PULUMI_BACKEND_URL: "file://~/state" }), join(homedir(), "state"));
    writeFileSync(join(dir, "credentials.json"), JSON.stringify({ current: "file:///logged/in" }));
    assert.equal(of({}), "/logged/in");
    define("name: x\nbackend:\n  url: file://./state\n");
    assert.equal(of({}), join(dir, "state"));
    assert.equal(of({ PULUMI_BACKEND_URL: "https://api.pulumi.com" }), undefined);
  });

  it("loses the attribute files that a killed update left empty or incomplete, and nothing else", () => {
    const stacks = join(dir, ".pulumi/stacks/edgefirst");
    mkdirSync(stacks, { recursive: true });
    const files = {
      "edge.json": "",
      "edge.json.attrs": "",
      "edge.json.bak.attrs": '{"user.content_type":',
      "main.json.attrs": '{"md5":"x"}',
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(stacks, name), content);
    assert.deepEqual(removeBrokenAttributes(dir).sort(), [
      join(stacks, "edge.json.attrs"),
      join(stacks, "edge.json.bak.attrs"),
    ]);
    assert.deepEqual(
      Object.keys(files).map((name) => existsSync(join(stacks, name))),
      [true, false, false, true],
    );
    assert.deepEqual(removeBrokenAttributes(join(dir, "absent")), []);
  });
});
