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
import { assignedIn, isScript, isSetFor } from "../objects/shell-script.ts";

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
    "a variable that is only in comments, one that most Kustomizations with the same file leave out, although some define it, one among the contents of a file (a text of several lines, or an entry of data with a file name), since a program may fill it in, and a shell script's default for a variable that neither the script nor a container sets",
  kinds: [{ group: "*", kind: "*" }],
  *check(object, { buildSteps, objects }) {
    const built = buildSteps(object);
    const steps = built && hasWebhook(objects) ? { ...built, variablesComplete: false } : built;
    if (steps === undefined || !substitutes(steps)) return;
    for (const text of textsBelow(steps.beforeSubstitution, []))
      yield* variableProblems(text, steps, {
        isOptional: (name) => isOftenUndefined(name, usersOf(text, { object, objects, buildSteps })),
        isSet: (name) => isSetFor(name, text.path, steps.beforeSubstitution, objects),
      });
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

/** What the other objects show about variables. */
interface Uses {
  /** Whether an undefined variable is one that may be left out. */
  readonly isOptional: (name: string) => boolean;
  /** Whether a container with the script sets the variable. */
  readonly isSet: (name: string) => boolean;
}

function* textsBelow(value: unknown, path: Path): Generator<Text> {
  if (typeof value === "string") {
    if (value.includes("${")) yield { path, value };
  } else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* textsBelow(item, [...path, index]);
  else for (const [key, item] of Object.entries(fields(value))) yield* textsBelow(item, [...path, key]);
}

/**
 * Whether a variable in a text is one among the contents of a file: the app, or a program that edits the file first, may replace it. Kubernetes and charts read
 * other texts themselves.
 */
function isInFile(value: string, path: Path): boolean {
  const isWhole = /^\s*\$\{[^{}]*\}\s*$/.test(value);
  const isNamed = /^(?:data|stringData)$/.test(String(path.at(-2))) && /\.\w+$/.test(String(path.at(-1)));
  return !isWhole && (isNamed || /\S\n\s*\S/.test(value));
}

/** `${NAME` and what follows the name: `}`, or an operator such as `:-` (github.com/fluxcd/pkg, envsubst). */
const VARIABLE = /(\$+)\{([A-Za-z_][A-Za-z0-9_]*)(:?[-=+?]|[}:#%/^,])/g;

function* variableProblems(
  { value, path }: Text,
  steps: BuildSteps,
  { isOptional, isSet }: Uses,
): Generator<Problem | NotEvaluated> {
  const seen = new Set<string>();
  const script = isScript(value, path);
  const isFile = isInFile(value, path);
  // An unavailable source may also define a variable that a script uses, unless the script sets that variable itself.
  const own = script ? assignedIn(value) : undefined;
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
        recommendation: isComment || (hasDefault && own?.has(name) !== true && !isSet(name)),
        message: `Flux replaces \${${name}${operator === "}" ? "" : `${operator}…`}} with ${replacement(operator)} before the shell runs: ${describeObject(kustomization)} defines no such variable.`,
      };
    else if (!hasDefault)
      yield {
        path,
        recommendation: isComment || isFile || isOptional(name),
        message: `${describeObject(kustomization)} does not define \${${name}}, so Flux replaces it with ${replacement(operator)}.`,
        ...(isFile && {
          remediation: `If the app or another program replaces \${${name}}, write $\${${name}}, or annotate the object with ${ANNOTATION}: disabled. Otherwise define it in postBuild.`,
        }),
        cause: name,
      };
  }
}

/** What Flux replaces an undefined variable with. */
function replacement(operator: string): string {
  if (/[-=]/.test(operator)) return "its default";
  return /:[+?]/.test(operator) ? `the text after ${operator}` : "nothing";
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
