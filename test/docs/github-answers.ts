import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * Loaded into the program that Pulumi runs (NODE_OPTIONS): stands in for raw.githubusercontent.com, which a test must not need. Each file of the Gateway API comes from
 * the folder that GATEWAY_API names; all other addresses are asked as always.
 */
const { fetch: real } = globalThis;
globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  if (!url.startsWith("https://raw.githubusercontent.com/kubernetes-sigs/gateway-api/"))
    return real(input, init);
  return new Response(await readFile(join(process.env.GATEWAY_API ?? "", basename(url))));
};
