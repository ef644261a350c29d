import { stringify } from "yaml";
import { parseYaml } from "../yaml/parse.ts";
import { SourceFile } from "../yaml/source.ts";
import { entryOrigin, isMapping, mappingAt, setField } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import type { KustomizationFile } from "./kustomization-file.ts";
import { listField } from "./lists.ts";
import type { MergeSchemas } from "./merge-keys.ts";
import { scalarText, type Resource } from "./resource.ts";

/** The `buildMetadata` options of the kustomization that is being built, and the schemas that the build has found. */
export interface BuildMetadata {
  readonly originAnnotations: boolean;
  readonly transformerAnnotations: boolean;
  readonly managedByLabel: boolean;
  /** Whether Kustomize tracks origins at all, and so keeps an internal annotation in every object. */
  readonly tracksOrigins: boolean;
  readonly schemas: MergeSchemas[];
}

/** The `buildMetadata` of a kustomization. */
export function buildMetadataOf({ fields }: KustomizationFile): BuildMetadata {
  const names = listField(fields, "buildMetadata").map(scalarText);
  return {
    originAnnotations: names.includes("originAnnotations"),
    transformerAnnotations: names.includes("transformerAnnotations"),
    managedByLabel: names.includes("managedByLabel"),
    tracksOrigins: names.length > 0,
    schemas: [],
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

/** Annotates an object with its origin. Source: resource/origin.go. */
export function annotateOrigin(
  resource: Resource,
  { originAnnotations, tracksOrigins }: BuildMetadata,
  from: ObjectOrigin,
): void {
  if (!tracksOrigins) return;
  resource.hasBuildAnnotations = true;
  if (!originAnnotations) return;
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
 * Records a transformation in an annotation of each object. Kustomize does so while it tracks origins, and removes the annotation at the end unless
 * `transformerAnnotations` keeps it: what remains is that all annotations are strings. Source: AddTransformation in resource/resource.go.
 */
export function annotateTransformation(
  resources: readonly Resource[],
  { tracksOrigins, originAnnotations, transformerAnnotations }: BuildMetadata,
  by: PluginOrigin,
): void {
  if (!tracksOrigins) return;
  const text = transformerAnnotations ? written([by]) : "";
  for (const resource of resources) {
    resource.settleAnnotations();
    resource.hasBuildAnnotations = true;
    // Without the annotation, Kustomize takes the transformer for a generator.
    if (originAnnotations && !hasOrigin(resource)) annotate(resource, ORIGIN, written(by));
    else if (transformerAnnotations) {
      const earlier = scalarText(resource.annotations[TRANSFORMATIONS]);
      annotate(resource, TRANSFORMATIONS, `${earlier}${text}`);
    }
  }
}

/** @throws BuildError for an annotation that Kustomize cannot read */
function hasOrigin({ annotations }: Resource): boolean {
  const text = annotations[ORIGIN];
  if (text === undefined) return false;
  const place = entryOrigin(annotations, ORIGIN);
  const { documents, errors } = parseYaml(new SourceFile("", scalarText(text)));
  if (errors.length > 0 || !isMapping(documents[0]?.value ?? {}))
    throw new BuildError(`Kustomize cannot read the annotation ${ORIGIN}`, place);
  return true;
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
    setField(resource.labels, "app.kubernetes.io/managed-by", "kustomize-(devel)", origin);
  }
}
