import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** Path of toolchain.yaml. */
export const TOOLCHAIN_FILE = join(import.meta.dirname, "../../toolchain.yaml");

/** The CustomResourceDefinitions of a Flux controller, at their tag. */
export interface PinnedDefinitions {
  readonly baseUrl: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

/** The definitions of a controller in toolchain.yaml. */
export function pinnedDefinitions(controller: string): PinnedDefinitions {
  const { definitions } = parse(readFileSync(TOOLCHAIN_FILE, "utf8")) as {
    definitions: Record<string, PinnedDefinitions | undefined>;
  };
  const pinned = definitions[controller];
  if (pinned === undefined) throw new Error(`toolchain.yaml has no definitions of ${controller}`);
  return pinned;
}
