import { SourceFile } from "../../../gitops/yaml/source.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, originAt, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import { fieldAt, findDocument, nameOf, objectsNamed } from "../../objects.ts";
import type { FileChange, StepContext } from "../../step.ts";
import { releaseNamespace } from "../route/reading/hosts.ts";
import { editBlock, skipsInvalid, withSkip } from "./config-text.ts";
import type { ConfigPlace } from "./place.ts";

/** Gatus's configuration as a cluster receives it; undefined if the repository does not contain it. */
export function configText(release: Mapping, config: ConfigPlace, cluster: BuiltCluster): string | undefined {
  if (config.in === "ConfigMap") {
    const map = configMapOf(release, config, cluster)?.object;
    const text = fieldAt(map, ["data", config.key]);
    return typeof text === "string" ? text : undefined;
  }
  const value = fieldAt(release, ["spec", "values", ...config.path]);
  if (config.in === "values") return isMapping(value) ? writeYaml(value) : "";
  return typeof value === "string" ? value : undefined;
}

/** Why a configuration cannot get the setting; undefined if it can, or already has it. */
export function whyNotEditable(text: string | undefined): string | undefined {
  if (text === undefined) return "the repository does not contain Gatus's configuration as a ConfigMap";
  if (skipsInvalid(text) === false)
    return "Gatus's configuration sets skip-invalid-config-update to false, and an endpoint that Gatus rejects would then make it exit: set it to true first";
  return skipsInvalid(text) === true || withSkip(text) !== undefined
    ? undefined
    : "Gatus's configuration cannot be read as YAML";
}

/** The change to the file that a ConfigMap's text comes from; undefined if it cannot be edited. */
export function configMapChange(
  release: Mapping,
  config: Extract<ConfigPlace, { in: "ConfigMap" }>,
  cluster: BuiltCluster,
  { repository }: StepContext,
): FileChange | undefined {
  const built = configMapOf(release, config, cluster);
  if (!built || !isMapping(built.object.data)) return undefined;
  const { source } = originAt(built.object, ["data", config.key]);
  const { file } = source;
  const text = fileText(repository, file);
  if (text === undefined || !(source instanceof SourceFile)) return undefined;
  if (
    findDocument({ file, origin: built.origin }, repository) === undefined ||
    file !== built.origin.source.file
  ) {
    const changed = withSkip(text);
    return changed === undefined ? undefined : { path: file, text: changed };
  }
  const edit = new YamlEdit(text);
  const isDone = editBlock(edit, edit.documentAt(built.origin.offset), ["data", config.key]);
  return isDone ? { path: file, text: edit.text() } : undefined;
}

function configMapOf(
  release: Mapping,
  { name }: Extract<ConfigPlace, { in: "ConfigMap" }>,
  cluster: BuiltCluster,
): BuiltCluster["objects"][number] | undefined {
  const namespace = releaseNamespace(release);
  return objectsNamed(cluster, "ConfigMap", name).find(
    ({ object }) => scalarText(object.apiVersion) === "v1" && nameOf(object).namespace === namespace,
  );
}
