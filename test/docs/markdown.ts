/** A relative link of a Markdown page: a file, an anchor, or both. */
export interface Link {
  readonly target: string;
  readonly anchor: string | undefined;
  /** From 1. */
  readonly line: number;
}

/** A fenced code block. */
export interface Fence {
  readonly language: string;
  readonly text: string;
  /** The text between the previous block and this one. */
  readonly before: string;
}

/** The words after the language, such as the name of a table, do not matter here. */
const FENCE = /^ {0,3}(```+|~~~+)\s*([^\s`]*)[^`]*$/;

/** The page's lines, with those in fenced code blocks replaced by empty ones. */
function proseLines(page: string): string[] {
  let open: string | undefined;
  return page.split("\n").map((line) => {
    const mark = FENCE.exec(line)?.[1];
    if (open === undefined) {
      open = mark;
      return mark === undefined ? line : "";
    }
    if (mark?.startsWith(open) === true) open = undefined;
    return "";
  });
}

/** The page without its fenced code blocks. */
export const proseOf = (page: string): string => proseLines(page).join("\n");

/** Links and images with a relative target; links to other sites are left out. */
export function relativeLinks(page: string): Link[] {
  return proseLines(page).flatMap((line, index) =>
    [...line.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link))
      .map((link) => {
        const [target = "", anchor] = link.split("#", 2);
        return { target: decodeURIComponent(target), anchor, line: index + 1 };
      }),
  );
}

/** Anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = proseLines(page).flatMap((line) => /^#{1,6} +(.*?)(?: +#+)?$/.exec(line)?.[1] ?? []);
  const slugs = headings.map((heading) => {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const written = [...page.matchAll(/<a (?:id|name)="([^"]+)">/g)].map(([, id = ""]) => id);
  return new Set([...slugs, ...written]);
}

/** As github-slugger does it: lower case, punctuation dropped, each space a dash; markup is not part of the text. */
function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*]/g, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

/** The fenced code blocks of a page, in order. */
export function fencesOf(page: string): Fence[] {
  const fences: Fence[] = [];
  let before: string[] = [];
  let open: { mark: string; language: string; lines: string[] } | undefined;
  for (const line of page.split("\n")) {
    const [, mark, language = ""] = FENCE.exec(line) ?? [];
    if (open === undefined) {
      if (mark === undefined) before.push(line);
      else open = { mark, language, lines: [] };
    } else if (mark?.startsWith(open.mark) === true) {
      fences.push({ language: open.language, text: open.lines.join("\n"), before: before.join("\n") });
      before = [];
      open = undefined;
    } else open.lines.push(line);
  }
  return fences;
}
