import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { shellWord } from "../../../lib/shell-word.ts";

/** Arguments of {@link sandboxPolicyPack}. */
export interface PolicyPackArgs {
  /** The directory that `pulumiEnvironment` was given. */
  readonly dir: string;
  /** The pack's directory, with PulumiPolicy.yaml (`runtime: nodejs`), package.json and main.cjs. */
  readonly pack: string;
}

/**
 * Writes a policy pack that a CLI built from source can start. The language host that can be built is older than the CLI and cannot start
 * policy packs, but the CLI runs an executable file as the pack itself. The official CLI does not need this, and takes the file as well.
 * @returns the file for `--policy-pack`
 */
export async function sandboxPolicyPack(args: PolicyPackArgs): Promise<string> {
  const pack = resolve(args.pack);
  const target = join(resolve(args.dir), "policy-pack");
  await mkdir(target, { recursive: true });
  // The CLI shows the description next to the findings.
  await copyFile(join(pack, "PulumiPolicy.yaml"), join(target, "PulumiPolicy.yaml"));
  const analyzer = join(import.meta.dirname, "analyzer.ts");
  const script = `#!/bin/sh\nexec node ${shellWord(analyzer)} ${shellWord(pack)} "$@"\n`;
  const file = join(target, "edgefirst");
  writeFileAtomic(file, script, 0o755);
  return file;
}
