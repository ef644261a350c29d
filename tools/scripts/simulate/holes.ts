/** A replacement in the program's source. */
export interface SourceEdit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const edit = (file: string, from: string, to: string): SourceEdit => ({ file: `staging/${file}`, from, to });

/** Holes that the gate once had, each with the edits that bring it back. The simulation must find every one of them. */
export const HOLES: Readonly<Record<string, readonly SourceEdit[]>> = {
  "1 a broken release excuses itself": [
    edit("verify.ts", "    mark === undefined\n", '    mark === undefined || release !== ""\n'),
    edit("verify.ts", "{ earlier, root: rootOf(args) }", "{ earlier: undefined, root: rootOf(args) }"),
  ],
  "1 the mark of an update is removed before its evidence is stored": [
    edit(
      "verify.ts",
      "    const pass = {",
      '    await args.cluster.delete((await import("./update-mark.ts")).markReference(args));\n    const pass = {',
    ),
  ],
  "2 a release that the upstream stack has left passes": [
    edit("upstream.ts", "if (running === record.release) return [];", 'if (running !== "") return [];'),
  ],
  "3 an emptied cluster is healthy": [
    edit("gone-objects.ts", "...absentFrom(round, expected.difference(moved))", "...absentFrom(round, [])"),
  ],
  "3 a change of the repository excuses what the next update removes": [
    edit(
      "baseline.ts",
      "isOther && isSettled(round, now) ? absentFrom(round, expected) : undefined;",
      "undefined;",
    ),
  ],
  "2 an update that begins during the gate's live check lends its health": [
    edit("upstream.ts", "if (before.length === 0) yield* await unfinished();", ""),
  ],
  "2 what failed before an outage is forgotten": [
    edit("upstream.ts", "error.failures.length > 0) yield", "error.failures.length < 0) yield"),
  ],
  "4 weak proof counts, whatever a stack demands": [
    edit("weaknesses.ts", "    ...(age < minAgeMs\n", "    ...(age < -1 && age < minAgeMs\n"),
    edit("weaknesses.ts", "record.soak * 1_000 < minSoakMs", "record.soak < -minSoakMs"),
    edit("weaknesses.ts", "missing.length > 0\n", "missing.length < 0\n"),
    edit("weaknesses.ts", 'overrides === "refuse" &&', "overrides === undefined &&"),
  ],
  "4 weak proof looks like proof": [
    edit("weaknesses.ts", "    ...(soak === 0 ?", "    ...(soak < 0 ?"),
    edit("weaknesses.ts", "...checks.flatMap(unprovenBy)", "...[].flatMap(unprovenBy)"),
  ],
  "4 a soak of 0 s needs no reason": [
    {
      file: "config/verification-errors.ts",
      from: "soakMs === 0 && withoutSoak === undefined",
      to: "soakMs < 0",
    },
  ],
  "5 one look before decides for good": [
    edit("watch-state.ts", "        this.#recovered.add(verdictKey(verdict));", "        void verdict;"),
  ],
  "6 unobserved time counts as soak": [
    edit(
      "watch-state.ts",
      "if (now < since || now - since > allowed)",
      "if (now < since && since > allowed)",
    ),
    edit("watch-state.ts", "ended < began || ended - began > ROUND_MS", "ended < began"),
  ],
  "7 old results of Gatus count": [
    edit("checks/gatus.ts", "Date.parse(latest.timestamp) <= since", "since < 0"),
  ],
  "7 old statuses of Flux count": [
    edit("checks/flux.ts", "requests?.isStale(object) === true", "requests?.isStale(object) === undefined"),
  ],
  "8 another cluster's proof counts upstream": [
    edit("live-check.ts", "if (uid === evidence.cluster.uid) return;", 'if (uid !== "") return;'),
  ],
  "8 another cluster's proof counts for the stack itself": [
    edit("own-stack.ts", "read.evidence.cluster.uid !== uid)", 'uid === "")'),
  ],
  "hold and revoke have no effect": [edit("own-gate.ts", "return [...directives.flat(), ", "return [")],
  "windows have no effect": [
    edit("own-gate.ts", ", ...outsideWindows(windows, { stack, movement: direction }, now)]", "]"),
  ],
  "an ignored object is excused later": [edit("baseline.ts", "&& !ignored.has(splitKey(key).object)", "")],
  "an ignored object stays ignored": [
    edit(
      "ignored.ts",
      "return new Date(now).toISOString().slice(0, 10) <= until;",
      "return now > 0 && until !== '';",
    ),
  ],
  "what is ignored is not named": [
    edit("check-record.ts", '...verdicts.filter(({ state }) => state === "skipped"), ', ""),
  ],
  "a gate does not repeat a stack's own checks": [
    edit("live-check.ts", "    ...repeatableChecks(cluster, evidence.ownChecks ?? undefined),\n", ""),
  ],
  "a Job that failed counts": [
    edit("checks/job-run.ts", 'if (state === "succeeded") {', 'if (state !== "running") {'),
  ],
  "a pin moves the repository back": [
    edit("promotion.ts", "&& !(await descendsFrom(commit, running))", '&& commit === ""'),
  ],
  "a rollback moves the repository": [edit("promotion.ts", 'from.movement === "back"', 'from.stack === ""')],
};
