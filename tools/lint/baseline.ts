import { readFile } from "node:fs/promises";
import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import { fingerprint, type LintFinding } from "./finding.ts";

const schema = z.strictObject({
  version: z.literal(1),
  findings: z.array(
    z.strictObject({
      fingerprint: z.string(),
      count: z.number().int().positive(),
      rule: z.string(),
      file: z.string(),
    }),
  ),
});

/** Known findings: the number with each fingerprint. */
export type Baseline = ReadonlyMap<string, number>;

/** @throws EdgefirstError if the file cannot be read or is not a baseline */
export async function readBaseline(path: string): Promise<Baseline> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new EdgefirstError(
      `The baseline ${path} cannot be read.`,
      "Write one with --write-baseline, or omit --baseline.",
      { cause },
    );
  }
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new EdgefirstError(
      `${path} is not a baseline:\n${z.prettifyError(parsed.error)}`,
      "Write it again with --write-baseline.",
    );
  }
  return new Map(parsed.data.findings.map(({ fingerprint: key, count }) => [key, count]));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The text of a baseline for these findings, sorted so that a diff shows only changed findings. */
export function formatBaseline(findings: readonly LintFinding[]): string {
  const groups = Map.groupBy(findings, fingerprint);
  const entries = [...groups].map(([key, same]) => {
    const [first] = same;
    return {
      fingerprint: key,
      count: same.length,
      rule: first?.rule ?? "",
      file: first?.position.file ?? "",
    };
  });
  entries.sort((a, b) =>
    `${a.file} ${a.rule} ${a.fingerprint}` < `${b.file} ${b.rule} ${b.fingerprint}` ? -1 : 1,
  );
  return `${JSON.stringify({ version: 1, findings: entries }, undefined, 2)}\n`;
}

/**
 * The findings that are not in a baseline; of identical findings, those in excess of the baseline's count. A finding about several objects is known if that about
 * any of them is.
 */
export function withoutBaseline<F extends LintFinding>(
  findings: readonly F[],
  baseline: Baseline,
): readonly F[] {
  const left = new Map(baseline);
  return findings.filter((finding) => {
    const keys = [finding, ...(finding.same ?? [])].map(fingerprint);
    const key = keys.find((one) => (left.get(one) ?? 0) > 0);
    if (key !== undefined) left.set(key, (left.get(key) ?? 0) - 1);
    return key === undefined;
  });
}
