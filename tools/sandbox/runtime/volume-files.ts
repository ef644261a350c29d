import { type VolumeFile } from "./atomic-folder.ts";
import { type PodPlace } from "./pod-place.ts";
import { podField } from "./fields.ts";
import { MissingError, type ObjectData, type PodObjects } from "./pod-objects.ts";
import {
  type DownwardSource,
  type ObjectSource,
  type Projection,
  type RealPod,
  type Volume,
} from "./pod-spec.ts";

/** Where a volume's files come from. */
export interface FileSources {
  readonly pod: RealPod;
  readonly place: PodPlace;
  readonly objects: PodObjects;
  /** A token that is valid for some time. */
  readonly token: (request: NonNullable<Projection["serviceAccountToken"]>) => Promise<string>;
}

const DEFAULT_MODE = 0o644;

/**
 * The files in a volume that is made from objects, tokens or fields; undefined for any other kind of volume.
 * @throws MissingError if a required object or key does not exist.
 */
export async function volumeFiles(
  volume: Volume,
  sources: FileSources,
): Promise<ReadonlyMap<string, VolumeFile> | undefined> {
  const projections = projectionsOf(volume);
  if (projections === undefined) return undefined;
  const mode =
    (volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI)?.defaultMode ??
    DEFAULT_MODE;
  const files = new Map<string, VolumeFile>();
  for (const projection of projections) {
    for (const [path, file] of await projected(projection, mode, sources)) files.set(path, file);
  }
  return files;
}

function projectionsOf({
  configMap,
  secret,
  downwardAPI,
  projected,
}: Volume): readonly Projection[] | undefined {
  if (configMap) return [{ configMap }];
  if (secret) return [{ secret: { ...secret, name: secret.secretName ?? "" } }];
  if (downwardAPI) return [{ downwardAPI }];
  return projected?.sources;
}

async function projected(
  { configMap, secret, downwardAPI, serviceAccountToken }: Projection,
  mode: number,
  sources: FileSources,
): Promise<[string, VolumeFile][]> {
  const { objects } = sources;
  if (configMap)
    return select(configMap, mode, await objects.data("configmap", configMap.name ?? "", configMap.optional));
  if (secret) return select(secret, mode, await objects.data("secret", secret.name ?? "", secret.optional));
  if (downwardAPI) return downward(downwardAPI, mode, sources);
  if (serviceAccountToken === undefined) throw new MissingError("unsupported source in a projected volume");
  const data = Buffer.from(await sources.token(serviceAccountToken));
  return [[serviceAccountToken.path, { data, mode }]];
}

function select(
  { name, items, optional }: ObjectSource,
  mode: number,
  data: ObjectData,
): [string, VolumeFile][] {
  if (items === undefined) return [...data].map(([key, bytes]) => [key, { data: bytes, mode }]);
  return items.flatMap((item): [string, VolumeFile][] => {
    const bytes = data.get(item.key);
    if (bytes !== undefined) return [[item.path, { data: bytes, mode: item.mode ?? mode }]];
    if (optional === true) return [];
    throw new MissingError(`references non-existent key ${item.key} of ${name ?? ""}`);
  });
}

function downward(
  { items = [] }: DownwardSource,
  mode: number,
  { pod, place }: FileSources,
): [string, VolumeFile][] {
  return items.map(({ path, fieldRef }) => {
    const text = podField(pod, fieldRef?.fieldPath ?? "", place);
    return [path, { data: Buffer.from(text), mode }];
  });
}
