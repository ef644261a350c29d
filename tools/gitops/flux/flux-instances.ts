import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import { isMapping, type Mapping } from "../yaml/values.ts";
import { appliersOf, namespaceGiven, substituted } from "./appliers.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { helmfileReleases, releaseNamespace, releasesIn } from "./helmfile.ts";
import { documentsWith, type WrittenObject } from "./written.ts";

/** The spec of a FluxInstance that synchronizes a repository. */
export interface FluxInstance {
  readonly settings: Mapping;
  readonly sync: Mapping;
  /** Empty if the repository does not say. */
  readonly namespace: string;
  readonly file: string;
}

/** What the instances are read from. */
interface Sources {
  readonly repository: Repository;
  readonly files: readonly string[];
  /** The Flux Kustomizations in these files. */
  readonly written: readonly WrittenObject[];
}

/** The chart that installs a FluxInstance. */
const CHART = "flux-instance";

/**
 * The FluxInstances with `spec.sync`: as objects, or as values of their Helm chart in a HelmRelease, a helmfile or a values file. Variables that
 * the repository does not define stay as written.
 */
export function fluxInstances(sources: Sources): readonly FluxInstance[] {
  const { repository, files } = sources;
  return documentsWith(repository, files, "sync:").flatMap((document) => [
    ...fromObject(document, sources),
    ...fromValues(document, sources),
  ]);
}

/** The source that the Flux Operator creates; its name defaults to the namespace. Source: docs/web/instance/sync.md of the Flux Operator. */
export function sourceOf({ namespace: given, sync }: FluxInstance): {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
} {
  const namespace = given || "flux-system";
  return {
    kind: scalarText(sync.kind) || "GitRepository",
    name: scalarText(sync.name) || namespace,
    namespace,
  };
}

/** A FluxInstance or a HelmRelease, once for each Kustomization that applies it. */
function fromObject(
  { object, file }: WrittenObject,
  { repository, files, written }: Sources,
): readonly FluxInstance[] {
  const settings = settingsIn(object);
  if (settings === undefined) return [];
  const plain = instanceOf(settings, "", file);
  const own = isMapping(object.metadata) ? scalarText(object.metadata.namespace) : "";
  const installed = object.kind === "HelmRelease" ? scalarText(specOf(object).targetNamespace) : "";
  const appliers = appliersOf(file, written);
  return (appliers.length === 0 ? [undefined] : appliers).flatMap((applier) => {
    const full = applier && instanceOf(settingsIn(substituted(object, applier, repository, files)), "", file);
    const isKnown = full !== undefined && repository.isDirectory(pathOf({ spec: full.sync }));
    const instance = isKnown ? full : plain;
    if (!instance) return [];
    return [{ ...instance, namespace: installed || namespaceGiven(file, applier, repository) || own }];
  });
}

function settingsIn(object: Mapping): unknown {
  if (object.kind === "HelmRelease") {
    const { values } = specOf(object);
    return isMapping(values) ? values.instance : undefined;
  }
  const isInstance =
    object.kind === "FluxInstance" && scalarText(object.apiVersion).startsWith("fluxcd.controlplane.io/");
  return isInstance ? specOf(object) : undefined;
}

/** The values of the chart, in a file of their own or within a helmfile. */
function fromValues(
  { object, file }: WrittenObject,
  { repository, files }: Sources,
): readonly FluxInstance[] {
  if (object.kind !== undefined) return [];
  const inline = releasesIn(object, file).flatMap(({ values, namespace }) =>
    values.flatMap(({ instance }) => instanceOf(instance, namespace, file) ?? []),
  );
  const own = instanceOf(object.instance, "", file);
  if (!own) return inline;
  return [
    ...inline,
    { ...own, namespace: releaseNamespace(file, CHART, helmfileReleases(repository, files)) },
  ];
}

function instanceOf(settings: unknown, namespace: string, file: string): FluxInstance | undefined {
  const sync = isMapping(settings) ? settings.sync : undefined;
  return isMapping(settings) && isMapping(sync) && scalarText(sync.path) !== ""
    ? { settings, sync, namespace, file }
    : undefined;
}
