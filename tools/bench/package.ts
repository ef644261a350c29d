import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPackage } from "../scripts/package/build.ts";
import { generateRepository } from "./generated-repository.ts";
import { keep, median, ratios, spread, table } from "./measure.ts";

// npm run bench:package: measures the size of the packed command, and compares its run times with those of the source tree, in rounds.

const ROUNDS = 15;
/** About 270 files. */
const APPS = 67;
const MAIN = join(import.meta.dirname, "../cli/main.js");

const folder = mkdtempSync(join(tmpdir(), "bench-package-"));
try {
  const tarball = await buildPackage(folder);
  execFileSync("tar", ["xzf", tarball, "-C", folder]);
  const packed = join(folder, "package/edgefirst.js");
  const repository = join(folder, "repository");
  generateRepository(repository, APPS);
  const commands = {
    node: ["--eval", "0"],
    version: [packed, "--version"],
    help: [packed, "--help"],
    treeHelp: [MAIN, "--help"],
    treeVerbHelp: [MAIN, "rollout", "--help"],
    lint: [packed, "lint", repository, "--no-cache"],
    treeLint: [MAIN, "lint", repository, "--no-cache"],
    again: [packed, "lint", repository],
  };
  const times = measure(commands);
  const [floor, lint] = [times.node ?? [], times.treeLint ?? []];
  const over = (name: keyof typeof commands): string =>
    `${spread(times[name] ?? [])} | ${Math.round(1_000 * median((times[name] ?? []).map((value, round) => value - (floor[round] ?? 0))))} ms`;
  keep(
    "package",
    table(
      ["", "seconds", "on top of Node's startup"],
      [
        [`the tarball: ${(statSync(tarball).size / 1e6).toFixed(2)} MB`, "", ""],
        ["`node --eval 0`", spread(floor), ""],
        ["packed `edgefirst --version`", over("version")],
        ["packed `edgefirst --help`", over("help")],
        ["`node tools/cli/main.js --help`", over("treeHelp")],
        ["`node tools/cli/main.js rollout --help`", over("treeVerbHelp")],
        ["`node tools/cli/main.js lint`, 270 files", over("treeLint")],
        ["packed `edgefirst lint`, 270 files", over("lint")],
        ["the same again, unchanged", over("again")],
        [
          "time of the packed lint as a multiple of the source tree's",
          spread(ratios(times.lint ?? [], lint)),
          "",
        ],
      ],
    ),
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** Times each command, in seconds, round by round, after a run that fills Node's compile cache. */
function measure(commands: Readonly<Record<string, readonly string[]>>): Record<string, number[]> {
  const times: Record<string, number[]> = {};
  for (let round = -1; round < ROUNDS; round++)
    for (const [name, args] of Object.entries(commands)) {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0 && status !== 1) throw new Error(`${args.join(" ")} failed: ${stderr}`);
      if (round >= 0) (times[name] ??= []).push((performance.now() - start) / 1_000);
    }
  return times;
}
