import { oncePer } from "../../lib/once-per.ts";
import { searchedText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** Directories for documents, some of which are for coding agents. Documents at the top count as well. */
const DIRECTORIES = ["doc", "docs", ".cursor", ".claude", ".github"];

const DOCUMENT = /\.mdc?$/i;

const SUBJECT = /\bprobes?\b/i;

/** Sentences that say that something is not set. */
const LEFT_OUT = [
  /\b(?:default to|left|leave|keep|kept|stay) (?:\w+ ){0,3}?(?:unset|off|out|disabled)\b/i,
  /\bare (?:\w+ly )?(?:unset|off|disabled|omitted|skipped)\b/i,
  /\b(?:do not|don't|never|avoid|skip|omit) (?:(?:add|set|define|configure|enable|use)(?:ing)? )?(?:(?:the|any|health|liveness|readiness|startup|and|or)[,/]? ?){0,6}probes?\b/i,
  /^\W*no (?:(?:the|any|health|liveness|readiness|startup|and|or)[,/]? ?){0,6}probes?\b/i,
  /^\W*(?:add|set|use|define|enable)\b.*\bonly (?:when|if|where|for)\b/i,
];

/** Sentences that forbid to leave something out, tasks, and sentences about other kinds of probe. */
const OTHER =
  /\[ \]|\b(?:always|requir\w*|without|must|by default|(?:never|do not|don't) (?:skip|omit|leave|merge|deploy)|gatus|blackbox|icmp|dns|synthetic|smoke|timings?)\b/i;

/**
 * Finds the place, as `file:line`, where a document says that the owner leaves probes out: a sentence about probes, or the first sentences below a heading about
 * them. The documents are read on the first call.
 */
export function probesLeftOutIn(repository: Repository): () => string | undefined {
  return () => placeIn(repository);
}

const placeIn = oncePer((repository: Repository): string | undefined => {
  for (const file of documentsIn(repository)) {
    const found = paragraphsIn(searchedText(repository, file)).find(leavesOut);
    if (found) return `${file}:${found.line}`;
  }
  return undefined;
});

function documentsIn(repository: Repository): readonly string[] {
  const atTop = repository.entries(".").map(({ name }) => name);
  const below = DIRECTORIES.filter((directory) => atTop.includes(directory)).flatMap((directory) =>
    repository.filesBelow(directory, (name) => DOCUMENT.test(name)),
  );
  return [...atTop.filter((name) => DOCUMENT.test(name)), ...below];
}

function leavesOut({ heading, text }: Paragraph): boolean {
  const sentences = text.split(/(?<=[.;!?])\s/);
  return sentences.some(
    (sentence) =>
      (SUBJECT.test(sentence) || SUBJECT.test(heading)) &&
      LEFT_OUT.some((pattern) => pattern.test(sentence)) &&
      !OTHER.test(sentence),
  );
}

interface Paragraph {
  readonly line: number;
  /** The heading directly above it; "" if there is none. */
  readonly heading: string;
  readonly text: string;
}

/** The paragraphs and list items of a document. A line in bold print that ends in a colon counts as a heading. */
function paragraphsIn(text: string): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let heading = "";
  let lines: string[] = [];
  let start = 0;
  const close = (): void => {
    if (lines.length > 0) paragraphs.push({ line: start, heading, text: lines.join(" ") });
    if (lines.length > 0) heading = "";
    lines = [];
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:[-*+]|\d+\.)\s|^\s*$|^#/.test(line)) close();
    if (/^#+\s|^\*\*.*:?\*\*:?\s*$/.test(line)) heading = line;
    else if (line.trim() !== "") {
      if (lines.length === 0) start = index + 1;
      lines.push(line.trim());
    }
  }
  close();
  return paragraphs;
}
