import { isMapping, type Mapping, type Value } from "../gitops/yaml/values.ts";
import { NotRenderable } from "./rendered.ts";

/**
 * Sets the value at a `targetPath` of `valuesFrom`, as `helm --set` does, or `helm --set-string` for a value in quotes. Sources: ReplacePathValue in
 * fluxcd/pkg/chartutil, helm's pkg/strvals.
 * @throws NotRenderable for a path or value in a form that is not supported
 */
export function setAtPath(values: Mapping, path: string, text: string, isLiteral: boolean): void {
  const steps = stepsOf(path);
  // Helm drops an empty value in a list, or leaves a hole.
  if (text === "" && steps.some((step) => typeof step === "number"))
    throw new NotRenderable(`the value for the targetPath ${path} is empty`);
  set(values, steps, isLiteral ? text : readScalar(text), path);
}

type Step = string | number;

/** `a.b\.c[0]` is a, b.c, 0. */
function stepsOf(path: string): readonly Step[] {
  const steps: Step[] = [];
  const pattern = /\[(\d+)\]|((?:\\.|[^.[\]\\=,])+)|\./gy;
  let end = 0;
  for (const match of path.matchAll(pattern)) {
    end = match.index + match[0].length;
    if (match[1] !== undefined) steps.push(Number(match[1]));
    else if (match[2] !== undefined) steps.push(match[2].replace(/\\(.)/g, "$1"));
  }
  if (end !== path.length || typeof steps[0] !== "string")
    throw new NotRenderable(`the targetPath ${path} is not a path that edgefirst can set`);
  return steps;
}

/** Largest index that Helm accepts (MaxIndex in pkg/strvals). */
const MAX_INDEX = 65_536;

function set(
  container: Mapping | Value[],
  [step, ...rest]: readonly Step[],
  value: Value,
  path: string,
): void {
  if (step === undefined) return;
  const isWrong = Array.isArray(container)
    ? typeof step !== "number" || step > MAX_INDEX
    : typeof step === "number";
  if (isWrong || step === "__proto__")
    throw new NotRenderable(`the targetPath ${path} does not fit the values`);
  const fields = container as Mapping;
  if (Array.isArray(container)) while (container.length < Number(step)) container.push(null);
  if (rest.length === 0) {
    fields[step] = value;
    return;
  }
  const below = fields[step];
  const isFitting = typeof rest[0] === "number" ? Array.isArray(below) : isMapping(below);
  const next: Mapping | Value[] = isFitting ? (below as Mapping) : typeof rest[0] === "number" ? [] : {};
  fields[step] = next;
  set(next, rest, value, path);
}

function readScalar(text: string): Value {
  const quoted = /^(["'])[^]*\1$/.exec(text);
  const bare = quoted ? text.replace(/^["']+|["']+$/g, "") : text;
  if (/[,\\]|^\{/.test(bare))
    throw new NotRenderable(
      "a value with a targetPath contains a comma, a brace or a backslash: set `literal: true`",
    );
  if (quoted) return bare;
  if (/^(?:true|false|null)$/.test(bare)) return JSON.parse(bare) as Value;
  return /^(?:0|-?[1-9]\d{0,14})$/.test(bare) ? Number(bare) : bare;
}
