import { isDefinition } from "../gitops/kustomize/definitions.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping } from "../gitops/yaml/values.ts";
import { mappingIn } from "./release.ts";

/**
 * The API versions that a cluster with these objects serves, as `group/version` and `group/version/Kind`: those that its definitions define, and those of
 * the objects themselves. `v1` alone is built in.
 */
export function servedVersions(objects: readonly Mapping[]): readonly string[] {
  const versions = new Set<string>();
  for (const object of objects) {
    const apiVersion = scalarText(object.apiVersion);
    if (apiVersion.includes("/")) versions.add(apiVersion).add(`${apiVersion}/${scalarText(object.kind)}`);
    if (!isDefinition(object)) continue;
    const spec = mappingIn(object, "spec");
    const kind = scalarText(mappingIn(spec, "names").kind);
    for (const { name, served } of mappingsIn(spec.versions)) {
      if (served === false) continue;
      const defined = `${scalarText(spec.group)}/${scalarText(name)}`;
      versions.add(defined).add(`${defined}/${kind}`);
    }
  }
  return [...versions];
}
