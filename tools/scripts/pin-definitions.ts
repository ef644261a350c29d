import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isScalar, parseDocument } from "yaml";
import { checksum } from "../../kube/manifest-source.ts";
import { moduleDirectory } from "../toolchain/modules.ts";

/** Pins Flux's CRDs: returns toolchain.yaml with the tags of the pinned Go modules and the checksums of the CRD files in them. */
export async function pinDefinitions(text: string): Promise<string> {
  const document = parseDocument(text);
  const definitions = document.get("definitions");
  const controllers = isMap(definitions)
    ? definitions.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []))
    : [];
  for (const controller of controllers) {
    const module = await moduleDirectory("flux", `github.com/fluxcd/${controller}`);
    const tag = module.slice(module.lastIndexOf("@") + 1);
    const folder = join(module, "config", "crd", "bases");
    const files = readdirSync(folder)
      .sort()
      .map((name) => ({ name, sha256: checksum(readFileSync(join(folder, name))) }));
    const baseUrl = `https://raw.githubusercontent.com/fluxcd/${controller}/${tag}/config/crd/bases`;
    document.setIn(["definitions", controller], document.createNode({ baseUrl, files }));
  }
  return document.toString({ lineWidth: 0 });
}
