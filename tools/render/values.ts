import { isCiphertext } from "../gitops/flux/ciphertext.ts";
import { hidesKeys } from "../gitops/flux/variables.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import { isMapping, mappingsIn, type Mapping, type Value } from "../gitops/yaml/values.ts";
import type { FindObject } from "./find-object.ts";
import { mappingIn } from "./release.ts";
import { NotRenderable } from "./rendered.ts";
import { setAtPath } from "./target-path.ts";

/**
 * The values of a HelmRelease: `valuesFrom` in order, then `spec.values`. Source: ChartValuesFromReferences in fluxcd/pkg/chartutil. A value
 * with a `targetPath` whose content is encrypted or set outside the repository stands as `(unknown)`.
 * @throws NotRenderable if other values are not known
 */
export function valuesOf(release: Mapping, find: FindObject): Mapping {
  const spec = mappingIn(release, "spec");
  const own = plain(mappingIn(spec, "values"));
  const namespace = scalarText(mappingIn(release, "metadata").namespace) || "default";
  let result: Mapping = {};
  for (const reference of mappingsIn(spec.valuesFrom)) {
    const text = referencedText(reference, namespace, find);
    if (text === undefined) continue;
    const path = scalarText(reference.targetPath);
    if (path === "") {
      result = merged(result, readValues(text, describe(reference, namespace)));
    } else {
      // As in Flux: mappings that only `spec.values` has are shared with the result, so the value at the path is set in both.
      result = merged(result, own);
      setAtPath(result, path, text, reference.literal === true);
    }
  }
  return merged(result, own);
}

const UNKNOWN_TEXT = "(unknown)";

/** The text that a reference names; undefined if it is optional and absent. */
function referencedText(reference: Mapping, namespace: string, find: FindObject): string | undefined {
  const kind = scalarText(reference.kind);
  const source = find({ group: "", kind, namespace, name: scalarText(reference.name) });
  const key = scalarText(reference.valuesKey) || "values.yaml";
  const text = source && contentOf(source, key);
  if (text !== undefined && !isCiphertext(text)) return text;
  const isKnown = source !== undefined && text === undefined && !hidesKeys(source);
  if (reference.optional === true && (source === undefined || isKnown)) return undefined;
  const where = describe(reference, namespace);
  if (isKnown) throw new NotRenderable(`${where} has no key ${key}`);
  if (scalarText(reference.targetPath) !== "") return UNKNOWN_TEXT;
  throw new NotRenderable(
    source
      ? `its values come from ${where}, which is encrypted`
      : `its values come from ${where}, which is not in the repository`,
  );
}

function describe(reference: Mapping, namespace: string): string {
  return `${scalarText(reference.kind)} ${namespace}/${scalarText(reference.name)}`;
}

function contentOf(source: Mapping, key: string): string | undefined {
  const direct =
    source.kind === "Secret" ? mappingIn(source, "stringData")[key] : mappingIn(source, "data")[key];
  if (typeof direct === "string") return direct;
  const encoded = source.kind === "Secret" ? mappingIn(source, "data")[key] : undefined;
  if (typeof encoded !== "string") return undefined;
  return encoded.startsWith("ENC[") ? encoded : Buffer.from(encoded, "base64").toString("utf8");
}

function readValues(text: string, where: string): Mapping {
  const { documents, errors } = parseYaml(new SourceFile("", text), { dialect: "v2" });
  const [error] = errors;
  if (error) throw new NotRenderable(`the values in ${where} are not valid YAML: ${error.message}`);
  const value = documents[0]?.value ?? {};
  if (!isMapping(value)) throw new NotRenderable(`the values in ${where} are not a mapping`);
  return plain(value);
}

/** Merges mappings and replaces everything else. Null stays, since Helm removes the chart's default for it. Source: MergeMaps in fluxcd/pkg/chartutil. */
export function merged(base: Mapping, over: Mapping): Mapping {
  const result: Mapping = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isMapping(below) && isMapping(value) ? merged(below, value) : value;
  }
  return result;
}

/** A deep copy without origins. */
export function plain<V extends Value>(value: V): V {
  return JSON.parse(JSON.stringify(value)) as V;
}
