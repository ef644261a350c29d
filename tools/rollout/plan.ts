import { readdir } from "node:fs/promises";
import { EdgefirstError } from "../../lib/errors.ts";
import { readStackFile } from "./stack-file.ts";

/** A stack and the stacks that must have verified a release before it may get that release. */
export interface StackNode {
  readonly name: string;
  readonly after: readonly string[];
}

const STACK_FILE = /^Pulumi\.(.+)\.yaml$/;

/**
 * Reads the stacks of a project from its `Pulumi.<stack>.yaml` files, by name.
 * @throws {EdgefirstError} where the directory holds no project or no stack, or a file is no YAML or says `after` wrongly
 */
export async function readStacks(project: string): Promise<StackNode[]> {
  const files = await readdir(project).catch((): string[] => []);
  if (!files.includes("Pulumi.yaml"))
    throw new EdgefirstError(
      `There is no Pulumi project in ${project}: it has no Pulumi.yaml.`,
      "Run edgefirst in the project's directory, or name a sandbox with --dir.",
    );
  const names = files.flatMap((file) => STACK_FILE.exec(file)?.[1] ?? []).sort();
  if (names.length === 0)
    throw new EdgefirstError(
      `The project in ${project} has no stack: there is no Pulumi.<stack>.yaml.`,
      "Write one a cluster; docs/reference/configuration.md has every key.",
    );
  return Promise.all(
    names.map(async (name) => ({ name, after: (await readStackFile(project, name)).after })),
  );
}

/**
 * Orders stacks into waves: every stack is in the first wave after those of all stacks that it comes after, so that a wave's stacks
 * may be brought up side by side. Within a wave the order is by name.
 * @throws {EdgefirstError} that shows the cycle, or each stack that is named and does not exist
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
 * The stacks that a rollout up to one stack concerns: it and everything that it comes after, directly or not.
 * @throws {EdgefirstError} where a stack does not exist
 */
export function stacksUpTo(stacks: readonly StackNode[], target: string): StackNode[] {
  refuseMissing(stacks);
  const wanted = new Set([stackNamed(stacks, target).name]);
  // A set's iteration also visits what is added during it.
  for (const name of wanted) for (const before of stackNamed(stacks, name).after) wanted.add(before);
  return stacks.filter(({ name }) => wanted.has(name));
}

/** @throws {EdgefirstError} that lists the stacks, where there is none of this name */
export function stackNamed(stacks: readonly StackNode[], name: string): StackNode {
  const found = stacks.find((stack) => stack.name === name);
  if (found !== undefined) return found;
  throw new EdgefirstError(
    `There is no stack ${name}: no file Pulumi.${name}.yaml.`,
    `There are: ${stacks.map((stack) => stack.name).join(", ")}.`,
  );
}

function refuseMissing(stacks: readonly StackNode[]): void {
  const known = new Set(stacks.map(({ name }) => name));
  const faults = stacks.flatMap(({ name, after }) =>
    after
      .filter((before) => !known.has(before))
      .map((before) => `${name} comes after ${before}, and there is no file Pulumi.${before}.yaml.`),
  );
  if (faults.length > 0)
    throw new EdgefirstError(
      faults.join("\n"),
      "Mend edgefirst:after, or add the stack. Nothing was changed.",
    );
}

/** Among stacks that all wait for one another, or for such a stack: follows one until it meets itself. */
function cycleError(open: readonly StackNode[]): EdgefirstError {
  const waiting = new Set(open.map(({ name }) => name));
  const path: string[] = [];
  let name = open[0]?.name ?? "";
  while (!path.includes(name)) {
    path.push(name);
    name = stackNamed(open, name).after.find((before) => waiting.has(before)) ?? "";
  }
  const cycle = [...path.slice(path.indexOf(name)), name];
  return new EdgefirstError(
    `The stacks come after each other in a circle: ${cycle.join(" after ")}.`,
    `Remove one of these from the edgefirst:after of its Pulumi.<stack>.yaml. Nothing was changed.`,
  );
}
