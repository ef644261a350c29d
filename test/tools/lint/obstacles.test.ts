import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EdgefirstError } from "../../../lib/errors.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { formatText } from "../../../tools/lint/formats/text.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MAIN = join(import.meta.dirname, "../../../tools/cli/main.ts");
const OWNER = (process.geteuid?.() ?? 0) === 0 ? 65534 : undefined;

/** Runs without root's right to read everything. */
function asUser<T>(action: () => T): T {
  if (OWNER === undefined) return action();
  process.seteuid?.(OWNER);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
  }
}

describe("lint of a repository that cannot be checked completely", () => {
  let root: string;
  beforeEach(() => {
    root = asUser(() => temporaryDirectory("obstacles-"));
    asUser(() => {
      writeFileSync(join(root, "map.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n");
    });
  });

  const run = (...flags: string[]): { readonly status: number | null; readonly stdout: string } =>
    spawnSync(process.execPath, [MAIN, "lint", root, ...flags], { encoding: "utf8" });

  it("lists an unreadable directory and an unreadable file, and checks the rest", () => {
    const report = asUser(() => {
      mkdirSync(join(root, "closed"));
      chmodSync(join(root, "closed"), 0);
      writeFileSync(join(root, "secret.yaml"), "a: b\n", { mode: 0o000 });
      return lintRepository(new Repository(root, { collectUnreadable: true }));
    });
    assert.deepEqual(
      report.findings.map(({ rule, position, message }) => [rule, position.file, message]),
      [
        ["unreadable", "closed", "cannot be read: permission denied"],
        ["unreadable", "secret.yaml", "cannot be read: permission denied"],
      ],
    );
    assert.equal(report.objects, 1);
    const text = formatText(report, false);
    assert.match(
      text,
      /^Could not be checked\n {2}closed:1:1 {2}cannot be read: permission denied {2}unreadable$/m,
    );
    assert.match(
      text,
      /0 errors and 0 warnings in 1 object in the repository; 2 locations could not be checked\./,
    );
  });

  it("refuses an unreadable directory if a partial result is not enough", () => {
    assert.throws(
      () =>
        asUser(() => {
          mkdirSync(join(root, "closed"), { mode: 0o000 });
          return new Repository(root).yamlFiles(".");
        }),
      (error) => error instanceof EdgefirstError && error.message.includes("closed cannot be read"),
    );
  });

  it("exits with 3 if a root cannot be built, with 0 if there is nothing to report, and with 1 for findings", () => {
    assert.equal(run().status, 0);
    asUser(() => {
      writeFileSync(
        join(root, "pod.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: a, image: a }] }\n",
      );
    });
    assert.equal(run().status, 1);
    rmSync(join(root, "pod.yaml"));
    asUser(() => {
      mkdirSync(join(root, "app"));
      writeFileSync(join(root, "app/kustomization.yaml"), "resources: [missing.yaml]\n");
    });
    const { status, stdout } = run();
    assert.equal(status, 3);
    assert.match(
      stdout,
      /^Could not be checked\n {2}app\/kustomization\.yaml:1:13 .*missing\.yaml.* {2}build$/m,
    );
    assert.equal(run("--fail-on", "none").status, 0);
    assert.equal((JSON.parse(run("--format", "json").stdout) as { complete: boolean }).complete, false);
  });
});
