/** One line of an ignore file. */
export interface IgnorePattern {
  /** As written. */
  readonly line: string;
  /** Whether the pattern includes matches instead of excluding them (`!`). */
  readonly includes: boolean;
  /** Whether the pattern matches a path, which is given as its parts from the root down. */
  readonly matches: (path: readonly string[], isDirectory: boolean) => boolean;
}

/**
 * The patterns in an ignore file. They work as in `.gitignore`, with one difference: a pattern can re-include files below an excluded directory. Source:
 * fluxcd/pkg/sourceignore and its package gitignore.
 */
export function parseIgnore(text: string, directory: readonly string[] = []): readonly IgnorePattern[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map((line) => parsePattern(line, directory));
}

function parsePattern(line: string, directory: readonly string[]): IgnorePattern {
  const includes = line.startsWith("!");
  const written = includes ? line.slice(1) : line;
  const trimmed = written.endsWith("\\ ") ? written : written.replace(/ +$/, "");
  const directoryOnly = trimmed.endsWith("/");
  const pattern = directoryOnly ? trimmed.slice(0, -1) : trimmed;
  const below = pattern.includes("/")
    ? pathMatcher(pattern, directoryOnly)
    : nameMatcher(pattern, directoryOnly);
  return {
    line,
    includes,
    matches: (path, isDirectory) =>
      path.length > directory.length &&
      directory.every((part, index) => path[index] === part) &&
      below(path.slice(directory.length), isDirectory),
  };
}

/** A pattern without a slash matches a name at any depth, and everything below it. */
function nameMatcher(pattern: string, directoryOnly: boolean): IgnorePattern["matches"] {
  const matches = glob(pattern);
  return (path, isDirectory) => {
    const found = path.findIndex(matches);
    return found >= 0 && !(directoryOnly && !isDirectory && found === path.length - 1);
  };
}

/** A pattern with a slash matches paths relative to its own directory, and everything below them. */
function pathMatcher(pattern: string, directoryOnly: boolean): IgnorePattern["matches"] {
  const parts = pattern.split("/").map((part) => ({ part, matches: glob(part) }));
  return (path, isDirectory) => {
    let rest = path;
    let matched = false;
    let atAnyDepth = false;
    for (const [index, { part, matches }] of parts.entries()) {
      if (part === "") {
        atAnyDepth = false;
      } else if (part === "**") {
        if (index < parts.length - 1) atAnyDepth = true;
      } else if (part.includes("**") || rest.length === 0) {
        return false;
      } else if (atAnyDepth) {
        atAnyDepth = false;
        const found = rest.findIndex(matches);
        // As in Flux, a search that finds nothing also cancels the match of the parts before it.
        matched = found >= 0;
        rest = found >= 0 ? rest.slice(found + 1) : [];
      } else {
        const [name = "", ...others] = rest;
        if (!matches(name)) return false;
        matched = true;
        rest = others;
      }
    }
    return matched && !(directoryOnly && !isDirectory && rest.length === 0);
  };
}

type Token = "*" | RegExp;

/** Go's filepath.Match for a single name. An invalid pattern matches nothing. */
function glob(pattern: string): (name: string) => boolean {
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  const ending = /^\*([^*?[\\]+)$/.exec(pattern)?.[1];
  if (ending !== undefined) return (name) => name.endsWith(ending);
  const tokens = tokensOf(pattern);
  return (name) => tokens !== undefined && matchesTokens(tokens, Array.from(name));
}

function tokensOf(pattern: string): readonly Token[] | undefined {
  const parts = pattern.matchAll(
    /\\(?<escaped>.)|\[(?<class>\^?(?:\\.|[^\\\]])+)\]|(?<wild>[*?])|(?<other>[^*?[\\])|(?<broken>.)/gsu,
  );
  try {
    return Array.from(parts, ({ groups = {} }): Token => {
      if (groups.broken !== undefined) throw new SyntaxError(pattern);
      if (groups.wild === "*") return "*";
      if (groups.wild === "?") return /^.$/su;
      if (groups.class === undefined)
        return new RegExp(`^${RegExp.escape(groups.escaped ?? groups.other ?? "")}$`, "u");
      const set = groups.class.replace(/\\(.)/gsu, (_, character: string) => RegExp.escape(character));
      return new RegExp(`^[${set}]$`, "u");
    });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A regular expression could backtrack exponentially; this retries only the last star. */
function matchesTokens(tokens: readonly Token[], name: readonly string[]): boolean {
  let at = 0;
  let token = 0;
  let retry: { at: number; token: number } | undefined;
  while (at < name.length || token < tokens.length) {
    const wanted = tokens[token];
    if (wanted === "*") {
      retry = { at: at + 1, token };
      token += 1;
    } else if (wanted !== undefined && at < name.length && wanted.test(name[at] ?? "")) {
      at += 1;
      token += 1;
    } else if (retry !== undefined && retry.at <= name.length) {
      ({ at, token } = retry);
    } else return false;
  }
  return true;
}
