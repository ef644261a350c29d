import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "../../lib/quiet-yaml.ts";

/** Path of toolchain.yaml. */
export const TOOLCHAIN_FILE = join(import.meta.dirname, "../../toolchain.yaml");

/** The CRDs of a Flux controller, at a pinned tag. */
export interface PinnedDefinitions {
  readonly baseUrl: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** The CRDs that toolchain.yaml pins for a controller. */
export function pinnedDefinitions(controller: string): PinnedDefinitions {
  const { definitions } = parse(readFileSync(TOOLCHAIN_FILE, "utf8")) as {
    definitions: Record<string, PinnedDefinitions | undefined>;
  };
  const pinned = definitions[controller];
  if (pinned === undefined) throw new Error(`toolchain.yaml has no entry definitions.${controller}`);
  return pinned;
}
