import { posix } from "node:path";
import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { Directory } from "./directory.ts";
import { fieldsAtPath } from "./field-path.ts";
import { stepsOf } from "./field-spec.ts";
import { VALUE_ADD } from "./kustomization-type.ts";
import { mappings } from "./lists.ts";
import { localValue } from "./local-value.ts";
import { scalarText, type Resource } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { select } from "./selector.ts";
import { moveToNamespace } from "./set-namespace.ts";
import { setUntyped } from "./untyped.ts";
import { readTyped } from "./typed.ts";

/** Applies a `ValueAddTransformer`, which sets fields to a value. Source: internal/builtins/ValueAddTransformer.go. */
export function addValue(config: Mapping, directory: Directory): (resources: Resources) => void {
  const origin = originOf(config);
  const { value, targets } = readConfig(config, directory);
  for (const target of targets)
    if (scalarText(target.fieldPath) === "")
      throw new BuildError("a target of a ValueAddTransformer needs the field `fieldPath`", originOf(target));
  return (resources) => {
    for (const target of targets) {
      const { selector } = target;
      for (const resource of isMapping(selector) ? select(resources, selector) : resources.all) {
        setValue(resource, value, target, origin);
        resources.renamed(resource);
      }
    }
  };
}

interface ValueAdd {
  readonly value: string;
  readonly targets: readonly Mapping[];
}

function readConfig(config: Mapping, directory: Directory): ValueAdd {
  const own = readTyped(config, VALUE_ADD, "lenient", originOf(config)) as Mapping;
  const root = posix.join(directory.repository.root, directory.path);
  const value = scalarText(own.value).trim() || posix.basename(root);
  const targets = [...mappings(own, "targets"), ...sharedTargets(own, directory)];
  if (targets.length === 0)
    throw new BuildError("a ValueAddTransformer needs at least one target", originOf(config));
  return { value, targets };
}

/** The targets in the file that `targetFilePath` names. */
function sharedTargets(config: Mapping, directory: Directory): readonly Mapping[] {
  const path = scalarText(config.targetFilePath);
  if (path === "") return [];
  const origin = entryOrigin(config, "targetFilePath");
  const value = localValue(directory, path, origin);
  return value === null ? [] : mappings(readTyped(value, VALUE_ADD, "lenient", origin) as Mapping, "targets");
}

function setValue(resource: Resource, value: string, target: Mapping, origin: Origin): void {
  const path = scalarText(target.fieldPath);
  if (path === "metadata/namespace") {
    moveToNamespace(resource, { namespace: value, specs: [], origin });
    return;
  }
  const position = typeof target.filePathPosition === "number" ? target.filePathPosition : 0;
  if (position < 0) throw new BuildError("filePathPosition must not be negative", originOf(target));
  for (const field of fieldsAtPath(resource.object, stepsOf(path), "", origin)) {
    const present = (field.container as Mapping)[field.key] as Value;
    if (typeof present === "object" && present !== null)
      throw new BuildError(`${path} must be a scalar`, origin);
    const text = position === 0 ? value : insertedInPath(scalarText(present), position - 1, value);
    setUntyped(field.container, field.key, text, origin);
  }
}

/** A path with another part at a position. Source: InsertPathPart in kyaml/filesys/util.go. */
function insertedInPath(path: string, position: number, part: string): string {
  const parts = path.split("/").filter((own) => own !== "");
  parts.splice(position, 0, part);
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}
