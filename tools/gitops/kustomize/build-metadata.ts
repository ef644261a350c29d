import { stringify } from "yaml";
import { parseYaml } from "../yaml/parse.ts";
import { SourceFile } from "../yaml/source.ts";
import { entryOrigin, isMapping, mappingAt, setField, type Mapping } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { KustomizationFile } from "./kustomization-file.ts";
import { listField } from "./lists.ts";
import { scalarText, type Resource } from "./resource.ts";
import { replaceScalar } from "./shared-scalar.ts";

/** The `buildMetadata` options of the kustomization that is being built. */
export interface BuildMetadata {
  readonly originAnnotations: boolean;
  readonly transformerAnnotations: boolean;
  readonly managedByLabel: boolean;
  /** Whether Kustomize tracks origins at all, and so keeps an internal annotation in every object. */
  readonly tracksOrigins: boolean;
}

/** The `buildMetadata` of a kustomization. */
export function buildMetadataOf({ fields }: KustomizationFile): BuildMetadata {
  const names = listField(fields, "buildMetadata").map(scalarText);
  return {
    originAnnotations: names.includes("originAnnotations"),
    transformerAnnotations: names.includes("transformerAnnotations"),
    managedByLabel: names.includes("managedByLabel"),
    tracksOrigins: names.length > 0,
  };
}

/** The annotation that `originAnnotations` adds. */
export const ORIGIN = "config.kubernetes.io/origin";

/** The annotation that `transformerAnnotations` adds. */
const TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations";

/** The plugin that generates or changes an object, in the form that annotations use. */
export interface PluginOrigin {
  readonly configuredIn: string;
  readonly configuredBy: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** An object's origin, in the form that the annotation uses. */
export type ObjectOrigin = { readonly path: string } | PluginOrigin;

/** Annotates an object with its origin while Kustomize tracks origins. Source: resource/origin.go. */
export function annotateOrigin(
  resource: Resource,
  { tracksOrigins }: BuildMetadata,
  from: ObjectOrigin,
): void {
  if (!tracksOrigins) return;
  resource.hasBuildAnnotations = true;
  annotate(resource, ORIGIN, written(from));
}

function annotate(resource: Resource, key: string, text: string): void {
  const { origin } = resource;
  if (!isMapping(resource.metadata.annotations))
    resource.setMetadata("annotations", mappingAt(origin), origin);
  setField(resource.annotations, key, text, origin);
}

const written = (value: ObjectOrigin | readonly PluginOrigin[]): string =>
  stringify(value, { indentSeq: false, version: "1.1" });

/**
 * Records a transformation in an annotation of each object while Kustomize tracks origins. All annotations become strings then. Source: AddTransformation in
 * resource/resource.go.
 */
export function annotateTransformation(
  resources: readonly Resource[],
  { tracksOrigins }: BuildMetadata,
  by: PluginOrigin,
): void {
  if (!tracksOrigins) return;
  const text = written([by]);
  for (const resource of resources) {
    resource.settleAnnotations();
    resource.hasBuildAnnotations = true;
    // Without the annotation, Kustomize takes the transformer for a generator.
    if (!hasOrigin(resource)) annotate(resource, ORIGIN, written(by));
    else annotate(resource, TRANSFORMATIONS, earlierTransformations(resource) + text);
  }
}

/** Removes the annotations of an object that the kustomization does not ask for. Source: Run in api/krusty/kustomizer.go. */
export function removeAnnotations(
  { annotations }: Resource,
  { originAnnotations, transformerAnnotations }: BuildMetadata,
): void {
  if (!originAnnotations) Reflect.deleteProperty(annotations, ORIGIN);
  if (!transformerAnnotations) Reflect.deleteProperty(annotations, TRANSFORMATIONS);
}

function hasOrigin({ annotations }: Resource): boolean {
  const text = annotations[ORIGIN];
  if (text !== undefined) requireReadable(annotations, ORIGIN, isMapping);
  return text !== undefined;
}

function earlierTransformations({ annotations }: Resource): string {
  const text = scalarText(annotations[TRANSFORMATIONS]);
  if (text !== "") requireReadable(annotations, TRANSFORMATIONS, Array.isArray);
  return text;
}

/** @throws BuildError for an annotation that Kustomize cannot read */
function requireReadable(annotations: Mapping, key: string, isReadable: (value: unknown) => boolean): void {
  const { documents, errors } = parseYaml(new SourceFile("", scalarText(annotations[key])));
  const value = documents[0]?.value ?? null;
  if (errors.length > 0 || (value !== null && !isReadable(value)))
    throw new BuildError(`Kustomize cannot read the annotation ${key}`, entryOrigin(annotations, key));
}

/** Adds the label that `managedByLabel` requests, without a version: inside kustomize-controller, Kustomize does not know its own. */
export function markManaged(resources: readonly Resource[], { fields }: KustomizationFile): void {
  const origin = entryOrigin(fields, "buildMetadata");
  for (const resource of resources) {
    const { labels = null } = resource.metadata;
    // A JSON patch turns blank labels into an empty text.
    if (typeof labels === "string")
      throw new BuildError("labels must be a mapping", entryOrigin(resource.metadata, "labels"));
    if (labels === null) resource.setMetadata("labels", mappingAt(origin), origin);
    const label = { container: resource.labels, key: "app.kubernetes.io/managed-by" };
    replaceScalar(resource.object, label, { value: "kustomize-(devel)", origin });
  }
}
