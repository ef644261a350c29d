import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { gatewayApiDirectory } from "./engine.ts";

/** Installs the Gateway API CRDs as another owner, for stacks with `gatewayApi.install: false`, whose updates are faster. */
export async function applyGatewayApi(client: KubeClient): Promise<void> {
  const directory = await gatewayApiDirectory();
  const objects = readdirSync(directory)
    .map((file) => parse(readFileSync(join(directory, file), "utf8")) as KubeObject | null)
    .filter((object) => object?.kind === "CustomResourceDefinition");
  for (const object of objects) if (object !== null) await client.apply(object, { fieldManager: "test" });
}
