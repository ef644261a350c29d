import { createHash } from "node:crypto";
import { readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { readChecked, writeChecked } from "../../../lib/checked-file.ts";
import { userCache } from "../../../lib/user-cache.ts";
import { isUnchanged, type Answers } from "../../gitops/yaml/disk.ts";
import type { LintReport } from "../finding.ts";
import { restored, stored, type StoredReport } from "./stored-report.ts";
import { toolIdentity } from "./tool-identity.ts";
import { watchedClock } from "./watched-clock.ts";

/** How many reports are kept, one for each repository and selection of paths in it. */
const KEPT = 40;

interface Entry {
  readonly tool: string;
  readonly answers: readonly (readonly [string, string])[];
  readonly report: StoredReport;
}

/** What a run that is to be kept must use, so that everything that its report depends on is known. */
export interface Watched {
  /** Receives everything that is read from disk. */
  readonly answers: Answers;
  readonly now: Date;
}

/**
 * The report of the last run over a repository, and everything that this run read from it. The report is used again as long as all of it is unchanged, and
 * so is this program. An entry that is damaged or from another version is ignored. See docs/decisions/lint-repeats-its-report.md.
 */
export class ReportCache {
  readonly #root: string;
  readonly #folder: string;
  readonly #file: string;
  readonly #tool: string | undefined;

  constructor(root: string, within: readonly string[], folder = join(userCache(), "lint")) {
    this.#root = realpathSync(root);
    this.#folder = folder;
    const name = createHash("sha256")
      .update(JSON.stringify([this.#root, within]))
      .digest("hex");
    this.#file = join(folder, `${name}.json`);
    this.#tool = toolIdentity();
  }

  /** The report of the last run; undefined if anything that it depends on has changed. */
  read(): LintReport | undefined {
    const entry = this.#entry();
    if (entry === undefined || entry.tool !== this.#tool) return undefined;
    return isUnchanged(this.#root, entry.answers) ? restored(entry.report) : undefined;
  }

  /** Runs lint, and keeps its report unless it depends on the time or on charts. */
  async keep<Report extends LintReport>(run: (watched: Watched) => Promise<Report>): Promise<Report> {
    const answers: Answers = new Map();
    const { now, wasRead } = watchedClock(new Date());
    const report = await run({ answers, now });
    if (!wasRead() && report.rendering === undefined) this.#write(report, answers);
    return report;
  }

  #entry(): Entry | undefined {
    try {
      const content = readChecked(this.#file);
      return content === undefined ? undefined : (JSON.parse(content) as Entry);
    } catch {
      return undefined;
    }
  }

  #write(report: LintReport, answers: Answers): void {
    if (this.#tool === undefined) return;
    const entry: Entry = { tool: this.#tool, answers: [...answers], report: stored(report) };
    try {
      writeChecked(this.#file, JSON.stringify(entry));
      this.#prune();
    } catch {
      // Without a cache, each run checks everything.
    }
  }

  /** Deletes the oldest entries. */
  #prune(): void {
    const files = readdirSync(this.#folder).map((name) => join(this.#folder, name));
    if (files.length <= KEPT) return;
    const age = (file: string): number => statSync(file).mtimeMs;
    for (const file of files.sort((a, b) => age(a) - age(b)).slice(0, -KEPT)) rmSync(file, { force: true });
  }
}
