import { scalarText } from "../gitops/kustomize/resource.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { isMapping, type Value } from "../gitops/yaml/values.ts";

/** The values of variables by their names in an expression (`matrix.dir`, `env.DIR`) or in a shell (`$DIR`); undefined for one that only a run knows. */
export type WorkflowValues = ReadonlyMap<string, ReadonlySet<string | undefined>>;

/** For a name that a matrix may have if another job makes it. */
export const ANY_OF_MATRIX = "matrix.*";

type Entry = readonly [name: string, value: string | undefined];

/** Whether a file is a workflow of GitHub, Forgejo, Gitea or GitLab. */
export const isWorkflow = (file: string): boolean =>
  /(?:^|\/)(?:\.(?:github|forgejo|gitea)\/(?:workflows|actions)\/|\.gitlab(?:\/|-ci)).*\.ya?ml$/.test(file);

/**
 * The values that a workflow's own file shows.
 * Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix, https://docs.gitlab.com/ci/yaml/#parallelmatrix
 */
export function workflowValues(repository: Repository, file: string): WorkflowValues {
  const entries = repository.parse(file).documents.flatMap(({ value }) => [...entriesIn(value ?? null)]);
  const byName = Map.groupBy(entries, ([name]) => name);
  return new Map([...byName].map(([name, own]) => [name, new Set(own.map(([, value]) => value))]));
}

function* entriesIn(value: Value): Generator<Entry> {
  if (Array.isArray(value)) for (const one of value) yield* entriesIn(one);
  if (!isMapping(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "matrix") for (const one of combinations(inner)) yield* matrixEntries(one);
    else if (key === "inputs") yield* inputEntries(inner);
    else if (key === "env" || key === "variables") {
      yield* entriesBelow("env.", inner);
      yield* entriesBelow("$", inner);
    }
    yield* entriesIn(inner);
  }
}

/** What a matrix has for a job: its own lists, and what it includes; in GitLab, each item of a list. */
function combinations(matrix: Value): readonly Value[] {
  if (!isMapping(matrix)) return [matrix].flat();
  const own = Object.entries(matrix).filter(([key]) => !["include", "exclude"].includes(key));
  return [Object.fromEntries(own), ...[matrix.include ?? []].flat()];
}

function* matrixEntries(matrix: Value): Generator<Entry> {
  if (!isMapping(matrix)) yield [ANY_OF_MATRIX, undefined];
  else {
    yield* entriesBelow("matrix.", matrix);
    yield* entriesBelow("$", matrix);
  }
}

/** A caller may give other values than these. */
function* inputEntries(inputs: Value): Generator<Entry> {
  if (!isMapping(inputs)) return;
  for (const [name, input] of Object.entries(inputs)) {
    yield [`inputs.${name}`, undefined];
    if (isMapping(input))
      yield* entriesOf(`inputs.${name}`, [input.default ?? [], input.options ?? []].flat());
  }
}

function* entriesBelow(prefix: string, value: Value): Generator<Entry> {
  if (!isMapping(value)) return;
  for (const [name, one] of Object.entries(value)) yield* entriesOf(`${prefix}${name}`, one);
}

function* entriesOf(name: string, value: Value): Generator<Entry> {
  if (Array.isArray(value)) for (const one of value) yield* entriesOf(name, one);
  else if (isMapping(value)) yield* entriesBelow(`${name}.`, value);
  // A text may be several paths.
  else
    for (const one of scalarText(value)
      .trim()
      .split(/\s+(?![^{]*\}\})/))
      yield [name, isStatic(one) ? one : undefined];
}

/** Whether a value has no other unknowns than variables of the same workflow. */
const isStatic = (value: string): boolean =>
  /^(?:[\w./*~+@-]|\$\{\{\s*(?:matrix|env|inputs)\.[\w.-]+\s*\}\}|\$\{?\w+\}?)+$/.test(value);
