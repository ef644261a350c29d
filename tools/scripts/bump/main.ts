import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { valid } from "semver";
import { EdgefirstError } from "../../../lib/errors.ts";
import { endpointOf } from "../../toolchain/images/reference.ts";
import { RegistryClient } from "../../toolchain/images/registry-client.ts";
import { bump } from "./bump.ts";
import { TARGETS } from "./targets.ts";

// npm run bump -- <name> <version> [--digest sha256:…]
const root = join(import.meta.dirname, "../../..");
const USAGE = "Usage: npm run bump -- <name> <version> [--digest sha256:…]";
/** Tests that compare the files in which versions are pinned. */
const PINS = [
  "test/tools/scripts/pin.test.ts",
  "test/tools/toolchain/programs.test.ts",
  "test/config/pins.test.ts",
];

async function main([name = "", given = "", option, digest, ...rest]: readonly string[]): Promise<void> {
  const target = TARGETS[name];
  const version = valid(given);
  const isDigest =
    option === undefined || (option === "--digest" && /^sha256:[0-9a-f]{64}$/.test(digest ?? ""));
  if (target === undefined || version === null || !isDigest || rest.length > 0)
    throw new EdgefirstError(USAGE, `Names: ${Object.keys(TARGETS).join(", ")}.`);
  await bump({
    target,
    version,
    root,
    digest: (image) => (digest === undefined ? resolved(image) : Promise.resolve(digest)),
    env: process.env,
  });
  const proof = [
    ...(target.package === undefined ? [] : [["install"]]),
    ["run", "pin"],
    ["run", "docs"],
    ["run", "test:file", "--", ...PINS],
    // A test's timeout leaves no time to build the new version.
    ["run", "programs"],
    ...target.proof,
  ];
  for (const [index, args] of proof.entries()) {
    console.log(`npm ${args.join(" ")}`);
    if (spawnSync("npm", args, { cwd: root, stdio: "inherit" }).status === 0) continue;
    const others = proof.slice(index).map((each) => `  npm ${each.join(" ")}`);
    throw new EdgefirstError(
      `${name} ${version} is pinned in every file, but not proven: npm ${args.join(" ")} failed.`,
      ["Fix the cause, then run the rest of the proof:", ...others].join("\n"),
    );
  }
  console.log(`${name} is now ${version}. Review the changes with git diff, and commit them together.`);
}

/** The digest that the registry has for the image's tag. */
async function resolved(image: string): Promise<string> {
  const endpoint = endpointOf(image, undefined, process.env);
  try {
    return (await new RegistryClient(endpoint).manifest(endpoint.version)).digest;
  } catch (error) {
    if (!(error instanceof EdgefirstError)) throw error;
    throw new EdgefirstError(error.message, `Pass the digest of ${image}: --digest sha256:…`, {
      cause: error,
    });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof EdgefirstError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
