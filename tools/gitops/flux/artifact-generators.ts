import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { specOf } from "./flux-kustomization.ts";
import { parseIgnore, type IgnorePattern } from "./ignore-pattern.ts";
import { clusterOf, documentsWith } from "./written.ts";

/** An artifact that an ArtifactGenerator assembles from directories in this repository. */
export interface GeneratedArtifact {
  readonly name: string;
  /** The file that contains the ArtifactGenerator. */
  readonly file: string;
  /** The directory in the repository that becomes the artifact's root. */
  readonly base: string;
  /** What the copies leave out. */
  readonly excludes: readonly IgnorePattern[];
}

/**
 * The artifacts that ArtifactGenerators assemble from this repository, apart from artifacts whose directories have moved relative to one another.
 * Source: github.com/fluxcd/source-watcher, docs/spec/v1beta1/artifactgenerators.md.
 */
export function artifactsIn(repository: Repository, files: readonly string[]): readonly GeneratedArtifact[] {
  return documentsWith(repository, files, "ArtifactGenerator")
    .filter(({ object }) => object.kind === "ArtifactGenerator")
    .flatMap(({ object, file }) =>
      mappingsIn(specOf(object).artifacts).flatMap((artifact) => {
        const copies = mappingsIn(artifact.copy);
        const base = baseOf(copies, repository);
        const excludes = copies.flatMap(excludesOf);
        return base === undefined ? [] : [{ name: scalarText(artifact.name), file, base, excludes }];
      }),
    );
}

/** The artifact that a Kustomization builds from; undefined if the Kustomization names none of the artifacts. */
export function artifactOf(
  kustomization: Mapping,
  cluster: string,
  artifacts: readonly GeneratedArtifact[],
): GeneratedArtifact | undefined {
  const { sourceRef } = specOf(kustomization);
  if (!isMapping(sourceRef) || sourceRef.kind !== "ExternalArtifact") return undefined;
  const named = artifacts.filter(({ name }) => name === sourceRef.name);
  return named.find(({ file }) => clusterOf({ file }) === cluster) ?? named[0];
}

const mappingsIn = (value: Value | undefined): readonly Mapping[] =>
  Array.isArray(value) ? value.filter(isMapping) : [];

/** Patterns may be relative to the source or to the copied directory. Source: shouldExcludePath in its internal/builder/builder.go. */
function excludesOf({ from, exclude }: Mapping): readonly IgnorePattern[] {
  const directory = /^@[^/]+\/(.*)\/\*\*$/.exec(scalarText(from))?.[1] ?? "";
  const patterns = (Array.isArray(exclude) ? exclude : []).map(scalarText);
  const below = patterns.map((pattern) =>
    directory !== "" && pattern.startsWith(`${directory}/`) ? pattern.slice(directory.length + 1) : pattern,
  );
  return parseIgnore(below.join("\n"), directory === "" ? [] : directory.split("/"));
}

/** The directory relative to which no copy changes its path; undefined if there is none. */
function baseOf(copies: readonly Mapping[], repository: Repository): string | undefined {
  const bases = new Set(copies.map((copy) => shiftOf(copy, repository)));
  const [base] = bases;
  return bases.size === 1 ? base : undefined;
}

function shiftOf({ from, to }: Mapping, repository: Repository): string | undefined {
  const source = /^@[^/]+\/(?:(.*)\/)?\*\*$/.exec(scalarText(from));
  const target = /^@artifact(?:\/(.*?))?\/?$/.exec(scalarText(to));
  if (!source || !target) return undefined;
  const [directory, place] = [source[1] ?? "", target[1] ?? ""];
  if (!repository.isDirectory(directory === "" ? "." : directory)) return undefined;
  if (place === "") return posix.normalize(directory === "" ? "." : directory);
  if (directory === place) return ".";
  return directory.endsWith(`/${place}`) ? directory.slice(0, -place.length - 1) : undefined;
}
