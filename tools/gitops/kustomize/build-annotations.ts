import { isMapping, mappingAt, setField, type Mapping } from "../yaml/values.ts";
import { parseApiVersion } from "./kinds.ts";
import { scalarText, type Resource } from "./resource.ts";

const DOMAIN = "internal.config.kubernetes.io";

/**
 * Runs a change of objects while they have the annotations in which Kustomize keeps what it knows about them. A change that reads or writes all annotations
 * of an object copies these elsewhere or loses them: then they show up in the result, or Kustomize no longer knows the object's earlier names.
 * @param areKept whether Kustomize restores them after the change, as after a JSON patch
 */
export function withBuildAnnotations(
  resources: readonly Resource[],
  areKept: boolean,
  change: () => void,
): void {
  for (const resource of resources) {
    const { origin } = resource;
    if (!resource.hasBuildAnnotations) continue;
    if (!isMapping(resource.metadata.annotations))
      resource.setMetadata("annotations", mappingAt(origin), origin);
    for (const [name, text] of Object.entries(textsOf(resource)))
      if (text !== "") setField(resource.annotations, `${DOMAIN}/${name}`, text, origin);
  }
  change();
  for (const resource of resources) {
    if (!areKept) readTexts(resource);
    for (const name of Object.keys(textsOf(resource)))
      Reflect.deleteProperty(resource.annotations, `${DOMAIN}/${name}`);
    resource.dropEmptyAnnotations(areKept);
  }
}

/** Lets an object forget its earlier names, as Kustomize does if a strategic merge patch replaces or deletes all of its annotations. */
export function forgetIfReplaced(resource: Resource, { metadata = {} }: Mapping): void {
  const { annotations } = isMapping(metadata) ? metadata : {};
  const isReplaced = [metadata, annotations].some(
    (value) => value === null || (isMapping(value) && value.$patch !== undefined && value.$patch !== "merge"),
  );
  if (isReplaced) readTexts(resource);
}

/** What Kustomize knows about an object, by the name of the annotation. Source: api/internal/utils/annotations.go. */
function textsOf(resource: Resource): Record<string, string> {
  const { previousIds, prefixes, suffixes, hashed, behavior, allowed } = resource;
  return {
    previousKinds: previousIds.map(({ gvk }) => gvk.kind).join(","),
    previousNames: previousIds.map(({ name }) => name).join(","),
    previousNamespaces: previousIds.map(({ namespace }) => namespace).join(","),
    prefixes: prefixes.join(","),
    suffixes: suffixes.join(","),
    generatorBehavior: behavior ?? "",
    needsHashSuffix: hashed ? "enabled" : "",
    allowNameChange: allowed.nameChange ? "enabled" : "",
    allowKindChange: allowed.kindChange ? "enabled" : "",
  };
}

/** Takes what Kustomize knows about an object from its annotations. */
function readTexts(resource: Resource): void {
  const list = (name: string): readonly string[] => {
    const text = scalarText(resource.annotations[`${DOMAIN}/${name}`]);
    return text === "" ? [] : text.split(",");
  };
  const [kinds, namespaces] = [list("previousKinds"), list("previousNamespaces")];
  const version = parseApiVersion(scalarText(resource.object.apiVersion));
  const ids = list("previousNames").map((name, index) => ({
    gvk: { ...version, kind: kinds[index] ?? "" },
    name,
    namespace: namespaces[index] ?? "",
  }));
  resource.previousIds.splice(0, Infinity, ...ids);
  resource.prefixes.splice(0, Infinity, ...list("prefixes"));
  resource.suffixes.splice(0, Infinity, ...list("suffixes"));
  resource.hashed = list("needsHashSuffix").length > 0;
  resource.allowed.nameChange = list("allowNameChange").length > 0;
  resource.allowed.kindChange = list("allowKindChange").length > 0;
  resource.hasBuildAnnotations = ids.length > 0;
}
