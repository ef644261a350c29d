import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { configSchema } from "../../config/schema.ts";
import type { FluxAppsArgs } from "../../components/flux/apps.ts";
import type { FluxPlacementArgs } from "../../components/flux/placement.ts";
import type { FluxRootArgs } from "../../components/flux/root.ts";

const labels = { "edgefirst.dev/stack": "edge" };

/** Arguments of the root from the committed configuration of a stack, with changes. */
export function rootArgs(changes: Partial<FluxRootArgs> = {}, stack = "edge"): FluxRootArgs {
  const file = join(import.meta.dirname, "..", "..", `Pulumi.${stack}.yaml`);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const values = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
  );
  const { flux } = configSchema.parse(values);
  if (flux === undefined) throw new Error(`Pulumi.${stack}.yaml has no edgefirst:flux`);
  const { root, source, apps } = flux;
  return { ...root, source, apps, labels, installsFlux: false, mode: "manage", ...changes };
}

/** Arguments of the apps, with this placement. */
export function appsArgs(
  placement: Partial<FluxPlacementArgs>,
  changes: Partial<FluxAppsArgs> = {},
  root: Partial<FluxRootArgs> = {},
): FluxAppsArgs {
  const args = rootArgs(root);
  return { ...args.apps, ...placement, labels, root: args, ...changes };
}
