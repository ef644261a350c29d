import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeVolume, type VolumeFile } from "./atomic-folder.ts";
import { type PodPlace } from "./pod-place.ts";
import { type PodObjects } from "./pod-objects.ts";
import { type Projection, type RealPod, type VolumeMount } from "./pod-spec.ts";
import { volumeFiles } from "./volume-files.ts";

type TokenRequest = NonNullable<Projection["serviceAccountToken"]>;

/** A kubelet requests a new token when a fifth of the old token's lifetime is left. */
const TOKEN_LEFT = 0.2;

/** The volumes of one pod, as folders for its containers to mount. */
export class PodVolumes {
  readonly #folder: string;
  readonly #objects: PodObjects;
  readonly #place: PodPlace;
  readonly #folders = new Map<string, string>();
  readonly #written = new Map<string, ReadonlyMap<string, VolumeFile>>();
  readonly #tokens = new Map<string, { readonly token: string; readonly renew: number }>();

  /** @param folder holds the volumes; must be in memory, because volumes can contain Secrets. */
  constructor(folder: string, objects: PodObjects, place: PodPlace) {
    this.#folder = folder;
    this.#objects = objects;
    this.#place = place;
  }

  /**
   * Creates or updates the volumes.
   * @throws MissingError while an object for a volume does not exist.
   */
  async update(pod: RealPod): Promise<void> {
    for (const volume of pod.spec.volumes ?? []) {
      const files = await volumeFiles(volume, {
        pod,
        place: this.#place,
        objects: this.#objects,
        token: (request) => this.#token(pod, request),
      });
      const folder = join(this.#folder, volume.name);
      if (files !== undefined) this.#write(folder, files);
      else if (!this.#folders.has(volume.name)) {
        const { persistentVolumeClaim: claim, hostPath } = volume;
        const path = claim ? await this.#objects.claimedFolder(claim.claimName) : (hostPath?.path ?? folder);
        mkdirSync(path, { recursive: true });
        this.#folders.set(volume.name, path);
        continue;
      }
      if (!this.#folders.has(volume.name)) this.#folders.set(volume.name, folder);
    }
  }

  /** The folder or file in the volume that a mount exposes. */
  sourceOf({ name, subPath = "" }: VolumeMount): string {
    const folder = this.#folders.get(name);
    if (folder === undefined) throw new Error(`the pod has no volume ${name}`);
    return join(folder, subPath);
  }

  #write(folder: string, files: ReadonlyMap<string, VolumeFile>): void {
    if (isSame(this.#written.get(folder), files)) return;
    writeVolume(folder, files);
    this.#written.set(folder, files);
  }

  async #token({ metadata, spec }: RealPod, request: TokenRequest): Promise<string> {
    const key = JSON.stringify(request);
    const known = this.#tokens.get(key);
    if (known !== undefined && Date.now() < known.renew) return known.token;
    const { name, uid } = metadata;
    const asked = Date.now();
    const { token, expires } = await this.#objects.token(
      spec.serviceAccountName ?? "default",
      { name, uid },
      request,
    );
    this.#tokens.set(key, { token, renew: asked + (expires.getTime() - asked) * (1 - TOKEN_LEFT) });
    return token;
  }
}

function isSame(
  before: ReadonlyMap<string, VolumeFile> | undefined,
  files: ReadonlyMap<string, VolumeFile>,
): boolean {
  return (
    before?.size === files.size &&
    [...files].every(([path, { data, mode }]) => {
      const other = before.get(path);
      return other?.mode === mode && other.data.equals(data);
    })
  );
}
