import { posix } from "node:path";
import { HELM_REPOSITORY, OCI_REPOSITORY } from "../../../../policy/objects/kinds.ts";
import { findKustomizationFile } from "../../../gitops/kustomize/kustomization-file.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { asWritten, fieldAt, nameOf, objectNamed, type WrittenObject } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { whyNotListed } from "./unlisted.ts";
import { apiVersionFor } from "./api-version.ts";
import { repositoryOf, type Source } from "./artifact.ts";
import { artifactKey, existingName, ociRepository, type NewRepositories } from "./repositories.ts";

/**
 * The `chartRef` to an OCIRepository that all releases of a chart and version share. It is next to the HelmRepository that it replaces, in
 * the same namespace, so that it reaches the same clusters; a reason if that is not possible.
 */
export function sharedReference(
  release: WrittenObject,
  source: Source,
  context: StepContext,
  { files, created, taken }: NewRepositories,
): Mapping | string {
  const homes = release.forms.map((form) => repositoryOf(form, context));
  const [home] = homes;
  if (!home || homes.some((one) => one?.origin.source.file !== home.origin.source.file))
    return "its HelmRepository is written in different files for different clusters";
  const { namespace } = nameOf(home.object);
  const reach = clustersWith(home, context);
  const key = artifactKey(reach, namespace, source.fields, source.address, source.tag, undefined);
  const known = existingName(release, source, namespace, context) ?? created.get(key);
  const { file } = home.origin.source;
  const directory = directoryFor(file, context.repository);
  const places = [...reach.map((cluster) => `${cluster} ${namespace}`), directory];
  const name = known ?? freeName(source, namespace, context, (one) => isTaken(one, places, taken));
  if (known === undefined) {
    const served = apiVersionFor(release, context);
    if (typeof served === "string") return served;
    const written = asWritten({ file, origin: home.origin }, context.repository);
    const isWritten = fieldAt(written, ["metadata", "namespace"]) !== undefined;
    const metadata = { name, ...(isWritten && { namespace }) };
    const base = directory === posix.dirname(file) ? fileNextTo(file, name) : `${name}.yaml`;
    const path = posix.join(directory, base);
    const kustomization = findKustomizationFile(context.repository, directory);
    const unlisted = whyNotListed(path, kustomization, files, context);
    if (unlisted !== undefined) return unlisted;
    files.append(path, ociRepository({ ...served, metadata }, source, home.object));
    if (kustomization !== undefined) files.addResource(kustomization, `./${base}`);
    created.set(key, name);
    for (const place of places) taken.add(artifactKey(place, name));
  }
  const isNear = release.forms.every(({ object }) => nameOf(object).namespace === namespace);
  return { kind: "OCIRepository", name, ...(!isNear && { namespace }) };
}

/** The names of the clusters that receive a HelmRepository from its file, and so an OCIRepository next to it. */
function clustersWith({ object, origin }: BuiltObject, { clusters }: StepContext): readonly string[] {
  return clusters
    .filter((cluster) => {
      const own = objectNamed([cluster], HELM_REPOSITORY, nameOf(object));
      return own?.origin.source.file === origin.source.file;
    })
    .map(({ name }) => name);
}

const isTaken = (name: string, places: readonly string[], taken: ReadonlySet<string>): boolean =>
  places.some((place) => taken.has(artifactKey(place, name)));

/** Where {@link sharedReference} writes new OCIRepositories. */
export function sharedDirectories(
  releases: readonly WrittenObject[],
  context: StepContext,
): readonly string[] {
  const homes = releases.flatMap(({ forms: [form] }) => (form && repositoryOf(form, context)) ?? []);
  return [
    ...new Set(homes.map(({ origin }) => directoryFor(origin.source.file, context.repository))),
  ].toSorted();
}

/** The HelmRepository's directory, or the directory `oci` next to it if the repository keeps its OCIRepositories there. */
function directoryFor(file: string, repository: Repository): string {
  const directory = posix.dirname(file);
  const sibling = posix.join(posix.dirname(directory), "oci");
  return findKustomizationFile(repository, sibling) === undefined ? directory : sibling;
}

/** The name of an OCIRepository's file next to that of a HelmRepository: its kind if that one's name is its kind, as in an app's directory. */
function fileNextTo(file: string, name: string): string {
  const [, helm, rest] = /^(helm)([-_.]?repository\.ya?ml)$/i.exec(posix.basename(file)) ?? [];
  if (helm === undefined) return `${name}.yaml`;
  return `${helm === "Helm" ? "OCI" : "oci"}${rest ?? ""}`;
}

/** The chart's name, with the version if another version of the chart already has the name. */
function freeName(
  { address, tag }: Source,
  namespace: string,
  { clusters }: StepContext,
  isUsed: (name: string) => boolean,
): string {
  const chart = address.split("/").at(-1) ?? "";
  return isUsed(chart) || objectNamed(clusters, OCI_REPOSITORY, { namespace, name: chart })
    ? `${chart}-${tag.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`
    : chart;
}
