import { readdir } from "node:fs/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { readStackFile } from "./stack-file.ts";

/** A stack and its upstream stacks, which must verify a release before the stack may run it. */
export interface StackNode {
  readonly name: string;
  readonly after: readonly string[];
}

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/**
 * Reads the stacks of a project from its `Pulumi.<stack>.yaml` files, sorted by name.
 * @throws {EdgefirstError} if the directory has no project or no stack, or a file is not valid YAML or has an invalid `after`
 */
export async function readStacks(project: string): Promise<StackNode[]> {
  const files = await readdir(project).catch((): string[] => []);
  if (!files.includes("Pulumi.yaml"))
    throw new EdgefirstError(
      `No Pulumi project in ${project}: Pulumi.yaml is missing.`,
      "Run edgefirst in the project's directory, or name a sandbox with --dir.",
    );
  const names = files.flatMap((file) => STACK_FILE.exec(file)?.[1] ?? []).sort();
  if (names.length === 0)
    throw new EdgefirstError(
      `The project in ${project} has no stack: no Pulumi.<stack>.yaml.`,
      "Write one per cluster; docs/reference/configuration.md lists every key.",
    );
  return Promise.all(
    names.map(async (name) => ({ name, after: (await readStackFile(project, name)).after })),
  );
}

/**
 * Orders stacks into waves: each stack is in the first wave after those of its upstream stacks, so the stacks in a wave can be brought up
 * in parallel. Within a wave, stacks are sorted by name.
 * @throws {EdgefirstError} naming a cycle, or each upstream stack that does not exist
 */
export function planWaves(stacks: readonly StackNode[]): string[][] {
  refuseMissing(stacks);
  const waves: string[][] = [];
  let open = [...stacks].sort((one, other) => (one.name < other.name ? -1 : 1));
  const placed = new Set<string>();
  while (open.length > 0) {
    const ready = open.filter(({ after }) => after.every((name) => placed.has(name)));
    if (ready.length === 0) throw cycleError(open);
    for (const { name } of ready) placed.add(name);
    waves.push(ready.map(({ name }) => name));
    open = open.filter(({ name }) => !placed.has(name));
  }
  return waves;
}

/**
 * A stack and everything upstream of it, direct or not.
 * @throws {EdgefirstError} if a stack does not exist
 */
export function stacksUpTo(stacks: readonly StackNode[], target: string): StackNode[] {
  refuseMissing(stacks);
  const wanted = new Set([stackNamed(stacks, target).name]);
  // Iteration over a Set also visits elements that are added during it.
  for (const name of wanted) for (const upstream of stackNamed(stacks, name).after) wanted.add(upstream);
  return stacks.filter(({ name }) => wanted.has(name));
}

/** The name of a stack, then those of everything downstream of it, direct or not. */
export function namesFrom(stacks: readonly StackNode[], target: string): string[] {
  const affected = new Set([target]);
  for (const each of affected)
    for (const { name, after } of stacks) if (after.includes(each)) affected.add(name);
  return [...affected];
}

/** @throws {EdgefirstError} listing the stacks, if none has this name */
export function stackNamed(stacks: readonly StackNode[], name: string): StackNode {
  const found = stacks.find((stack) => stack.name === name);
  if (found !== undefined) return found;
  throw new EdgefirstError(
    `No stack ${name}: Pulumi.${name}.yaml is missing.`,
    `The stacks are: ${stacks.map((stack) => stack.name).join(", ")}.`,
  );
}

function refuseMissing(stacks: readonly StackNode[]): void {
  const known = new Set(stacks.map(({ name }) => name));
  const missing = stacks.flatMap(({ name, after }) =>
    after
      .filter((upstream) => !known.has(upstream))
      .map((upstream) => `${name} depends on ${upstream}, but Pulumi.${upstream}.yaml is missing.`),
  );
  if (missing.length > 0)
    throw new EdgefirstError(
      missing.join("\n"),
      "Correct edgefirst:after, or add the stack. Nothing was changed.",
    );
}

/** Every remaining stack waits for another one; follows them until a stack repeats. */
function cycleError(open: readonly StackNode[]): EdgefirstError {
  const waiting = new Set(open.map(({ name }) => name));
  const path: string[] = [];
  let name = open[0]?.name ?? "";
  while (!path.includes(name)) {
    path.push(name);
    name = stackNamed(open, name).after.find((upstream) => waiting.has(upstream)) ?? "";
  }
  const cycle = [...path.slice(path.indexOf(name)), name];
  return new EdgefirstError(
    `The stacks depend on each other in a cycle: ${cycle.join(" -> ")}.`,
    "Remove one of these dependencies from edgefirst:after. Nothing was changed.",
  );
}
