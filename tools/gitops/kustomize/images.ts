import { entryOrigin, isMapping, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { type FieldSpec, visitField } from "./field-spec.ts";
import { scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { setUntyped } from "./untyped.ts";

/**
 * Applies one entry of `images` to container images at any depth in objects of any kind, and to the configured fields. Source:
 * internal/builtins/ImageTagTransformer.go, filters/imagetag.
 */
export function setImage(resources: Resources, entry: Mapping, specs: readonly FieldSpec[]): void {
  const matches = matcher(entry);
  const origin = entryOrigin(entry, Object.keys(entry).find((field) => field !== "name") ?? "name");
  const update = (container: Mapping | Value[], key: string | number): void => {
    const image = (container as Mapping)[key];
    if (isMapping(image)) throw new BuildError("an image must be a string", entryOrigin(container, key));
    if (typeof image !== "object" && image !== undefined && matches(scalarText(image)))
      setUntyped(container, key, changed(scalarText(image), entry), origin);
  };
  for (const resource of resources.all) {
    if (resource.gvk.kind === "CustomResourceDefinition") continue;
    visitContainers(resource.object, update);
    for (const spec of specs) visitField(resource, { ...spec, create: false }, update);
  }
}

/** Source: LegacyFilter in filters/imagetag. */
function visitContainers(value: Value, visit: (container: Mapping, key: string) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    visitContainers(inner, visit);
    if ((key !== "containers" && key !== "initContainers") || !Array.isArray(inner) || Array.isArray(value))
      continue;
    for (const element of inner)
      if (isMapping(element) && Object.hasOwn(element, "image")) visit(element, "image");
  }
}

function matcher(entry: Mapping): (image: string) => boolean {
  const name = scalarText(entry.name);
  try {
    const pattern = new RegExp(`^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`);
    return (image) => pattern.test(image);
  } catch {
    throw new BuildError(`${name} is not a valid image name`, entryOrigin(entry, "name"));
  }
}

function changed(image: string, entry: Mapping): string {
  const { name, tag, digest } = split(image);
  const newName = scalarText(entry.newName) || name;
  const [newTag, newDigest] = [scalarText(entry.newTag), scalarText(entry.digest)];
  const suffix = scalarText(entry.tagSuffix);
  if (newTag !== "" || newDigest !== "") return join(newName, newTag, newDigest);
  return suffix === "" ? join(newName, tag, digest) : join(newName, tag + suffix, "");
}

function join(name: string, tag: string, digest: string): string {
  return `${name}${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`;
}

/** Source: Split in internal/image. */
function split(image: string): { name: string; tag: string; digest: string } {
  // A colon before the first slash introduces the registry's port.
  const start = Math.max(image.indexOf("/"), 0);
  const [at, colon] = [image.indexOf("@", start), image.indexOf(":", start)];
  if (at < 0 && colon < 0) return { name: image, tag: "", digest: "" };
  if (at >= 0 && (at < colon || colon < 0))
    return { name: image.slice(0, at), tag: "", digest: image.slice(at + 1) };
  if (at < 0) return { name: image.slice(0, colon), tag: image.slice(colon + 1), digest: "" };
  return { name: image.slice(0, colon), tag: image.slice(colon + 1, at), digest: image.slice(at + 1) };
}
