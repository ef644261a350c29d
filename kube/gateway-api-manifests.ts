import { stat } from "node:fs/promises";
import { join } from "node:path";
import { EdgefirstError } from "../lib/errors.ts";
import {
  loadVerified,
  parseManifest,
  readManifest,
  verify,
  type ManifestOptions,
} from "./manifest-source.ts";
import type { KubeObject } from "./objects.ts";
import { loadPinned } from "./pinned-objects.ts";

/** Which Gateway API files to load: `gatewayApi` in release.yaml and in the configuration. */
export interface GatewayApiSource {
  /** Tag of the release, such as `v1.6.3`. */
  readonly version: string;
  readonly channel: string;
  /** URL of the repository's raw files. */
  readonly baseUrl: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Checksum of the objects in these files, in this order, as `objectsChecksum` computes it. */
  readonly objects: string;
  /** A directory with these files, or the release's `standard-install.yaml`, to read instead of downloading. */
  readonly source?: string | undefined;
}

const OFFLINE =
  "Without network access, set edgefirst:gatewayApi.source to a directory with these files, or to the release's standard-install.yaml.";

/**
 * The CRDs of a Gateway API release. Each file is verified against its own checksum, wherever it comes from.
 * @throws {EdgefirstError} if any file is missing, cannot be downloaded or has the wrong checksum
 */
export async function loadGatewayApi(
  release: GatewayApiSource,
  options: ManifestOptions = {},
): Promise<KubeObject[]> {
  if (release.files.length === 0)
    throw new EdgefirstError(
      "release.yaml lists no Gateway API files.",
      "Run `npm run pin` and commit the result.",
    );
  const verified = await verifiedFiles(release, options);
  const parse = (): KubeObject[] => verified.flatMap(({ text, origin }) => parseManifest(text, origin));
  return loadPinned({ what: "The CRDs in the Gateway API's files", sha256: release.objects, parse }, options);
}

/** A file of the release. */
interface Verified {
  readonly text: string;
  /** Path or URL. */
  readonly origin: string;
}

async function verifiedFiles(release: GatewayApiSource, options: ManifestOptions): Promise<Verified[]> {
  const { files, source } = release;
  if (source !== undefined && !(await isDirectory(source))) return partsOfBundle(release, source);
  return Promise.all(
    files.map(async ({ name, sha256 }) => {
      const origin = source === undefined ? fileUrl(release, name) : join(source, name);
      return { origin, text: await loadVerified({ source: origin, sha256, offlineHint: OFFLINE }, options) };
    }),
  );
}

/** URL of one file of the release. */
export function fileUrl({ baseUrl, version, channel }: GatewayApiSource, name: string): string {
  return `${baseUrl}/${version}/config/crd/${channel}/${name}`;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * A release's `<channel>-install.yaml` is the concatenation of the release's files. A three-line comment above each gives its path (hack/build-install-yaml.sh
 * in the release), so each part can be verified against the checksum of its file.
 */
async function partsOfBundle({ files, channel }: GatewayApiSource, source: string): Promise<Verified[]> {
  const text = (await readManifest(source, OFFLINE)).toString("utf8");
  const [, ...parts] = text.split(/^---\n#\n# (config\/crd\/\S+)\n#\n/m);
  return files.map(({ name, sha256 }) => {
    const index = parts.indexOf(`config/crd/${channel}/${name}`);
    const content = parts[index + 1];
    if (index < 0 || content === undefined)
      throw new EdgefirstError(`${source} does not contain config/crd/${channel}/${name}.`, OFFLINE);
    return { text: verify(content, `${name} in ${source}`, sha256), origin: source };
  });
}
