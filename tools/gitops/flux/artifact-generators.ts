import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../yaml/values.ts";
import { specOf } from "./flux-kustomization.ts";
import { parseIgnore, type IgnorePattern } from "./ignore-pattern.ts";
import { pushedBy } from "./pushed-sources.ts";
import { clusterOf, documentsWith } from "./written.ts";

/** An artifact that an ArtifactGenerator assembles from directories in this repository. */
export interface GeneratedArtifact {
  readonly name: string;
  /** The file that contains the ArtifactGenerator. */
  readonly file: string;
  /** The directory in the repository that becomes the artifact's root. */
  readonly base: string;
  /** The directories that are copied; the artifact has nothing else. */
  readonly directories: readonly string[];
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
    .flatMap(({ object, file }) => {
      const tops = topsOf(object, repository);
      return mappingsIn(specOf(object).artifacts).flatMap((artifact) => {
        const copies = mappingsIn(artifact.copy).map((copy) => copyOf(copy, tops, repository));
        const base = baseOf(copies);
        const directories = copies.flatMap((copy) => copy?.directory ?? []);
        const excludes = copies.flatMap((copy) => copy?.excludes ?? []);
        return base === undefined
          ? []
          : [{ name: scalarText(artifact.name), file, base, directories, excludes }];
      });
    });
}

/** The directories of this repository that the generator's sources deliver, by alias. */
function topsOf(generator: Mapping, repository: Repository): ReadonlyMap<string, string> {
  return new Map(
    mappingsIn(specOf(generator).sources).map((source) => [
      scalarText(source.alias),
      pushedBy(source, repository)?.directory ?? ".",
    ]),
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

/** One entry of `copy`. */
interface Copy {
  /** The directory that becomes the root of the artifact, if the entry is the only one. */
  readonly base: string;
  readonly directory: string;
  readonly excludes: readonly IgnorePattern[];
}

/**
 * Undefined for anything but a directory. As with `cp`, a directory without a pattern becomes a directory of that name in the target. Source: applyCopyOperation in
 * its internal/builder/builder.go.
 */
function copyOf(
  { from, to, exclude }: Mapping,
  tops: ReadonlyMap<string, string>,
  repository: Repository,
): Copy | undefined {
  const [, alias, path = ""] = /^@([^/]+)\/(.*)$/.exec(scalarText(from)) ?? [];
  const [, place] = /^@artifact\/(.*?)\/?$/.exec(scalarText(to)) ?? [];
  if (alias === undefined || place === undefined) return undefined;
  const isContents = path === "**" || path.endsWith("/**");
  const written = path.replace(/(?:^|\/)\**$/, "");
  const directory = posix.join(tops.get(alias) ?? ".", written);
  if (/[*?[\]]/.test(written) || !repository.isDirectory(directory)) return undefined;
  const target =
    isContents || written === "" || written === place ? place : posix.join(place, posix.basename(written));
  const base = baseFor(directory, target);
  return base === undefined
    ? undefined
    : { base, directory, excludes: excludesOf(exclude, written, directory) };
}

/** Patterns may be relative to the source or to the copied directory. Source: shouldExcludePath in its internal/builder/builder.go. */
function excludesOf(
  exclude: Value | undefined,
  written: string,
  directory: string,
): readonly IgnorePattern[] {
  const patterns = (Array.isArray(exclude) ? exclude : []).map(scalarText);
  const below = patterns.map((pattern) =>
    written !== "" && pattern.startsWith(`${written}/`) ? pattern.slice(written.length + 1) : pattern,
  );
  return parseIgnore(below.join("\n"), directory === "." ? [] : directory.split("/"));
}

/** The directory relative to which no copy changes its path; undefined if there is none. */
function baseOf(copies: readonly (Copy | undefined)[]): string | undefined {
  const bases = new Set(copies.map((copy) => copy?.base));
  const [base] = bases;
  return bases.size === 1 ? base : undefined;
}

function baseFor(directory: string, target: string): string | undefined {
  if (target === "") return directory;
  if (directory === target) return ".";
  return directory.endsWith(`/${target}`) ? directory.slice(0, -target.length - 1) : undefined;
}
