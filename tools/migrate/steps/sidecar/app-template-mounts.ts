import { releaseOf } from "../../../../policy/objects/helm.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { rendered } from "../route/reading/hosts.ts";
import type { AppContainer } from "../../../../policy/objects/app-template.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import type { ConfigPlace } from "./place.ts";

/** A volume in Gatus's container. */
interface Mount {
  readonly path: string;
  readonly subPath: string;
  readonly type: string;
  readonly isReadOnly: boolean;
  /** Whether every container of the release has it. */
  readonly isGlobal: boolean;
  readonly volume: Mapping;
}

/** Kinds of volumes to which a container cannot write, so that nothing can be mounted below them either. */
const READ_ONLY = ["configMap", "secret", "projected"];

/**
 * The volumes in a container.
 * Source: lib/container/fields/_volumeMounts.tpl in
 * https://github.com/bjw-s-labs/helm-charts/tree/common-4.1.1/charts/library/common/templates
 */
export function mountsOf(release: Mapping, { controller, name }: AppContainer): readonly Mount[] {
  return Object.entries(fieldsIn(release, ["spec", "values", "persistence"])).flatMap(([key, volume]) => {
    if (!isMapping(volume) || volume.enabled === false) return [];
    const advanced = fieldAt(volume, ["advancedMounts"]);
    const globals = mappingsIn(volume.globalMounts);
    const own = mappingsIn(fieldAt(advanced, [controller, name]));
    const fallback = globals.length === 0 && advanced === undefined ? [{}] : [];
    const mount = (isGlobal: boolean) => (one: Mapping) => ({
      path: (scalarText(one.path) || `/${key}`).replace(/(?<=.)\/+$/, ""),
      subPath: scalarText(one.subPath),
      type: scalarText(volume.type) || "persistentVolumeClaim",
      isReadOnly: one.readOnly === true || READ_ONLY.includes(scalarText(volume.type)),
      isGlobal,
      volume,
    });
    return [...[...globals, ...fallback].map(mount(true)), ...own.map(mount(false))];
  });
}

/** Why gatus-sidecar cannot write to a directory or to one below it; undefined if it can. */
export function whyNotWritable(mounts: readonly Mount[], directory: string): string | undefined {
  const above = mounts.find(
    ({ path, isReadOnly, subPath }) =>
      isReadOnly && subPath === "" && (directory === path || directory.startsWith(`${path}/`)),
  );
  return (
    above &&
    `${above.path} is a read-only volume, below which no other can be mounted: mount its files with \`subPath\`, or mount it at a directory below ${directory}`
  );
}

/** Where the configuration file in a directory comes from; a reason if the step cannot edit it. */
export function configOf(
  release: Mapping,
  mounts: readonly Mount[],
  directory: string,
): ConfigPlace | string {
  const files = mounts.filter(
    ({ path, type }) => path.startsWith(`${directory}/`) && READ_ONLY.includes(type) && type !== "projected",
  );
  const named = files.filter(({ path }) => /\/config\.ya?ml$/.test(path));
  const [file, ...others] = named.length > 0 ? named : files;
  if (!file)
    return `no ConfigMap is mounted in ${directory}, and the step has to add a setting to Gatus's configuration`;
  if (others.length > 0)
    return `several files are mounted in ${directory}, and which is Gatus's configuration is not known`;
  if (file.type === "secret")
    return `Gatus's configuration is in a Secret: set skip-invalid-config-update to true there, then move the file to a ConfigMap or add gatus-sidecar by hand`;
  const key = file.subPath || "config.yaml";
  const inline = inlineMap(release, file.volume);
  if (inline !== undefined) return { in: "text", path: ["configMaps", inline, "data", key] };
  return { in: "ConfigMap", name: rendered(scalarText(file.volume.name), release), key };
}

/** The identifier of the ConfigMap in the release's own values that a volume mounts. */
function inlineMap(release: Mapping, volume: Mapping): string | undefined {
  const maps = fieldsIn(release, ["spec", "values", "configMaps"]);
  const identifier = scalarText(volume.identifier);
  if (identifier !== "") return identifier;
  const name = rendered(scalarText(volume.name), release);
  const { name: own } = releaseOf(asKubeObject(release));
  return Object.keys(maps).find(
    (key) => name === `${own}-${key}` || (name === own && Object.keys(maps).length === 1),
  );
}
