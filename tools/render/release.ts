import { createHash } from "node:crypto";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../gitops/yaml/values.ts";

/** What a HelmRelease asks of Helm, apart from its chart and values. */
export interface ReleaseOptions {
  readonly name: string;
  /** The namespace in which Helm installs the release. */
  readonly namespace: string;
  readonly crds: boolean;
  readonly hooks: boolean;
  readonly tests: boolean;
  readonly validatesValues: boolean;
}

const MAX_NAME = 53;

/**
 * Reads the options of a HelmRelease, with helm-controller's defaults. Sources in helm-controller: GetReleaseName and GetReleaseNamespace in
 * api/v2, newInstall and applyCRDs in internal/action, ShortenName in internal/release.
 */
export function releaseOptions(release: Mapping): ReleaseOptions {
  const spec = mappingIn(release, "spec");
  const metadata = mappingIn(release, "metadata");
  const install = mappingIn(spec, "install");
  const target = scalarText(spec.targetNamespace);
  const own = scalarText(metadata.name);
  return {
    name: shortened(scalarText(spec.releaseName) || (target === "" ? own : `${target}-${own}`)),
    namespace: target || scalarText(metadata.namespace) || "default",
    crds: install.crds !== "Skip",
    hooks: install.disableHooks !== true,
    tests: mappingIn(spec, "test").enable === true,
    validatesValues: install.disableSchemaValidation !== true,
  };
}

/** Helm limits the length of a release's name. */
function shortened(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${name.slice(0, MAX_NAME - 13)}-${hash}`;
}

/** A mapping in a mapping; empty if it is absent. */
export function mappingIn(fields: Mapping, key: string): Mapping {
  const value = fields[key];
  return isMapping(value) ? value : {};
}

/** The mappings in a list; empty if it is absent. */
export function mappingsIn(fields: Mapping, key: string): readonly Mapping[] {
  const value: Value | undefined = fields[key];
  return Array.isArray(value) ? value.filter(isMapping) : [];
}
