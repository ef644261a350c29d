import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expand } from "../../tools/sandbox/runtime/environment.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Runs the command of an init container that writes a file of Gatus's configuration, as the kubelet reads it. @param values the Secret, by key */
export function writeSecretFile(
  { command }: { readonly command: readonly string[] },
  values: Readonly<Record<string, string>>,
  output: string,
): void {
  const secret = temporaryDirectory("edgefirst-secret-");
  for (const [key, value] of Object.entries(values)) writeFileSync(join(secret, key), value);
  const [, flag = "", script = "", content = ""] = command.map((text) => expand(text, {}));
  const run = spawnSync("python3", [flag, script, content, secret, output], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
}
