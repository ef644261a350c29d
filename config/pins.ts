import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parse } from "../lib/quiet-yaml.ts";
import { EdgefirstError } from "../lib/errors.ts";

/** An image reference with tag and digest. The tag is for readers; the digest decides what runs. */
const image = z.string().regex(/^[^\s@]+:[^\s@]+@sha256:[0-9a-f]{64}$/, "an image with tag and digest");

/** In lower-case hexadecimal. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const pinsSchema = z.strictObject({
  gatewayApi: z.strictObject({
    version: z.string().regex(/^v\d+\.\d+\.\d+$/),
    channel: z.enum(["standard", "experimental"]),
    baseUrl: z.url({ protocol: /^https$/ }),
    files: z.array(
      z.strictObject({
        name: z.string().regex(/^[-a-z0-9.]+_[-a-z0-9]+\.yaml$/),
        sha256,
      }),
    ),
    // The objects in these files, so that a parsed copy can be trusted.
    objects: sha256,
  }),
  // Traefik's CRDs, in the same version as its image.
  traefikDefinitions: z.strictObject({ sha256 }),
  images: z.strictObject({ traefik: image, gatus: image, gatusSidecar: image, k8sSidecar: image }),
});

/** The pinned versions and digests in release.yaml. */
export type Pins = z.infer<typeof pinsSchema>;

/** Path of release.yaml, in the root of the project. */
export const PINS_FILE = fileURLToPath(new URL("../release.yaml", import.meta.url));

/**
 * Reads release.yaml.
 * @throws {EdgefirstError} with all errors, if the file does not match the schema
 */
export function loadPins(file: string = PINS_FILE): Pins {
  const parsed = pinsSchema.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new EdgefirstError(`${file} is not valid:\n${z.prettifyError(parsed.error)}`);
}

/** The version in an image reference's tag, without a leading `v`: `docker.io/library/traefik:v3.7.13@sha256:…` is `3.7.13`. */
export function imageVersion(reference: string): string {
  const tag = /:([^:@/]+)@/.exec(reference)?.[1];
  if (tag === undefined) throw new EdgefirstError(`The image ${reference} has no tag.`);
  return tag.replace(/^v/, "");
}
