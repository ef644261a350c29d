import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { basename, relative } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { collectEarly } from "../../lib/collect-early.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { buildClusters } from "../migrate/build.ts";
import { readOptions } from "../migrate/options.ts";
import { STEPS } from "../migrate/registry.ts";
import { annotate } from "../migrate/steps/annotate/step.ts";
import { generateEndpoints } from "./generated-endpoints.ts";
import { DOCUMENTS_PER_APP, generateRepository } from "./generated-repository.ts";
import { keep, ratios, spread, table, write } from "./measure.ts";
import { formatMarkdown, reportOf, unifiedDiff, explainVerdict } from "../migrate/report.ts";
import { runStep } from "../migrate/run.ts";
import type { FileChange } from "../migrate/step.ts";
import { combined, writeChanges } from "../migrate/write.ts";

// npm run bench:migrate -- REPOSITORY [--diff | --report]: on a copy of the repository, proves and writes the changes of all steps in order, twice.
// Without REPOSITORY, uses generated repositories of increasing size, with one process per run.

const ROUNDS = 3;
const SIZES = [1000, 5000, 20_000];
const GENERATED = "--generated";
/** Apps with an HTTPRoute and a ConfigMap with its Gatus endpoint. */
const ENDPOINTS = "--endpoints";
const ENDPOINT_APPS = 1000;

const [root, show] = process.argv.slice(2);
collectEarly();
const skipped = new Set([".git", "node_modules"]);
if (root === undefined) keep("migrate", grown());
else if (root === GENERATED)
  inCopy((copy) => {
    generateRepository(copy, Number(show) / DOCUMENTS_PER_APP);
    const { seconds, proven } = sequence(copy);
    if (!proven) throw new Error("a step was not proven");
    write(`${seconds} ${process.resourceUsage().maxRSS / 1024}`);
  });
else if (root === ENDPOINTS)
  inCopy((copy) => {
    generateEndpoints(copy, Number(show));
    const { seconds, proven } = sequence(copy, [annotate]);
    if (!proven) throw new Error("the step annotate was not proven");
    write(`${seconds} ${process.resourceUsage().maxRSS / 1024}`);
  });
else
  inCopy((copy) => {
    cpSync(root, copy, {
      recursive: true,
      filter: (path) => relative(root, path) === "" || !skipped.has(basename(path)),
    });
    const first = sequence(copy);
    const again = sequence(copy);
    write(`all steps: ${first.seconds.toFixed(2)} s; second run: ${again.seconds.toFixed(2)} s`);
    if (again.files > 0) write(`NOT IDEMPOTENT: the second run changed ${again.files} files`);
    process.exitCode = first.proven && again.proven && again.files === 0 ? 0 : 1;
  });

/** A table of the time and memory that all steps take, by repository size. */
function grown(): string {
  const modes = [...SIZES.map((size) => [GENERATED, size] as const), [ENDPOINTS, ENDPOINT_APPS] as const];
  const runs = modes.map((): { seconds: number; memory: number }[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, [mode, size]] of modes.entries()) {
      const args = [import.meta.filename, mode, String(size)];
      const output = execFileSync(process.execPath, args, { encoding: "utf8" });
      const [seconds = NaN, memory = NaN] = (output.trimEnd().split("\n").at(-1) ?? "")
        .split(" ")
        .map(Number);
      runs[index]?.push({ seconds, memory });
    }
  const times = runs.map((own) => own.map(({ seconds }) => seconds));
  const rows = modes.map(([mode, size], index) => [
    mode === GENERATED ? `${size} documents` : `annotate alone, on ${size} ConfigMaps of endpoints`,
    spread(times[index] ?? [], " s"),
    index === 0 || mode === ENDPOINTS ? "" : spread(ratios(times[index] ?? [], times[index - 1] ?? [])),
    `${Math.round(Math.max(...(runs[index] ?? []).map(({ memory }) => memory)))} MiB`,
  ]);
  return table(["all steps on", `median of ${ROUNDS}`, "times the row above", "peak memory"], rows);
}

function inCopy(use: (directory: string) => void): void {
  const copy = temporaryFolder("bench-migrate");
  try {
    use(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Plans, proves and writes each step, on top of the result of the previous step. Skips steps that are not proven. */
function sequence(directory: string, steps = STEPS): { seconds: number; files: number; proven: boolean } {
  let [seconds, files, proven] = [0, 0, true];
  const start = performance.now();
  const original = new Repository(directory);
  let changes: readonly FileChange[] = [];
  let repository = original;
  let clusters = buildClusters(repository);
  write(`read and built once: ${((performance.now() - start) / 1000).toFixed(2)} s`);
  seconds += (performance.now() - start) / 1000;
  for (const step of steps) {
    const begin = performance.now();
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    const result = runStep(step, context);
    const report = reportOf(result, repository);
    const diff = show === "--diff" ? unifiedDiff(result, repository) : "";
    if (report.proof === "holds") {
      changes = combined(original, [...changes, ...result.plan.changes]);
      repository = result.after;
      ({ clusters } = result.proof);
    } else proven = false;
    const took = (performance.now() - begin) / 1000;
    seconds += took;
    files += report.files.length;
    write(
      `${step.id}: ${took.toFixed(2)} s, ${report.files.length} files, ${report.notes.length} notes. ${explainVerdict(report)}`,
    );
    for (const line of [...report.failures, ...report.gaps]) write(`  ${line}`);
    if (diff !== "") write(diff);
    if (show === "--report") write(formatMarkdown([report]));
  }
  const begin = performance.now();
  writeChanges(original, changes);
  const took = (performance.now() - begin) / 1000;
  write(`written: ${took.toFixed(2)} s`);
  return { seconds: seconds + took, files, proven };
}
