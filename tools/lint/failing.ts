import type { KubeObject } from "../../kube/objects.ts";
import type { Rule } from "../../policy/engine/rule.ts";
import type { BuiltCluster, BuiltKustomization } from "../gitops/flux/built.ts";
import { specOf } from "../gitops/flux/flux-kustomization.ts";
import { idOf } from "../gitops/kustomize/object-name.ts";
import { HOW_TO_EXCLUDE, isOfEdgefirst, withFluxLines } from "../gitops/own-directory.ts";
import type { BuildProblem } from "../gitops/problem.ts";
import { fileText } from "../gitops/yaml/file-text.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { locate } from "../gitops/yaml/source.ts";
import { entryOrigin, isMapping, originOf } from "../gitops/yaml/values.ts";
import { asKubeObject } from "./kube-object.ts";
import type { ObstacleAt } from "./linted-finding.ts";

/** What it means for a cluster's findings that Flux cannot build some of its Kustomizations. */
export interface Failing {
  /** The problems of the cluster's build, with those of files that are not meant for Flux as one. */
  readonly problems: readonly ObstacleAt[];
  /** Why an object's own problems are not the first to fix, as a sentence; undefined if Flux can apply it. */
  readonly remarkOn: (object: KubeObject) => string | undefined;
}

/** Finds the Kustomizations of a cluster that Flux cannot build; a build that only edgefirst cannot do says nothing about them. */
export function failingIn(cluster: BuiltCluster, repository: Repository): Failing {
  const failing = cluster.kustomizations.filter(({ failures }) => failures.length > 0);
  const causes = failing.flatMap((one) => causeOf(one, repository) ?? []);
  const replaced = new Set(causes.flatMap(({ strays }) => strays).map(keyOf));
  const first = new Map(
    failing.map((one) => {
      const own = causes.find(({ kustomization }) => kustomization === one)?.obstacle ?? one.failures[0];
      return [one, own] as const;
    }),
  );
  const remarks = new Map(
    cluster.objects.flatMap(({ object, kustomization }) => {
      const cause = kustomization && first.get(kustomization);
      if (!cause) return [];
      const { file, line } = cause.position;
      const remark = `Flux applies nothing of Kustomization ${idOf(kustomization.object)} as long as ${file}:${line} fails its build: fix that first.`;
      return [[asKubeObject(object), remark] as const];
    }),
  );
  return {
    problems: [
      ...causes.map(({ obstacle }) => obstacle),
      ...cluster.problems.filter((problem) => !replaced.has(keyOf(problem))),
    ],
    remarkOn: (object) => remarks.get(object),
  };
}

/** Why a rule only recommends a change in an object. A Secret that anyone can read is an error, whatever Flux applies. */
export function whyLater(object: KubeObject, { id }: Rule, { remarkOn }: Failing): string | undefined {
  return id === "secret-in-clear" ? undefined : remarkOn(object);
}

/** Why a Kustomization without a kustomization file cannot be built: Flux builds every YAML file below its path, even those that are meant for another program. */
interface Cause {
  readonly kustomization: BuiltKustomization;
  readonly strays: readonly BuildProblem[];
  readonly obstacle: ObstacleAt;
}

function causeOf(kustomization: BuiltKustomization, repository: Repository): Cause | undefined {
  if (!kustomization.isGenerated) return undefined;
  const strays = kustomization.failures.filter((problem) => isStray(problem, repository));
  const files = [...new Set(strays.map(({ position }) => position.file))];
  const [first] = files;
  if (first === undefined) return undefined;
  const { object, directory } = kustomization;
  const spec = specOf(object);
  const others = files.length === 1 ? "is no object" : `and ${files.length - 1} more are no objects`;
  const message = `Flux applies nothing of Kustomization ${idOf(object)}: ${directory} has no kustomization.yaml, so every YAML file below it is built, and ${first} ${others}. ${files.every(isOfEdgefirst) ? OWN : FOREIGN}${withFluxLines(kustomization.fluxExclusions)}`;
  const origin = isMapping(object.spec) ? entryOrigin(spec, "path") : originOf(object);
  return { kustomization, strays, obstacle: { kind: "build", message, position: locate(origin) } };
}

const OWN = `Before you push it, ${HOW_TO_EXCLUDE}`;
const FOREIGN =
  "Set spec.path to a directory with objects only, list the objects in a kustomization.yaml, or exclude the other files in .sourceignore";

/** A template of Helm, or values, a chart and other settings: a file that is written for another program. */
function isStray({ kind, message, position }: BuildProblem, repository: Repository): boolean {
  if (kind === "build") return message.startsWith("this is not a Kubernetes object");
  return kind === "syntax" && /^\s*(?:[\w."'-]+: *)?\{\{/m.test(fileText(repository, position.file) ?? "");
}

const keyOf = ({ message, position: { file, line, column } }: BuildProblem): string =>
  `${file}:${line}:${column} ${message}`;
