import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { loadPins } from "../../config/pins.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { gatewayApiDirectory } from "./engine.ts";

/** The Gateway API CRDs that release.yaml pins. */
export async function gatewayApiDefinitions(): Promise<KubeObject[]> {
  const directory = await gatewayApiDirectory();
  return loadPins().gatewayApi.files.map(
    ({ name }) => parse(readFileSync(join(directory, name), "utf8")) as KubeObject,
  );
}

/** Installs the Gateway API CRDs as another owner, for stacks with `gatewayApi.install: false`, whose updates are faster. */
export async function applyGatewayApi(client: KubeClient): Promise<void> {
  for (const definition of await gatewayApiDefinitions())
    await client.apply(definition, { fieldManager: "test" });
}
