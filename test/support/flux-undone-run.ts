import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNDONE_FIXES, type UndoneFix } from "./flux-undone.ts";

// node test/support/flux-undone-run.ts [NUMBER...]: undoes each fix, or those of these numbers, in a temporary copy, and shows which of 5,000 generated cases finds it.

const CASES = 5000;
const ROOT = join(import.meta.dirname, "../..");
const copy = mkdtempSync(join(tmpdir(), "flux-undone-"));
let missed = 0;
try {
  for (const directory of ["tools", "lib", "kube", "config", "policy", "test/support"])
    cpSync(join(ROOT, directory), join(copy, directory), { recursive: true });
  for (const file of readdirSync(ROOT).filter((name) => /\.(?:json|yaml)$/.test(name)))
    cpSync(join(ROOT, file), join(copy, file));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const wanted = process.argv.slice(2).map(Number);
  for (const [index, undone] of UNDONE_FIXES.entries()) {
    if (wanted.length > 0 && !wanted.includes(index + 1)) continue;
    const found = seedThatFinds(undone);
    if (found === undefined) missed++;
    process.stdout.write(
      `${found === undefined ? `not found in ${CASES} cases` : `found by ${found}`}: ${undone.fix}\n`,
    );
  }
} finally {
  rmSync(copy, { recursive: true });
}
process.exitCode = missed === 0 ? 0 : 1;

/** The first seed at which the two builds differ without the fix. */
function seedThatFinds({ file, text, undone }: UndoneFix): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, source.replace(text, undone));
  const run = ["test/support/flux-fuzz-run.ts", "0", String(CASES), "--first"];
  const { stdout, stderr } = spawnSync(process.execPath, run, { cwd: copy, encoding: "utf8" });
  writeFileSync(path, source);
  if (!/^\d+ cases, /m.test(stdout)) throw new Error(`the run ended early: ${stderr}`);
  return /^seed \d+/m.exec(stdout)?.[0];
}
