import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

/** Arguments of {@link sandboxPolicyPack}. */
export interface PolicyPackArgs {
  /** The directory that `pulumiEnvironment` was given. */
  readonly dir: string;
  /** The pack's directory, with PulumiPolicy.yaml (`runtime: nodejs`), package.json and main.cjs. */
  readonly pack: string;
}

/** A runtime without a language host. For these, the CLI runs `pulumi-analyzer-policy-<runtime>` from PATH. */
const RUNTIME = "sandbox";

/**
 * Writes a policy pack that a CLI built from source can start. The language host that can be built is older than the CLI and cannot start
 * policy packs. This pack therefore names a runtime without a language host, and a script on the CLI's PATH runs the original pack with Node.
 * The official CLI does not need this.
 * @returns the directory for `--policy-pack`
 */
export async function sandboxPolicyPack(args: PolicyPackArgs): Promise<string> {
  const dir = resolve(args.dir);
  const pack = resolve(args.pack);
  const target = join(dir, "policy-pack");
  await mkdir(target, { recursive: true });
  const definition = parseDocument(await readFile(join(pack, "PulumiPolicy.yaml"), "utf8"));
  definition.set("runtime", RUNTIME);
  writeFileAtomic(join(target, "PulumiPolicy.yaml"), definition.toString());
  writeFileAtomic(join(target, "package.json"), await readFile(join(pack, "package.json")));
  writeFileAtomic(join(target, "main.cjs"), `require(${JSON.stringify(join(pack, "main.cjs"))});\n`);
  putAnalyzer(join(dir, "pulumi/bin"));
  return target;
}

/** Writes the script, which also renames variables: the CLI passes the project and the stack in variables that the SDK does not read. */
function putAnalyzer(bin: string): void {
  const sdk = join(import.meta.dirname, "../../node_modules/@pulumi/pulumi/cmd/run-policy-pack");
  const script = [
    "#!/bin/sh",
    'export PULUMI_NODEJS_PROJECT="$PULUMI_PROJECT" PULUMI_NODEJS_STACK="$PULUMI_STACK" PULUMI_NODEJS_ORGANIZATION="$PULUMI_ORGANIZATION"',
    `exec node '${sdk.replaceAll("'", String.raw`'\''`)}' "$@"`,
    "",
  ];
  writeFileAtomic(join(bin, `pulumi-analyzer-policy-${RUNTIME}`), script.join("\n"), 0o755);
}
