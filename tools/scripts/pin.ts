import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, parseDocument, type Document } from "yaml";
import { checksum } from "../../kube/manifest-source.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { PINS_FILE } from "../../config/pins.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { moduleDirectory } from "../toolchain/modules.ts";

/** A Go module on this machine. */
export interface GoModule {
  readonly version: string;
  readonly directory: string;
}

/**
 * The text of release.yaml with the checksum of every Gateway API file of its channel, computed from the release's Go module: the bytes in a module
 * are those of the tag, and Go's checksum database vouches for them. Comments and order of the rest stay as they are.
 * @throws {EdgefirstError} where the module is another version than `gatewayApi.version`, or holds no file of the channel.
 */
export function pinGatewayApi(text: string, module: GoModule): string {
  const document = parseDocument(text);
  const version = setting(document, "version");
  const channel = setting(document, "channel");
  if (module.version !== version)
    throw new EdgefirstError(
      `release.yaml has gatewayApi.version ${version}, but tools/toolchain/gateway-api pins ${module.version}.`,
      `Run \`go get sigs.k8s.io/gateway-api@${version}\` in tools/toolchain/gateway-api, then \`npm run pin\` again.`,
    );
  const directory = join(module.directory, "config", "crd", channel);
  const names = readdirSync(directory).filter((name) => /^[-a-z0-9.]+_[-a-z0-9]+\.yaml$/.test(name));
  if (names.length === 0) throw new EdgefirstError(`${directory} holds no CustomResourceDefinition.`);
  const files = names.sort().map((name) => ({ name, sha256: checksum(readFileSync(join(directory, name))) }));
  const node = document.createNode(files);
  node.flow = false;
  document.setIn(["gatewayApi", "files"], node);
  return document.toString({ lineWidth: 0 });
}

function setting(document: Document, key: string): string {
  const section = document.get("gatewayApi");
  const value: unknown = isMap(section) ? section.get(key) : undefined;
  if (typeof value === "string") return value;
  throw new EdgefirstError(`release.yaml has no gatewayApi.${key}.`);
}

/**
 * The module that tools/toolchain/gateway-api pins.
 * @throws {EdgefirstError} without Go, or where the module cannot be fetched.
 */
export async function gatewayApiModule(): Promise<GoModule> {
  const directory = await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api");
  // The module cache has a folder `<path>@<version>` for each version.
  return { directory, version: directory.slice(directory.lastIndexOf("@") + 1) };
}

/** `npm run pin [-- --check]`: brings release.yaml up to date, or says that it is not. */
async function main(arguments_: readonly string[]): Promise<void> {
  if (arguments_.some((argument) => argument !== "--check"))
    throw new EdgefirstError(
      "Usage: npm run pin [-- --check]",
      "--check writes nothing, and fails where something would change.",
    );
  const before = readFileSync(PINS_FILE, "utf8");
  const after = pinGatewayApi(before, await gatewayApiModule());
  if (before === after) console.log("release.yaml is up to date.");
  else if (arguments_.includes("--check"))
    throw new EdgefirstError(
      "release.yaml is not up to date with the Gateway API's files.",
      "Run `npm run pin`.",
    );
  else {
    writeFileAtomic(PINS_FILE, after, 0o644);
    console.log("release.yaml: checksums of the Gateway API's files written.");
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
