import { isDeepStrictEqual } from "node:util";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import type { Taskfiles } from "./taskfiles.ts";

/** A removed include that has to stay because of a variable. */
interface Lent {
  readonly include: string;
  readonly reason: string;
}

/**
 * A variable of a removed include that remaining tasks read, or may read. Task merges `vars` and `env` of all Taskfiles, and the last one to
 * set a variable wins, even over the root. Source: go-task/task, taskfile/ast/taskfile.go, Merge.
 */
export function lentVariable(
  repository: Repository,
  { root, includes, files, filesOf }: Taskfiles,
  kept: ReadonlyMap<string, string>,
): Lent | undefined {
  const setIn = (list: "vars" | "env", names: readonly string[]): readonly [string, Value][] =>
    names.flatMap((name) => filesOf.get(name) ?? []).flatMap((file) => entriesOf(files.get(file)?.[list]));
  const names = includes.map(({ name }) => name);
  const staying = names.filter((name) => kept.has(name));
  const readers = [root, ...staying.flatMap((name) => filesOf.get(name) ?? [])];
  for (const list of ["vars", "env"] as const) {
    const after = new Map([...entriesOf(files.get(root)?.[list]), ...setIn(list, staying)]);
    for (const include of names.filter((name) => !kept.has(name))) {
      const later = new Set(setIn(list, names.slice(names.indexOf(include) + 1)).map(([name]) => name));
      for (const [variable, value] of setIn(list, [include])) {
        if (later.has(variable) || isDeepStrictEqual(after.get(variable), value)) continue;
        const reader = readers.find((file) =>
          reads(fileText(repository, file) ?? "", files.get(file), variable),
        );
        if (reader !== undefined) return { include, reason: `it sets ${variable}, which ${reader} reads` };
        // Which programs read a variable of their environment, no Taskfile says.
        const reason = `it sets the environment variable ${variable} for all tasks; to remove the include, set the variable in ${root}`;
        if (list === "env") return { include, reason };
      }
    }
  }
  return undefined;
}

const entriesOf = (value: Value | undefined): readonly [string, Value][] =>
  isMapping(value) ? Object.entries(value) : [];

/** Whether a Taskfile reads a variable: in a template of its text, or by its name. */
export function reads(text: string, fields: Mapping | undefined, variable: string): boolean {
  return (
    new RegExp(`\\{\\{[^}]*\\.${RegExp.escape(variable)}\\b`).test(text) ||
    (fields !== undefined && namedVariables(fields).includes(variable))
  );
}

/** The variables that a Taskfile reads without a template: in `for`, `requires` and `ref`. */
function namedVariables(value: Value): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namedVariables);
  return entriesOf(value).flatMap(([key, inner]) => {
    if (key === "ref" && typeof inner === "string")
      return [...inner.matchAll(/\.(\w+)/g)].map(([, name = ""]) => name);
    if (key === "for" && isMapping(inner) && typeof inner.var === "string") return [inner.var];
    if (key !== "requires" || !isMapping(inner) || !Array.isArray(inner.vars)) return namedVariables(inner);
    return inner.vars.flatMap((one) => {
      const name = isMapping(one) ? one.name : one;
      return typeof name === "string" ? [name] : [];
    });
  });
}
