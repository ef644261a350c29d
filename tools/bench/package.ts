import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { buildPackage } from "../scripts/package/build.ts";
import { generateRepository } from "./generated-repository.ts";
import { keep, median, ratios, spread, table, timeInRounds, type CommandLine } from "./measure.ts";

// npm run bench:package: measures the size of the packed command, and compares its run times with those of the source tree, in rounds.

const ROUNDS = 15;
/** About 270 files. */
const APPS = 67;
const MAIN = join(import.meta.dirname, "../cli/main.js");

const folder = temporaryFolder("bench-package");
try {
  const tarball = await buildPackage(folder);
  execFileSync("tar", ["xzf", tarball, "-C", folder]);
  const packed = join(folder, "package/edgefirst.js");
  const repository = join(folder, "repository");
  generateRepository(repository, APPS);
  const node = (...args: readonly string[]): CommandLine => [process.execPath, ...args];
  const times = timeInRounds(
    {
      node: node("--eval", "0"),
      version: node(packed, "--version"),
      help: node(packed, "--help"),
      treeHelp: node(MAIN, "--help"),
      treeVerbHelp: node(MAIN, "rollout", "--help"),
      lint: node(packed, "lint", repository, "--no-cache"),
      treeLint: node(MAIN, "lint", repository, "--no-cache"),
      again: node(packed, "lint", repository),
    },
    ROUNDS,
  );
  const floor = times.node;
  const over = (name: keyof typeof times): string =>
    `${spread(times[name])} | ${Math.round(1_000 * median(times[name].map((value, round) => value - (floor[round] ?? 0))))} ms`;
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
          spread(ratios(times.lint, times.treeLint)),
          "",
        ],
      ],
    ),
  );
} finally {
  rmSync(folder, { recursive: true });
}
