import { readFileSync } from "node:fs";
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { temporaryFolder } from "../../../lib/temporary-folder.ts";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { EdgefirstError } from "../../../lib/errors.ts";
import { go, GoFailedError } from "../../toolchain/go.ts";
import { PROGRAMS } from "../../toolchain/programs.ts";
import { changePackage } from "./package.ts";
import type { BumpArgs } from "./targets.ts";

/** Writes the version into every file that pins it. If one of them cannot be changed, none is. */
export async function bump(args: BumpArgs): Promise<void> {
  const changes = new Map<string, string>();
  await changeRelease(args, changes);
  changeToolchain(args, changes);
  await changePackage(args, changes);
  for (const [folder, paths] of Object.entries(args.target.modules))
    for (const [file, text] of await changedModule(folder, paths, args)) changes.set(file, text);
  for (const [file, text] of changes) writeFileAtomic(join(args.root, file), text, 0o644);
}

async function changeRelease(
  { target: { release }, version, root, digest }: BumpArgs,
  changes: Map<string, string>,
): Promise<void> {
  if (release === undefined) return;
  const document = parseDocument(readFileSync(join(root, "release.yaml"), "utf8"));
  const current = String(document.getIn(release));
  if (release[0] === "gatewayApi") document.setIn(release, `v${version}`);
  else {
    const image = retagged(current.split("@")[0] ?? "", version);
    document.setIn(release, `${image}@${await digest(image)}`);
  }
  changes.set("release.yaml", document.toString({ lineWidth: 0 }));
}

function changeToolchain({ target, version, root }: BumpArgs, changes: Map<string, string>): void {
  const { images = [] } = target;
  if (images.length === 0) return;
  const document = parseDocument(readFileSync(join(root, "toolchain.yaml"), "utf8"));
  for (const name of images) {
    const path = ["images", name, "image"];
    // Without the digest of the former version; the first pull records the new one.
    document.setIn(path, retagged(String(document.getIn(path)).split("@")[0] ?? "", version));
  }
  changes.set("toolchain.yaml", document.toString({ lineWidth: 0 }));
}

/** The image with another version in its tag, which keeps its leading `v` or has none. */
function retagged(image: string, version: string): string {
  return image.replace(/:(v?)[^:/]+$/, (_, prefix: string) => `:${prefix}${version}`);
}

/** Kubernetes publishes its libraries as 0.x, with the rest of its own version (https://github.com/kubernetes/client-go#versioning). */
function moduleVersion(path: string, version: string): string {
  const isLibrary = path.startsWith("k8s.io/") && path !== "k8s.io/kubernetes";
  return isLibrary ? version.replace(/^1\./, "0.") : version;
}

/** Runs `go get` in a copy of the module, complete with the files that only a build adds, and returns the new go.mod and go.sum. */
async function changedModule(
  folder: string,
  paths: readonly string[],
  { version, root, env }: BumpArgs,
): Promise<(readonly [file: string, text: string])[]> {
  const source = join("tools/toolchain", folder);
  const copy = temporaryFolder("bump");
  try {
    await cp(join(root, source), copy, { recursive: true });
    const program = PROGRAMS.find(({ directory }) => directory.endsWith(source));
    await program?.prepare?.({ directory: copy, version, env });
    const modules = paths.map((path) => `${path}@v${moduleVersion(path, version)}`);
    await go(`The new version of ${folder}`, ["get", ...modules], { cwd: copy, env });
    return await Promise.all(
      ["go.mod", "go.sum"].map(
        async (file) => [join(source, file), await readFile(join(copy, file), "utf8")] as const,
      ),
    );
  } catch (error) {
    if (!(error instanceof GoFailedError)) throw error;
    throw new EdgefirstError(
      `go cannot change tools/toolchain/${folder} to ${version}, so nothing was changed: ${error.output.trim()}`,
      `Check that the version exists. If upstream's go.mod replaces modules, add the same replace directives to tools/toolchain/${folder}/go.mod first.`,
      { cause: error },
    );
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
