import { posix } from "node:path";
import { scalarText } from "../kustomize/resource.ts";
import { isIn } from "../yaml/paths.ts";
import type { Repository } from "../yaml/repository.ts";
import { fileText } from "../yaml/file-text.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { artifactOf, artifactsIn, type GeneratedArtifact } from "./artifact-generators.ts";
import { Delivered, type LeftOut } from "./delivered.ts";
import type { KeptBuilds } from "./kept-results.ts";
import { specOf } from "./flux-kustomization.ts";
import { parseIgnore, type IgnorePattern } from "./ignore-pattern.ts";
import { pushedBy } from "./pushed-sources.ts";
import type { PushedArtifact } from "./pushed-artifacts.ts";
import { clusterOf, isSourceWithIgnore, sourcesWithIgnore, type WrittenObject } from "./written.ts";

/** What Flux excludes from every artifact. Source: ExcludeVCS in fluxcd/pkg/sourceignore. */
const ALWAYS = ".git/\n.gitignore\n.gitmodules\n.gitattributes";
const ARCHIVES_AND_MEDIA = ["*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"];
/** What `flux push artifact` leaves out without `--ignore-paths`. Source: excludeOCI in flux2, cmd/flux/build_artifact.go. */
const BY_PUSH = [ALWAYS, ...ARCHIVES_AND_MEDIA].join("\n");
/** What Flux also excludes by default. Source: ExcludeExt, ExcludeCI and ExcludeExtra in fluxcd/pkg/sourceignore. */
const BY_DEFAULT = [
  ...ARCHIVES_AND_MEDIA,
  ...[".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"],
  ...["cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"],
  ...["**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"],
].join("\n");
/** Where the patterns of Flux itself are. */
const DEFAULTS = "Flux's defaults";
const IGNORE_FILE = ".sourceignore";

/** A pattern and the file that contains it. */
interface PlacedPattern extends IgnorePattern {
  readonly place: string;
}

/** What the artifacts depend on, in addition to the repository. */
interface ArtifactSources {
  readonly orphans: readonly WrittenObject[];
  readonly kept: KeptBuilds;
}

/** The artifacts of the Flux sources, which exclude some of the repository's files. */
export class Artifacts {
  readonly #repository: Repository;
  readonly #sources: readonly WrittenObject[];
  /** The patterns from all ignore files, from the top directory down. */
  readonly #patterns: readonly PlacedPattern[];
  /** The artifacts, keyed by the command that pushes them, and then by the source if it has `spec.ignore`; all others share the key undefined. */
  readonly #delivered = new Map<PushedArtifact | undefined, Map<WrittenObject | undefined, Delivered>>();
  readonly #generated: ReturnType<typeof artifactsIn>;
  readonly #partial = new Map<GeneratedArtifact, Delivered>();
  readonly #kept: KeptBuilds;

  /**
   * @param files every YAML file of the repository
   * @param orphans objects that exist only on the cluster
   * @param kept results of builds of earlier states of the repository
   */
  constructor(repository: Repository, files: readonly string[], { orphans, kept }: ArtifactSources) {
    this.#repository = repository;
    this.#kept = kept;
    this.#generated = artifactsIn(repository, files);
    this.#sources = [...sourcesWithIgnore(repository, files), ...orphans.filter(isSourceWithIgnore)];
    this.#patterns = repository
      .filesBelow(".", (name) => name === IGNORE_FILE)
      .flatMap((file) => {
        const directory = posix.dirname(file);
        return placed(fileText(repository, file) ?? "", file, directory === "." ? [] : directory.split("/"));
      });
  }

  /** The artifact of a Kustomization's source. If several clusters have a source with that name, the one in the cluster's own directory is used. */
  of(kustomization: Mapping, cluster: string): Delivered {
    const generated = artifactOf(kustomization, cluster, this.#generated);
    if (generated !== undefined) return this.#deliver(generated);
    const source = this.#sourceOf(kustomization, cluster);
    const pushed = pushedBy(specOf(kustomization).sourceRef, this.#repository);
    const bySource = this.#delivered.get(pushed) ?? new Map<WrittenObject | undefined, Delivered>();
    this.#delivered.set(pushed, bySource);
    const delivered = bySource.get(source) ?? this.#fetchedBy(source, pushed);
    bySource.set(source, delivered);
    return delivered;
  }

  /** The directory that becomes the root of an artifact; undefined for the artifact of the whole repository. */
  baseOf(kustomization: Mapping, cluster: string): string | undefined {
    return (
      artifactOf(kustomization, cluster, this.#generated)?.base ??
      pushedBy(specOf(kustomization).sourceRef, this.#repository)?.directory
    );
  }

  #fetchedBy(source: WrittenObject | undefined, pushed: PushedArtifact | undefined): Delivered {
    const directory = pushed?.directory.split("/");
    const own = source
      ? placed(scalarText(specOf(source.object).ignore), `spec.ignore in ${source.file}`, directory)
      : [];
    return pushed ? this.#pushedBy(pushed, own) : this.#without(patternsFor([...this.#patterns, ...own]));
  }

  /** `flux push artifact` reads no ignore files; the source that fetches the artifact does. */
  #pushedBy({ file, directory, ignorePaths }: PushedArtifact, own: readonly PlacedPattern[]): Delivered {
    const inside = this.#patterns.filter(({ place }) => isIn(place, directory));
    const ignored =
      ignorePaths === undefined
        ? placed(BY_PUSH, "the defaults of flux push artifact")
        : placed(ignorePaths.join("\n"), `--ignore-paths in ${file}`, directory.split("/"));
    return this.#without([...patternsFor([...inside, ...own]), ...ignored], directory);
  }

  #deliver(artifact: GeneratedArtifact): Delivered {
    let delivered = this.#partial.get(artifact);
    if (delivered === undefined) {
      const { base, directories, file, excludes } = artifact;
      const own = excludes.map((pattern) => ({ ...pattern, place: `exclude in ${file}` }));
      delivered = this.#without([...patternsFor(this.#patterns), ...own], base, directories);
      this.#partial.set(artifact, delivered);
    }
    return delivered;
  }

  #without(
    patterns: readonly PlacedPattern[],
    base = ".",
    directories: readonly string[] = [base],
  ): Delivered {
    const artifact = JSON.stringify([base, directories, ...patterns.map(({ line, place }) => [line, place])]);
    return new Delivered(this.#repository, leftOutBy(patterns, directories), base, this.#kept.of(artifact));
  }

  /** Every file that has been read from any of the artifacts. */
  filesRead(): ReadonlySet<string> {
    const fetched = [...this.#delivered.values()].flatMap((bySource) => [...bySource.values()]);
    return new Set([...fetched, ...this.#partial.values()].flatMap((delivered) => [...delivered.filesRead]));
  }

  #sourceOf(kustomization: Mapping, cluster: string): WrittenObject | undefined {
    const { sourceRef } = specOf(kustomization);
    if (!isMapping(sourceRef)) return undefined;
    const named = this.#sources.filter(
      ({ object }) =>
        object.kind === sourceRef.kind &&
        isMapping(object.metadata) &&
        object.metadata.name === sourceRef.name,
    );
    return (
      named.find((source) => clusterOf(source) === cluster) ??
      named.find((source) => clusterOf(source) === ".")
    );
  }
}

function placed(ignore: string, place: string, directory?: readonly string[]): readonly PlacedPattern[] {
  return parseIgnore(ignore, directory).map((pattern) => ({ ...pattern, place }));
}

/** Any pattern of the source replaces Flux's defaults. */
function patternsFor(patterns: readonly PlacedPattern[]): readonly PlacedPattern[] {
  return [...placed(patterns.length > 0 ? ALWAYS : `${ALWAYS}\n${BY_DEFAULT}`, DEFAULTS), ...patterns];
}

/** The last matching pattern wins. An artifact has nothing from outside its directories. */
function leftOutBy(patterns: readonly PlacedPattern[], directories: readonly string[]): LeftOut {
  return (path, isDirectory) => {
    const isOutside = (directory: string): boolean => !isIn(path, directory) && !isIn(directory, path);
    if (directories.every(isOutside)) return { reason: `it contains only ${directories.join(", ")}` };
    const parts = path.split("/");
    const last = patterns.findLast(({ matches }) => matches(parts, isDirectory));
    if (last === undefined || last.includes) return undefined;
    const { line, place } = last;
    return {
      reason: `excluded by \`${line}\` (${place})`,
      ...(place === DEFAULTS && !ALWAYS.split("\n").includes(line) && { fluxLine: line }),
    };
  };
}
