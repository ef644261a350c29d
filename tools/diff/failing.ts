import { posix } from "node:path";
import { oncePer } from "../../lib/once-per.ts";
import type { BuiltCluster, BuiltKustomization, BuiltObject } from "../gitops/flux/built.ts";
import { idOf } from "../gitops/kustomize/object-name.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import { locate, type Origin, type Position } from "../gitops/yaml/source.ts";
import { originOf } from "../gitops/yaml/values.ts";

/** The problems because of which a Kustomization could not be built, or only in part. */
export const failuresOf = oncePer(
  ({ kustomizations, problems }: BuiltCluster): ReadonlyMap<BuiltKustomization, BuildProblem> => {
    const failures = new Map<BuiltKustomization, BuildProblem>();
    for (const problem of problems.filter(({ isBuilt }) => isBuilt !== true)) {
      const own = kustomizations.filter(({ object }) => isIn(problem.position, originOf(object)));
      const readers =
        own.length > 0 ? own : kustomizations.filter((one) => reads(one, problem.position.file));
      for (const kustomization of readers)
        if (!failures.has(kustomization)) failures.set(kustomization, problem);
    }
    return failures;
  },
);

/**
 * Why an object may be missing from one side of a comparison although Flux would keep it: its Kustomization, or one above that, could not be built there.
 * Undefined if it is certainly not there.
 * @param present the side that has the object
 */
export function whyMissing(
  built: BuiltObject,
  present: BuiltCluster | undefined,
  missing: BuiltCluster | undefined,
): BuildProblem | undefined {
  if (missing === undefined) return undefined;
  if (built.kustomization === undefined) return withoutFlux(built, missing);
  const id = idOf(built.kustomization.object);
  for (const [kustomization, problem] of failuresOf(missing))
    if (idOf(kustomization.object) === id) return problem;
  if (missing.kustomizations.some((kustomization) => idOf(kustomization.object) === id)) return undefined;
  const above = present?.objects.find(({ object }) => object === built.kustomization?.object);
  return above === undefined || above.kustomization === built.kustomization
    ? undefined
    : whyMissing(above, present, missing);
}

/** Without Flux, a cluster is one kustomization, which fails as a whole, or all loose files, each of which fails on its own. */
function withoutFlux(
  { origin }: BuiltObject,
  { name, problems, kustomizations }: BuiltCluster,
): BuildProblem | undefined {
  if (kustomizations.length > 0) return undefined;
  return problems.find(
    ({ isBuilt, position }) => isBuilt !== true && (name !== "." || position.file === origin.source.file),
  );
}

/** Whether a position is in the document with this origin. */
function isIn({ file, line }: Position, origin: Origin): boolean {
  if (file !== origin.source.file) return false;
  const start = locate(origin).line;
  const end = origin.source.text.indexOf("\n---", origin.offset);
  const last = end < 0 ? Infinity : origin.source.locate(end).line;
  return line >= start && line <= last;
}

function reads(kustomization: BuiltKustomization, file: string): boolean {
  const read = kustomization.filesRead();
  return read.has(file) || read.has(posix.dirname(file));
}
