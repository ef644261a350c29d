import { isDeepStrictEqual } from "node:util";
import type { FluxBuild, FluxBuildAnswer } from "./flux-build.ts";
import { collision, finishObject } from "./flux/finish.ts";
import { fileWithSpec } from "./flux/flux-kustomization.ts";
import type { MissingVariable } from "./flux/substitution.ts";
import { variablesOf } from "./flux/variables.ts";
import { kustomizeBuild } from "./kustomize/kustomize.ts";
import { BuildError } from "./problem.ts";
import { Repository } from "./yaml/repository.ts";
import { startOf } from "./yaml/source.ts";
import { isMapping, valueAt, type Mapping, type Value } from "./yaml/values.ts";

/** The result of comparing the offline build of a Flux Kustomization with Flux's own build. */
export interface Comparison {
  /** `refused`: both report an error; `unsupported`: the offline build reports a feature that only Flux supports. */
  readonly outcome: "equal" | "refused" | "unsupported" | "different";
  readonly offline: FluxBuildAnswer;
  readonly flux: FluxBuildAnswer;
}

/** A Flux Kustomization with the given spec, for a comparison. */
export function fluxKustomization(spec: Mapping): Mapping {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "case", namespace: "flux-system" },
    spec,
  };
}

/** A Kustomization to build from the files in a directory. */
export interface ComparedBuild {
  readonly root: string;
  readonly spec: Mapping;
  /** All ConfigMaps and Secrets that exist, for `substituteFrom`. */
  readonly sources?: readonly Mapping[];
  /** Whether kustomize-controller runs with the feature gate StrictPostBuildSubstitutions. */
  readonly strict?: boolean;
}

/** Builds a Kustomization both offline and with Flux, and compares objects, order and errors. */
export async function compareWithFlux(flux: FluxBuild, compared: ComparedBuild): Promise<Comparison> {
  const { root, spec, sources = [], strict = false } = compared;
  const theirs = await flux.build({ root, kustomization: fluxKustomization(spec), sources, strict });
  const offline = buildOffline(compared);
  if ("error" in offline && "error" in theirs) return { outcome: "refused", offline, flux: theirs };
  const isUnsupported = "error" in offline && offline.error.startsWith("unsupported");
  if (isUnsupported) return { outcome: "unsupported", offline, flux: theirs };
  const isEqual = isDeepStrictEqual(offline, theirs);
  return { outcome: isEqual ? "equal" : "different", offline, flux: theirs };
}

/** The objects that the offline build returns for a Kustomization, or the error that it reports. */
export function buildOffline({ root, spec, sources = [], strict = false }: ComparedBuild): FluxBuildAnswer {
  const placed = placedAt(fluxKustomization(spec), "ks.yaml");
  try {
    const repository = new Repository(root);
    const resources = kustomizeBuild(fileWithSpec(placed, repository), repository);
    const variables = variablesOf(placed, (kind, namespace, name) =>
      sources
        .map((source) => placedAt(source, "source.yaml"))
        .find((source) => isNamed(source, kind, namespace, name)),
    );
    const [error] = variables?.errors ?? [];
    if (error) throw error;
    const known = variables && { ...variables, complete: true };
    const objects = resources.map(({ object }) =>
      finishObject(object, placed, known, strict ? refuse : undefined),
    );
    const clash = known && collision(objects);
    if (clash) throw clash;
    return { objects: objects.map(plain) };
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const { file, line } = error.problem.position;
    return { error: `${error.kind} ${file}:${line}: ${error.message}` };
  }
}

function refuse({ name, origin }: MissingVariable): never {
  throw new BuildError(`nothing defines the variable ${name}`, origin());
}

const placedAt = (value: Mapping, file: string): Mapping => valueAt(value, startOf(file)) as Mapping;

function isNamed(
  { kind, metadata }: Mapping,
  ...[own, namespace, name]: readonly [string, string, string]
): boolean {
  return kind === own && isMapping(metadata) && metadata.namespace === namespace && metadata.name === name;
}

const plain = (object: Mapping): Mapping => JSON.parse(JSON.stringify(object)) as Mapping;

/** The differences between two values, one line per field. */
export function differingPaths(a: Value | undefined, b: Value | undefined, path = ""): readonly string[] {
  if (isDeepStrictEqual(a, b)) return [];
  const isContainer = (value: Value | undefined): value is Mapping | Value[] =>
    typeof value === "object" && value !== null;
  if (isContainer(a) && isContainer(b) && Array.isArray(a) === Array.isArray(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differingPaths((a as Mapping)[key], (b as Mapping)[key], `${path}.${key}`),
    );
  return [`${path}: ${JSON.stringify(a)} in the offline build, ${JSON.stringify(b)} in Flux's build`];
}
