import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../../../lib/temporary-folder.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { bundle } from "./bundle.ts";
import { licenses } from "./licenses.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Files that the bundled code reads at run time, with the same paths in the package as in the project. */
const DATA = ["policy/knowledge/*.yaml", "release.yaml"];

/**
 * Builds the package `edgefirst`: the command line as JavaScript for Node 20, without dependencies.
 * @param destination folder for the tarball
 * @returns the path of the tarball
 */
export async function buildPackage(destination: string): Promise<string> {
  const directory = temporaryFolder("package");
  try {
    const metafile = await bundle(directory);
    const { name, version, description, license } = packageJson;
    const manifest = {
      ...{ name, version, description, license, type: "module" },
      bin: { edgefirst: "edgefirst.js" },
      engines: { node: ">=20" },
    };
    writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
    writeFileSync(join(directory, "THIRD-PARTY-LICENSES"), licenses(ROOT, metafile));
    for (const file of [
      "README.md",
      "LICENSE",
      ...DATA.flatMap((pattern) => globSync(pattern, { cwd: ROOT })),
    ]) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      cpSync(join(ROOT, file), join(directory, file));
    }
    mkdirSync(destination, { recursive: true });
    const packing = ["pack", directory, "--pack-destination", destination];
    execFileSync("npm", packing, { stdio: ["ignore", "pipe", "pipe"] });
    return join(destination, `${name}-${version}.tgz`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** `npm run build`: writes dist/edgefirst-<version>.tgz. */
if (import.meta.main) console.log(await buildPackage(join(ROOT, "dist")));
