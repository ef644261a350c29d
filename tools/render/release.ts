import type { KubeObject } from "../../kube/objects.ts";
import { releaseOf } from "../../policy/objects/helm.ts";
import { isMapping, type Mapping } from "../gitops/yaml/values.ts";

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

/** Reads the options of a HelmRelease, with helm-controller's defaults. Source: newInstall and applyCRDs in helm-controller's internal/action. */
export function releaseOptions(release: Mapping): ReleaseOptions {
  const spec = mappingIn(release, "spec");
  const install = mappingIn(spec, "install");
  return {
    ...releaseOf(release as unknown as KubeObject),
    crds: install.crds !== "Skip",
    hooks: install.disableHooks !== true,
    tests: mappingIn(spec, "test").enable === true,
    validatesValues: install.disableSchemaValidation !== true,
  };
}

/** A mapping in a mapping; empty if it is absent. */
export function mappingIn(fields: Mapping, key: string): Mapping {
  const value = fields[key];
  return isMapping(value) ? value : {};
}
