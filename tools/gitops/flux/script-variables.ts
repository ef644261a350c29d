/** Stands for what cannot be known before a script runs. */
export const UNKNOWN = "\0";
/** Variables may refer to one another; more levels than this are a cycle. */
const MAX_DEPTH = 5;

/**
 * A line of a workflow, a Taskfile or a script with the variables that the same file sets, and with {@link UNKNOWN} for all other expressions.
 * @param file the text of the whole file
 */
export function withVariables(line: string, file: string, depth = 0): string {
  const valueOf = (name: string): string => {
    const found = depth < MAX_DEPTH ? assigned(name, file) : undefined;
    return found === undefined ? UNKNOWN : withVariables(found, file, depth + 1);
  };
  return line
    .replaceAll(
      /\$\{\{\s*(?:env\.(\w+))?.*?\}\}|\{\{\s*(?:\.(\w+))?.*?\}\}/g,
      (whole, env?: string, variable?: string) => {
        const name = env ?? variable;
        return name !== undefined && /^\S+\s*(?:env)?\.\w+\s*\}\}$/.test(whole) ? valueOf(name) : UNKNOWN;
      },
    )
    .replaceAll(/\$+\((\w+)\)|\$\{(\w+)\}|\$(\w+)/g, (_, make?: string, braced?: string, plain?: string) =>
      valueOf(make ?? braced ?? plain ?? ""),
    )
    .replaceAll(/\$+\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|`[^`]*`/g, UNKNOWN);
}

/** The only value that a file gives to a variable: in a mapping (`env`, `vars`), or in a script or a makefile. */
function assigned(name: string, file: string): string | undefined {
  const assignment = new RegExp(
    String.raw`^[ \t]*(?:-[ \t]+)?(?:export[ \t]+)?${name}[ \t]*(?::[ \t]|[:?]?=)[ \t]*(["']?)(.+?)\1[ \t]*(?:#.*)?$`,
    "gm",
  );
  const values = new Set([...file.matchAll(assignment)].map(([, , value]) => value));
  const [only] = values;
  return values.size === 1 ? only : undefined;
}
