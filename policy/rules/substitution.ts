import { describeObject } from "../../kube/objects.ts";
import type { Path } from "../engine/path.ts";
import { at, fields } from "../engine/read.ts";
import { defineRule, type Origin, type Problem, type Undecided } from "../engine/rule.ts";

const ANNOTATION = "kustomize.toolkit.fluxcd.io/substitute";

/** See `docs/reference/policies.md`. */
export const substitution = defineRule({
  id: "substitution",
  description:
    "What Flux substitutes is meant for Flux: a variable that nothing defines becomes nothing, and a shell script's own ${X} or ${X:-default} is gone before the shell runs.",
  remediation: `Define the variable in postBuild; write $\${X} for a text that is to reach the app as \${X}; or annotate the object ${ANNOTATION}: disabled.`,
  severity: "high",
  enforcement: "mandatory",
  kinds: [{ group: "*", kind: "*" }],
  *check(object, { origin }) {
    const made = origin(object);
    if (made === undefined || !substitutes(made)) return;
    for (const { path, value } of textsBelow(made.beforeSubstitution, []))
      yield* variableProblems(value, path, made);
  },
});

/** Flux leaves an object alone that says so, and a Kustomization without a single variable substitutes nothing at all. */
function substitutes({ beforeSubstitution: object, variables, variablesComplete }: Origin): boolean {
  const disabled = ["labels", "annotations"].some(
    (field) => at(object, ["metadata", field, ANNOTATION]) === "disabled",
  );
  return !disabled && (variables.size > 0 || !variablesComplete);
}

interface Text {
  readonly path: Path;
  readonly value: string;
}

function* textsBelow(value: unknown, path: Path): Generator<Text> {
  if (typeof value === "string") {
    if (value.includes("${")) yield { path, value };
  } else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* textsBelow(item, [...path, index]);
  else for (const [key, item] of Object.entries(fields(value))) yield* textsBelow(item, [...path, key]);
}

/** `${NAME`, and what follows the name: `}` or an operator such as `:-` (github.com/fluxcd/pkg, envsubst). */
const VARIABLE = /(\$+)\{([A-Za-z_][A-Za-z0-9_]*)(:?[-=+?]|[}:#%/^,])/g;

function* variableProblems(value: string, path: Path, made: Origin): Generator<Problem | Undecided> {
  const seen = new Set<string>();
  const script = isScript(value, path);
  // What is not to be seen may define a script's variable, too, unless the script has a value of its own for it.
  const own = script && !made.variablesComplete ? assignedIn(value) : undefined;
  for (const [, dollars = "", name = "", operator = ""] of value.matchAll(VARIABLE)) {
    // Two dollars are one that Flux leaves.
    if (dollars.length % 2 === 0 || made.variables.has(name) || seen.has(name)) continue;
    seen.add(name);
    const hasDefault = /[-=]/.test(operator);
    const { kustomization } = made;
    const isShells = script && (hasDefault || own?.has(name));
    if (!made.variablesComplete && !isShells) {
      if (!hasDefault)
        yield { path, undecided: `\${${name}} may be defined by something that is not to be seen.` };
    } else if (script)
      yield {
        path,
        message: `Flux replaces \${${name}${hasDefault ? ":-…" : ""}} of this script by ${hasDefault ? "its default" : "nothing"} before the shell sees it: nothing that ${describeObject(kustomization)} substitutes has that name.`,
      };
    else if (!hasDefault)
      yield {
        path,
        message: `Nothing that ${describeObject(kustomization)} substitutes defines \${${name}}: it becomes nothing.`,
      };
  }
}

/** The variables that a script gives a value itself. */
function assignedIn(script: string): ReadonlySet<string> {
  const found = script.matchAll(/(?:^|[\s;&|(])(?:(\w+)=|for\s+(\w+)\s|read\s([^\n;|]{0,200}))/g);
  return new Set(
    [...found]
      .flatMap(([, set, each, read]) => [set, each, ...(read?.split(/\s+/) ?? [])])
      .filter((name) => name !== undefined),
  );
}

/** A shell script by its first line, by its file's name, or by the shell that it is handed to. */
function isScript(value: string, path: Path): boolean {
  const field = path.findLast((step) => typeof step === "string") ?? "";
  if (/^\s*#!\s*\S*(sh|env)\b/.test(value) || /\.(sh|bash)$/.test(field)) return true;
  return ["command", "args"].includes(field) && /[\n;|]|&&|\becho\b|\bif \[/.test(value);
}
