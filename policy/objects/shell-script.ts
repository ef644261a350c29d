import type { KubeObject } from "../../kube/objects.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, type Fields } from "../engine/read.ts";
import { allContainersOf, CONTAINER_KINDS } from "./containers.ts";

/** Whether a value is a shell script, judged by its first line, its file name, or shell syntax in a command. */
export function isScript(value: string, path: Path): boolean {
  const field = path.findLast((step) => typeof step === "string") ?? "";
  if (/^\s*#!\s*\S*(sh|env)\b/.test(value) || /\.(sh|bash)$/.test(field)) return true;
  return ["command", "args"].includes(field) && /[\n;|]|&&|\becho\b|\bif \[/.test(value);
}

/** The variables that a script sets. */
export function assignedIn(script: string): ReadonlySet<string> {
  const found = script.matchAll(/(?:^|[\s;&|(])(?:(\w+)=|for\s+(\w+)\s|read\s([^\n;|]{0,200}))/g);
  return new Set(
    [...found]
      .flatMap(([, set, each, read]) => [set, each, ...(read?.split(/\s+/) ?? [])])
      .filter((name) => name !== undefined),
  );
}

/**
 * Whether a container with a script sets an environment variable: the one whose command or argument the script is, or, for a script elsewhere, any container in
 * its namespace.
 */
export function isSetFor(name: string, path: Path, object: KubeObject, objects: ObjectIndex): boolean {
  const command = path.findLastIndex((step) => step === "command" || step === "args");
  if (command >= 0) return sets(name, fields(at(object, path.slice(0, command))));
  return CONTAINER_KINDS.flatMap((kind) => objects.ofKind(kind))
    .filter(({ metadata }) => metadata.namespace === object.metadata.namespace)
    .flatMap((workload) => allContainersOf(workload, objects))
    .some(({ spec }) => sets(name, spec));
}

/** Whether a container's `env` has a variable; in app-template's values, it may be a map. */
function sets(name: string, { env }: Fields): boolean {
  return fields(env)[name] !== undefined || list(env).some((one) => fields(one).name === name);
}
