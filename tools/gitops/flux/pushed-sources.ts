import { oncePer } from "../../../lib/once-per.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Value } from "../yaml/values.ts";
import { fluxInstances, sourceOf } from "./flux-instances.ts";
import { pushedArtifacts, type PushedArtifact } from "./pushed-artifacts.ts";
import { sourcesIn } from "./written.ts";
import { writtenKustomizations } from "./written-kustomizations.ts";

/**
 * What a source delivers, given a reference to it, if it is an OCIRepository that a workflow of this repository pushes from one of its directories; undefined for
 * the whole repository, or for any other source.
 */
export function pushedBy(reference: Value | undefined, repository: Repository): PushedArtifact | undefined {
  if (!isMapping(reference) || reference.kind !== "OCIRepository") return undefined;
  return pushedSources(repository).get(scalarText(reference.name));
}

/** By name, the OCIRepositories that deliver a directory of a repository. */
const pushedSources = oncePer((repository: Repository): ReadonlyMap<string, PushedArtifact> => {
  const pushed = pushedArtifacts(repository);
  if (pushed.every(({ directory }) => directory === ".")) return new Map();
  const found = Map.groupBy(
    ociRepositories(repository).flatMap(({ name, url }) =>
      pushed.filter(({ isAt }) => isAt(url)).map((artifact) => ({ name, artifact })),
    ),
    ({ name }) => name,
  );
  return new Map(
    [...found].flatMap(([name, artifacts]) => {
      const [directory, ...others] = new Set(artifacts.map(({ artifact }) => artifact.directory));
      const [first] = artifacts;
      return first && directory !== "." && others.length === 0 ? [[name, first.artifact] as const] : [];
    }),
  );
});

/** The OCIRepositories with their URLs, including those that the Flux Operator creates. */
function ociRepositories(repository: Repository): readonly { readonly name: string; readonly url: string }[] {
  const instances = fluxInstances(repository, writtenKustomizations(repository))
    .map((instance) => ({ ...sourceOf(instance), url: scalarText(instance.sync.url) }))
    .filter(({ kind }) => kind === "OCIRepository");
  return [...sourcesIn(repository, "OCIRepository"), ...instances];
}
