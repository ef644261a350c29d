import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isMap, parseDocument, type Document } from "yaml";
import { checksum, parseManifest } from "../../kube/manifest-source.ts";
import { objectsChecksum } from "../../kube/pinned-objects.ts";
import { TRAEFIK_DEFINITIONS_FILE } from "../../kube/traefik-manifests.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { imageVersion, PINS_FILE } from "../../config/pins.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { TOOLCHAIN_FILE } from "../toolchain/definitions.ts";
import { moduleDirectory } from "../toolchain/modules.ts";
import { pinDefinitions } from "./pin-definitions.ts";

/** A Go module on this machine. */
export interface GoModule {
  readonly version: string;
  readonly directory: string;
}

/**
 * Pins the Gateway API: returns release.yaml with the checksum of every CRD file in its channel, and of the objects in all of them. The files come from the release's Go module, which is verified
 * against Go's checksum database. Comments and the rest of the file are kept.
 * @throws {EdgefirstError} if the module's version is not `gatewayApi.version`, or it has no CRDs for the channel
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
  if (names.length === 0)
    throw new EdgefirstError(`${directory} contains no CRDs.`, "Check gatewayApi.channel in release.yaml.");
  const texts = names.sort().map((name) => readFileSync(join(directory, name), "utf8"));
  const files = document.createNode(
    names.map((name, index) => ({ name, sha256: checksum(texts[index] ?? "") })),
  );
  files.flow = false;
  document.setIn(["gatewayApi", "files"], files);
  const objects = texts.flatMap((yaml, index) => parseManifest(yaml, names[index] ?? ""));
  document.setIn(["gatewayApi", "objects"], objectsChecksum(objects));
  return document.toString({ lineWidth: 0 });
}

function setting(document: Document, key: string): string {
  const section = document.get("gatewayApi");
  const value: unknown = isMap(section) ? section.get(key) : undefined;
  if (typeof value === "string") return value;
  throw new EdgefirstError(`release.yaml has no gatewayApi.${key}.`, "Add it; see config/pins.ts.");
}

/**
 * The module that tools/toolchain/gateway-api pins.
 * @throws {EdgefirstError} if Go is not installed, or if the module cannot be downloaded
 */
export async function gatewayApiModule(): Promise<GoModule> {
  const directory = await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api");
  // The module cache has a folder `<path>@<version>` for each version.
  return { directory, version: directory.slice(directory.lastIndexOf("@") + 1) };
}

/**
 * Returns release.yaml with the checksum of Traefik's CRDs, from the Go module of the pinned program.
 * @throws {EdgefirstError} if the module's version differs from the image's
 */
export function pinTraefikDefinitions(text: string, module: GoModule): string {
  const document = parseDocument(text);
  const version = `v${imageVersion(String(document.getIn(["images", "traefik"])))}`;
  if (module.version !== version)
    throw new EdgefirstError(
      `release.yaml has Traefik ${version}, but tools/toolchain/traefik pins ${module.version}.`,
      `Run \`go get github.com/traefik/traefik/v3@${version}\` in tools/toolchain/traefik, then \`npm run pin\` again.`,
    );
  const sha256 = checksum(readFileSync(join(module.directory, TRAEFIK_DEFINITIONS_FILE)));
  document.setIn(["traefikDefinitions", "sha256"], sha256);
  return document.toString({ lineWidth: 0 });
}

/**
 * The module that tools/toolchain/traefik pins.
 * @throws {EdgefirstError} if Go is not installed, or if the module cannot be downloaded
 */
export async function traefikModule(): Promise<GoModule> {
  const directory = await moduleDirectory("traefik", "github.com/traefik/traefik/v3");
  return { directory, version: directory.slice(directory.lastIndexOf("@") + 1) };
}

/** `npm run pin [-- --check]`: updates release.yaml and toolchain.yaml, or only checks them. */
async function main(arguments_: readonly string[]): Promise<void> {
  if (arguments_.some((argument) => argument !== "--check"))
    throw new EdgefirstError(
      "Usage: npm run pin [-- --check]",
      "--check writes nothing, and fails if anything would change.",
    );
  const check = arguments_.includes("--check");
  const pins = await gatewayApiModule();
  const traefik = await traefikModule();
  const pin = (text: string) => pinTraefikDefinitions(pinGatewayApi(text, pins), traefik);
  await update(PINS_FILE, (text) => Promise.resolve(pin(text)), check);
  await update(TOOLCHAIN_FILE, pinDefinitions, check);
}

async function update(file: string, pin: (text: string) => Promise<string>, check: boolean): Promise<void> {
  const before = readFileSync(file, "utf8");
  const after = await pin(before);
  const name = basename(file);
  if (before === after) console.log(`${name} is up to date.`);
  else if (check) throw new EdgefirstError(`The checksums in ${name} are outdated.`, "Run `npm run pin`.");
  else {
    writeFileAtomic(file, after, 0o644);
    console.log(`Updated the checksums in ${name}.`);
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
