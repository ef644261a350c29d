import { isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { notSupported, TemplateError } from "./error.ts";
import { callFunction } from "./functions.ts";
import type { Pipeline, Template, Term } from "./parse.ts";
import { isTrue, printed, sortedKeys } from "./printed.ts";

/**
 * What a template writes. A key that a mapping does not have is an error (`missingkey=error`).
 * @param values the functions without arguments that the template may call, by name, and what they return
 * @throws TemplateError if the template fails, or calls a function that is not supported
 */
export function runTemplate(template: Template, values: Mapping): string {
  return new Run(values).write(template, { dot: null, variables: new Map([["$", { value: null }]]) });
}

interface Scope {
  readonly dot: Value;
  readonly variables: ReadonlyMap<string, { value: Value }>;
}

/** So that no template takes long. */
const MOST_STEPS = 100_000;

class Run {
  readonly #values: Mapping;
  #steps = 0;

  constructor(values: Mapping) {
    this.#values = values;
  }

  write(template: Template, outer: Scope): string {
    let text = "";
    let scope = outer;
    for (const node of template) {
      if (++this.#steps > MOST_STEPS) throw notSupported("a template that takes so long");
      if (node.kind === "text") text += node.text;
      else if (node.kind === "action") {
        const value = this.#pipeline(node.pipeline, scope);
        const { variables, isAssignment } = node.pipeline;
        if (variables.length === 0) text += printed(value);
        else if (isAssignment) variableIn(scope, variables[0] ?? "").value = value;
        else scope = declared(scope, [[variables[0] ?? "", value]]);
      } else if (node.kind === "range") text += this.#range(node.pipeline, node.body, node.otherwise, scope);
      else {
        const value = this.#pipeline(node.pipeline, scope);
        const inner = declared(
          scope,
          node.pipeline.variables.map((name) => [name, value] as const),
        );
        const dot = node.kind === "with" && isTrue(value) ? value : scope.dot;
        text += this.write(isTrue(value) ? node.body : node.otherwise, { ...inner, dot });
      }
    }
    return text;
  }

  #range(pipeline: Pipeline, body: Template, otherwise: Template, scope: Scope): string {
    const value = this.#pipeline(pipeline, scope);
    const entries = entriesOf(value);
    if (entries.length === 0) return this.write(otherwise, scope);
    const [first = "", second] = pipeline.variables;
    return entries
      .map(([key, entry]) => {
        const variables =
          second !== undefined
            ? ([
                [first, key],
                [second, entry],
              ] as const)
            : first === ""
              ? []
              : ([[first, entry]] as const);
        return this.write(body, { ...declared(scope, variables), dot: entry });
      })
      .join("");
  }

  #pipeline({ commands }: Pipeline, scope: Scope): Value {
    let result: Value | undefined;
    for (const command of commands) result = this.#command(command, result, scope);
    return result ?? null;
  }

  #command([first, ...args]: readonly Term[], piped: Value | undefined, scope: Scope): Value {
    if (first === undefined) return null;
    const { base } = first;
    const last = piped === undefined ? [] : [piped];
    if (
      typeof base === "object" &&
      "call" in base &&
      first.fields.length === 0 &&
      !Object.hasOwn(this.#values, base.call)
    )
      return callFunction(base.call, [...args.map((arg) => this.#term(arg, scope)), ...last]);
    if (args.length + last.length > 0)
      throw new TemplateError("arguments for something that is not a function");
    return this.#term(first, scope);
  }

  #term({ base, fields }: Term, scope: Scope): Value {
    let value: Value;
    if (base === "dot") value = scope.dot;
    else if ("literal" in base) value = base.literal;
    else if ("variable" in base) value = variableIn(scope, base.variable).value;
    else if ("pipeline" in base) value = this.#pipeline(base.pipeline, scope);
    else
      value = Object.hasOwn(this.#values, base.call)
        ? (this.#values[base.call] as Value)
        : callFunction(base.call, []);
    for (const field of fields) {
      if (!isMapping(value)) throw new TemplateError(`the field ${field} of a value that is not a mapping`);
      if (!Object.hasOwn(value, field)) throw new TemplateError(`no entry for the key ${field}`);
      value = value[field] as Value;
    }
    return value;
  }
}

function variableIn({ variables }: Scope, name: string): { value: Value } {
  const found = variables.get(name);
  if (!found) throw new TemplateError(`undefined variable ${name}`);
  return found;
}

function declared(scope: Scope, values: readonly (readonly [string, Value])[]): Scope {
  const added = values.map(([name, value]) => [name, { value }] as const);
  return { ...scope, variables: new Map([...scope.variables, ...added]) };
}

/** What a range visits: a mapping in the order of its keys. */
function entriesOf(value: Value): readonly (readonly [Value, Value])[] {
  if (value === null) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (isMapping(value)) return sortedKeys(value).map((key) => [key, value[key] as Value] as const);
  throw new TemplateError("a range over something other than a list or a mapping");
}
