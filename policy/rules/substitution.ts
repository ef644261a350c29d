import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { oncePer } from "../../lib/once-per.ts";
import { groupOf, type ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields } from "../engine/read.ts";
import {
  defineRule,
  type BuildSteps,
  type Problem,
  type NotEvaluated,
  type RuleContext,
} from "../engine/rule.ts";
import { DEPLOYMENT, HELM_RELEASE } from "../objects/kinds.ts";

const ANNOTATION = "kustomize.toolkit.fluxcd.io/substitute";

/** See docs/reference/rules/substitution.md. */
export const substitution = defineRule({
  id: "substitution",
  description:
    "Every variable that Flux substitutes is defined, and a shell script's own variables are escaped or excluded.",
  why: "Flux before 2.9 replaces an undefined variable with nothing; since 2.9 it applies nothing of the Kustomization. It also replaces ${X} and ${X:-default} in a shell script before the shell runs.",
  remediation: `Define the variable in postBuild, write $\${X} where the app needs a literal \${X}, or annotate the object with ${ANNOTATION}: disabled.`,
  severity: "high",
  enforcement: "mandatory",
  recommends:
    "a variable that is only in comments, and one that most Kustomizations with the same file leave out, although some define it",
  kinds: [{ group: "*", kind: "*" }],
  *check(object, { buildSteps, objects }) {
    const built = buildSteps(object);
    const steps = built && hasWebhook(objects) ? { ...built, variablesComplete: false } : built;
    if (steps === undefined || !substitutes(steps)) return;
    for (const text of textsBelow(steps.beforeSubstitution, []))
      yield* variableProblems(text, steps, (name) =>
        isOftenUndefined(name, usersOf(text, { object, objects, buildSteps })),
      );
  },
});

/**
 * Whether Flux substitutes variables in the object. The object can opt out, and a Kustomization without variables substitutes nothing.
 */
function substitutes({ beforeSubstitution: object, variables, variablesComplete }: BuildSteps): boolean {
  const disabled = ["labels", "annotations"].some(
    (field) => at(object, ["metadata", field, ANNOTATION]) === "disabled",
  );
  return !disabled && (variables.size > 0 || !variablesComplete);
}

/** Whether a webhook adds variables to every Kustomization when it is applied (github.com/xunholy/kustomize-mutating-webhook). */
const hasWebhook = oncePer((objects: ObjectIndex): boolean =>
  [HELM_RELEASE, DEPLOYMENT]
    .flatMap((kind) => objects.ofKind(kind))
    .some(({ metadata }) => metadata.name.includes("kustomize-mutating-webhook")),
);

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

/** `${NAME` and what follows the name: `}`, or an operator such as `:-` (github.com/fluxcd/pkg, envsubst). */
const VARIABLE = /(\$+)\{([A-Za-z_][A-Za-z0-9_]*)(:?[-=+?]|[}:#%/^,])/g;

/** @param isOptional whether an undefined variable is one that may be left out */
function* variableProblems(
  { value, path }: Text,
  steps: BuildSteps,
  isOptional: (name: string) => boolean,
): Generator<Problem | NotEvaluated> {
  const seen = new Set<string>();
  const script = isScript(value, path);
  // An unavailable source may also define a variable that a script uses, unless the script sets that variable itself.
  const own = script && !steps.variablesComplete ? assignedIn(value) : undefined;
  for (const { dollars, name, operator, isComment } of variablesIn(value)) {
    // Flux replaces `$$` with `$`, so an even number of dollar signs does not begin a variable.
    if (dollars.length % 2 === 0 || steps.variables.has(name) || seen.has(name)) continue;
    seen.add(name);
    const hasDefault = /[-=]/.test(operator);
    if (steps.missingRefused && !/[-=+?]/.test(operator)) continue;
    const { kustomization } = steps;
    const isShells = script && (hasDefault || own?.has(name));
    if (!steps.variablesComplete && !isShells) {
      if (!hasDefault)
        yield {
          path,
          notEvaluated: `\${${name}} may be defined by a substituteFrom source that is not available.`,
        };
    } else if (script)
      yield {
        path,
        recommendation: isComment,
        message: `Flux replaces \${${name}${hasDefault ? ":-…" : ""}} with ${hasDefault ? "its default" : "nothing"} before the shell runs: ${describeObject(kustomization)} defines no such variable.`,
      };
    else if (!hasDefault)
      yield {
        path,
        recommendation: isComment || isOptional(name),
        message: `${describeObject(kustomization)} does not define \${${name}}, so Flux replaces it with nothing.`,
        cause: name,
      };
  }
}

interface Variable {
  readonly dollars: string;
  readonly name: string;
  readonly operator: string;
  /** Whether it is in a comment, where its value does not matter to the app. */
  readonly isComment: boolean;
}

/** The variables in a text. Those in lines that are comments come last, because another one with the same name matters more. */
function variablesIn(value: string): readonly Variable[] {
  const all = value.split("\n").flatMap((line) => {
    const isComment = /^\s*#/.test(line);
    return [...line.matchAll(VARIABLE)].map(([, dollars = "", name = "", operator = ""]) => ({
      dollars,
      name,
      operator,
      isComment,
    }));
  });
  return [...all.filter(({ isComment }) => !isComment), ...all.filter(({ isComment }) => isComment)];
}

/** The builds of every object with the same text at the same place: several Kustomizations may use one file. */
function usersOf(
  { path, value }: Text,
  {
    object,
    objects,
    buildSteps,
  }: Pick<RuleContext, "objects" | "buildSteps"> & { readonly object: KubeObject },
): readonly BuildSteps[] {
  return objects
    .ofKind({ group: groupOf(object), kind: object.kind })
    .map(buildSteps)
    .filter((steps) => steps !== undefined)
    .filter(({ beforeSubstitution }) => at(beforeSubstitution, path) === value);
}

/** Whether a variable is left out in most Kustomizations that use a file, although some define it: its value is optional. */
function isOftenUndefined(name: string, users: readonly BuildSteps[]): boolean {
  const defining = users.filter(({ variables }) => variables.has(name)).length;
  return defining > 0 && defining * 2 < users.length;
}

/** The variables that a script sets. */
function assignedIn(script: string): ReadonlySet<string> {
  const found = script.matchAll(/(?:^|[\s;&|(])(?:(\w+)=|for\s+(\w+)\s|read\s([^\n;|]{0,200}))/g);
  return new Set(
    [...found]
      .flatMap(([, set, each, read]) => [set, each, ...(read?.split(/\s+/) ?? [])])
      .filter((name) => name !== undefined),
  );
}

/** Whether a value is a shell script, judged by its first line, its file name, or shell syntax in a command. */
function isScript(value: string, path: Path): boolean {
  const field = path.findLast((step) => typeof step === "string") ?? "";
  if (/^\s*#!\s*\S*(sh|env)\b/.test(value) || /\.(sh|bash)$/.test(field)) return true;
  return ["command", "args"].includes(field) && /[\n;|]|&&|\becho\b|\bif \[/.test(value);
}
