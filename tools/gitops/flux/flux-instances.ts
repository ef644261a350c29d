import type { KubeObject } from "../../../kube/objects.ts";
import { oncePer } from "../../../lib/once-per.ts";
import { ObjectIndex } from "../../../policy/engine/object-index.ts";
import { valuesOf } from "../../../policy/objects/helm.ts";
import { scalarText } from "../kustomize/resource.ts";
import type { Repository } from "../yaml/repository.ts";
import type { Origin } from "../yaml/source.ts";
import { yamlFilesIn } from "../yaml/yaml-files.ts";
import { isMapping, originAt, originOf, valueAt, type Mapping } from "../yaml/values.ts";
import { appliersOf, namespaceGiven, substituted } from "./appliers.ts";
import { objectsOf, unitsWith, type Unit } from "./applied-units.ts";
import { pathOf, specOf } from "./flux-kustomization.ts";
import { helmfileReleases, releaseNamespace, releasesIn } from "./helmfile.ts";
import { documentsWith, namespaceOf, type WrittenObject } from "./written.ts";

/** The spec of a FluxInstance that synchronizes a repository. */
export interface FluxInstance {
  readonly settings: Mapping;
  readonly sync: Mapping;
  /** Empty if the repository does not say. */
  readonly namespace: string;
  readonly file: string;
  readonly origin: Origin;
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
 * The FluxInstances with `spec.sync`: as objects, or as values of their Helm chart in a HelmRelease, a helmfile or a values file. What Kustomizations and
 * overlays make of an object counts, not how their base has it. Variables that the repository does not define stay as written.
 */
export const fluxInstances = (
  repository: Repository,
  written: readonly WrittenObject[],
): readonly FluxInstance[] => instancesBy(repository)(written);

// The bootstraps, the sources and the paths of a repository all ask, and an answer may take builds.
const instancesBy = oncePer((repository: Repository) =>
  oncePer((written: readonly WrittenObject[]) =>
    findInstances({ repository, files: yamlFilesIn(repository), written }),
  ),
);

function findInstances(sources: Sources): readonly FluxInstance[] {
  const { repository, files, written } = sources;
  const documents = documentsWith(repository, files, "sync:");
  const places = new Set([
    ...documents.filter(({ object }) => holdsInstance(object)).map(({ file }) => file),
    ...documentsWith(repository, files, CHART)
      .filter(isRelease)
      .map(({ file }) => file),
    ...documentsWith(repository, files, "FluxInstance")
      .filter(isInstance)
      .map(({ file }) => file),
  ]);
  const unitsOf = new Map([...places].map((file) => [file, unitsWith(file, written, repository)]));
  const built = builtInstances([...unitsOf.values()].flat(), sources);
  const isBuilt = ({ file }: WrittenObject): boolean =>
    (unitsOf.get(file) ?? []).some((unit) => (built.get(keyOf(unit)) ?? []).length > 0);
  return [
    ...[...built.values()].flat(),
    ...documents
      .filter((document) => !isBuilt(document))
      .flatMap((document) => [...fromObject(document, sources), ...fromValues(document, sources)]),
  ];
}

const isRelease = ({ object }: WrittenObject): boolean => object.kind === "HelmRelease";
const isInstance = ({ object }: WrittenObject): boolean => object.kind === "FluxInstance";

/** Whether a document has the settings of an instance, or is a ConfigMap with values that have them. */
function holdsInstance(object: Mapping): boolean {
  if (object.kind === undefined) return instanceOf(object.instance, object, "") !== undefined;
  if (object.kind !== "ConfigMap") return instanceOf(settingsIn(object), object, "") !== undefined;
  const texts = isMapping(object.data) ? Object.values(object.data).map(scalarText) : [];
  return texts.some((text) => /^instance:/m.test(text) && text.includes("sync:"));
}

const keyOf = ({ applier, directory }: Unit): Mapping | string => applier?.object ?? directory;

/** The instances that each unit applies. */
function builtInstances(
  units: readonly Unit[],
  { repository, files }: Sources,
): ReadonlyMap<Mapping | string, readonly FluxInstance[]> {
  const byKey = new Map(units.map((unit) => [keyOf(unit), unit]));
  const plain = new Map(
    [...byKey].map(([key, unit]) => [key, objectsOf(unit, repository).map(({ object }) => object)]),
  );
  const all = [...plain.values()].flat();
  return new Map(
    [...byKey].map(([key, { applier }]) => {
      const own = plain.get(key) ?? [];
      const full = applier ? own.map((object) => substituted(object, applier, repository, files)) : own;
      const [asBuilt, asApplied] = [own, full].map((objects) => indexed([...objects, ...all]));
      const instances = own.flatMap((object, index) => {
        const applied = builtInstance(full[index] ?? object, asApplied);
        const isKnown = applied !== undefined && repository.isDirectory(pathOf({ spec: applied.sync }));
        return (isKnown ? applied : builtInstance(object, asBuilt)) ?? [];
      });
      return [key, instances] as const;
    }),
  );
}

const indexed = (objects: readonly Mapping[]): ObjectIndex =>
  new ObjectIndex(objects as readonly unknown[] as readonly KubeObject[]);

/** A FluxInstance, or a HelmRelease with all its values. */
function builtInstance(object: Mapping, objects: ObjectIndex | undefined): FluxInstance | undefined {
  const settings =
    object.kind === "HelmRelease" && objects ? settingsFrom(object, objects) : settingsIn(object);
  const found = instanceOf(settings, object, originOf(object).source.file);
  return found && { ...found, namespace: installedIn(object) || namespaceOf(object) };
}

/** The settings in all of a release's values. Those from a ConfigMap have no place of their own. */
function settingsFrom(release: Mapping, objects: ObjectIndex): unknown {
  if (specOf(release).valuesFrom === undefined) return settingsIn(release);
  const { instance } = valuesOf(release as unknown as KubeObject, objects).values;
  return isMapping(instance) ? valueAt(instance, originAt(release, placeOf(release))) : undefined;
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
  const plain = instanceOf(settings, object, file);
  const appliers = appliersOf(file, written);
  return (appliers.length === 0 ? [undefined] : appliers).flatMap((applier) => {
    const full =
      applier && instanceOf(settingsIn(substituted(object, applier, repository, files)), object, file);
    const isKnown = full !== undefined && repository.isDirectory(pathOf({ spec: full.sync }));
    const instance = isKnown ? full : plain;
    if (!instance) return [];
    const namespace = installedIn(object) || namespaceGiven(file, applier, repository) || namespaceOf(object);
    return [{ ...instance, namespace }];
  });
}

/** The namespace in which helm-controller installs a release, if it is not the release's own. */
const installedIn = (object: Mapping): string =>
  object.kind === "HelmRelease" ? scalarText(specOf(object).targetNamespace) : "";

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
    values.flatMap((one) => {
      const found = instanceOf(one.instance, object, file);
      return found ? [{ ...found, namespace }] : [];
    }),
  );
  const own = instanceOf(object.instance, object, file);
  if (!own) return inline;
  return [
    ...inline,
    { ...own, namespace: releaseNamespace(file, CHART, helmfileReleases(repository, files)) },
  ];
}

/** The instance of some settings, without its namespace. @param object has the settings, or values that have them */
function instanceOf(settings: unknown, object: Mapping, file: string): FluxInstance | undefined {
  const sync = isMapping(settings) ? settings.sync : undefined;
  return isMapping(settings) && isMapping(sync) && scalarText(sync.path) !== ""
    ? { settings, sync, namespace: "", file, origin: originAt(object, placeOf(object)) }
    : undefined;
}

/** Where the settings are in a FluxInstance, a HelmRelease or a values file. */
function placeOf({ kind }: Mapping): readonly string[] {
  if (kind === undefined) return ["instance", "sync"];
  return kind === "HelmRelease" ? ["spec", "values", "instance", "sync"] : ["spec", "sync"];
}
