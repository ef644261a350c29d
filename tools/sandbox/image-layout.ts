import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** One blob in an image. */
export interface Blob {
  readonly mediaType: string;
  readonly content: Buffer;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Writes a single-layer image as an OCI image layout: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md */
export async function writeImageLayout(
  directory: string,
  { config, layer }: { readonly config: Blob; readonly layer: Blob },
): Promise<void> {
  const blobs = join(directory, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const put = async ({ mediaType, content }: Blob): Promise<object> => {
    const hex = createHash("sha256").update(content).digest("hex");
    await writeFile(join(blobs, hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: await put(config),
    layers: [await put(layer)],
  };
  const manifests = [await put({ mediaType: MANIFEST, content: json(manifest) })];
  await writeFile(join(directory, "index.json"), json({ schemaVersion: 2, manifests }));
  await writeFile(join(directory, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
