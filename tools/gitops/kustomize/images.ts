import { type FieldSpec, visitField } from "./field-spec.ts";
import { entryOrigin, setField, type Mapping } from "../yaml/values.ts";
import { scalarText } from "./resource.ts";
import type { Resources } from "./resources.ts";
import { BuildError } from "../problem.ts";

/** Applies one entry of `images`. Source: filters/imagetag and api/internal/image. */
export function setImage(resources: Resources, entry: Mapping, specs: readonly FieldSpec[]): void {
  const name = scalarText(entry.name);
  const matches = matcher(name, entry);
  for (const resource of resources.all) {
    if (resource.gvk.kind === "CustomResourceDefinition") continue;
    for (const spec of specs) {
      visitField(resource, { ...spec, create: false }, (container, key) => {
        const image = (container as Mapping)[key];
        if (typeof image !== "string" || !matches(image)) return;
        const [field] = Object.keys(entry).filter((candidate) => candidate !== "name");
        setField(
          container as Mapping,
          String(key),
          changed(image, entry),
          entryOrigin(entry, field ?? "name"),
        );
      });
    }
  }
}

function matcher(name: string, entry: Mapping): (image: string) => boolean {
  try {
    const pattern = new RegExp(
      `^${name}(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$`,
    );
    return (image) => pattern.test(image);
  } catch {
    throw new BuildError(`${name} cannot be the name of an image`, entryOrigin(entry, "name"));
  }
}

function changed(image: string, entry: Mapping): string {
  const { name, tag, digest } = split(image);
  const newName = scalarText(entry.newName) || name;
  const [newTag, newDigest, tagSuffix] = [
    scalarText(entry.newTag),
    scalarText(entry.digest),
    scalarText(entry.tagSuffix),
  ];
  if (newTag !== "" || newDigest !== "") return join(newName, newTag, newDigest);
  return tagSuffix === "" ? join(newName, tag, digest) : join(newName, tag + tagSuffix, "");
}

function join(name: string, tag: string, digest: string): string {
  return `${name}${tag === "" ? "" : `:${tag}`}${digest === "" ? "" : `@${digest}`}`;
}

function split(image: string): { name: string; tag: string; digest: string } {
  const [reference = "", digest = ""] = image.split("@", 2);
  // A colon before the first slash belongs to the registry's port.
  const colon = reference.indexOf(":", Math.max(reference.indexOf("/"), 0));
  if (colon < 0) return { name: reference, tag: "", digest };
  return { name: reference.slice(0, colon), tag: reference.slice(colon + 1), digest };
}
