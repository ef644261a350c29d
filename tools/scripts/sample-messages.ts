import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../..");
/** Shorter texts are usually names, not sentences. */
const LEAST_WORDS = 4;

interface Sample {
  readonly place: string;
  readonly text: string;
}

/**
 * `npm run sample:messages [-- COUNT]`: prints a random sample of the texts in the program and its tools (messages, help, comments) for review. The commit is
 * the seed, so the same commit always gives the same sample.
 */
function main(count: number): void {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  const seed = git("rev-parse", "HEAD");
  const files = git("ls-files", "*.ts")
    .split("\n")
    .filter((file) => !file.startsWith("test/"));
  const drawn = files
    .flatMap((file) => samplesOf(file, readFileSync(join(ROOT, file), "utf8")))
    .map((sample) => ({
      ...sample,
      rank: createHash("sha256").update(`${seed}\0${sample.place}\0${sample.text}`).digest("hex"),
    }))
    .sort((a, b) => a.rank.localeCompare(b.rank))
    .slice(0, count);
  for (const { place, text } of drawn) process.stdout.write(`${place}\n  ${text.replaceAll("\n", "\n  ")}\n`);
}

/** The texts in one module: string literals, templates (with `…` for each placeholder) and comments. */
function samplesOf(file: string, source: string): Sample[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const samples: Sample[] = [];
  const add = (position: number, text: string): void => {
    if (text.trim().split(/\s+/).length < LEAST_WORDS) return;
    samples.push({
      place: `${file}:${tree.getLineAndCharacterOfPosition(position).line + 1}`,
      text: text.trim(),
    });
  };
  const comments = new Map<number, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) add(node.getStart(), node.text);
    if (ts.isTemplateExpression(node))
      add(
        node.getStart(),
        [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("…"),
      );
    for (const { pos, end } of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? [])
      comments.set(pos, source.slice(pos, end));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const [position, comment] of comments)
    add(position, comment.replace(/^\/\*\*?|\*\/$|^\s*(\*|\/\/) ?/gm, ""));
  return samples;
}

main(Number(process.argv[2] ?? 200));
