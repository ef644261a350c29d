import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { temporaryDirectory } from "../../support/temporary.ts";
import { helmRelease } from "../migrate/planning.ts";

const ROOT = join(import.meta.dirname, "../../..");
const urlOf = (file: string): string => JSON.stringify(pathToFileURL(join(ROOT, file)).href);

/** Keeps the last step from running. */
const FAILING = `
  import { EdgefirstError } from ${urlOf("lib/errors.ts")};
  import { STEPS } from ${urlOf("tools/migrate/registry.ts")};
  STEPS.at(-1).plan = () => { throw new EdgefirstError("The last step cannot run.", "It is one of the test."); };
`;

const SOURCE = {
  apiVersion: "source.toolkit.fluxcd.io/v1",
  kind: "HelmRepository",
  metadata: { name: "a", namespace: "apps" },
  spec: { type: "oci", url: "oci://registry.example.com/charts" },
};

describe("edgefirst migrate all --write", function () {
  this.timeout(30_000);

  it("writes nothing if the last step cannot run, and what the others change if it can", () => {
    const root = temporaryDirectory("edgefirst-migrate-");
    const file = join(root, "web.yaml");
    const text = stringify(helmRelease("web", "apps", "web", {}));
    writeFileSync(file, text);
    writeFileSync(join(root, "source.yaml"), stringify(SOURCE));
    const [failed, written] = [FAILING, ""].map((code) => {
      const imported = ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
      const args = [...imported, join(ROOT, "tools/cli/main.ts"), "migrate", "all", root, "--write"];
      const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      return { stderr, text: readFileSync(file, "utf8") };
    });
    assert.match(failed?.stderr ?? "", /The last step cannot run/);
    assert.equal(failed?.text, text);
    assert.match(written?.text ?? "", /chartRef:/);
  });
});
