import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPins } from "../../config/pins.ts";
import type { ClusterReader } from "../../kube/client.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { shellWord } from "../../lib/shell-word.ts";
import { isConfigured, secretSettings } from "../init/secret-settings.ts";
import type { Section } from "../init/section.ts";
import { formatStackFile, stackSections, type StackFileArgs } from "../init/stack-file.ts";
import { survey } from "../init/survey.ts";
import { progress } from "./progress.ts";

/** Flags of `edgefirst init`. */
export interface InitFlags {
  readonly context: string;
  readonly kubeconfig?: string;
  readonly force?: true;
  readonly stdout?: true;
  readonly json?: true;
}

/**
 * `edgefirst init`: writes `Pulumi.<stack>.yaml` in the current directory, or prints it.
 * @throws {EdgefirstError} if the cluster cannot be reached, there is no project, or the file already exists
 */
export async function init(stack: string, flags: InitFlags): Promise<void> {
  const directory = process.cwd();
  const file = join(directory, `Pulumi.${stack}.yaml`);
  const prints = flags.stdout === true || flags.json === true;
  refuseName(stack);
  const existing = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!prints) refuseToWrite(directory, file, { existing, ...flags });
  const { context, kubeconfig } = flags;
  const cluster = { context, ...(kubeconfig !== undefined && { kubeconfig }) };
  const client = new KubeClient(cluster);
  try {
    progress(`Reading ${context} (Kubernetes ${await client.version()}); nothing is changed.`);
    const args = await stackFileArgs(stack, cluster, client);
    const sections = stackSections(args);
    const text = formatStackFile(args, sections);
    if (flags.json) process.stdout.write(`${JSON.stringify(asJson(args, sections), undefined, 2)}\n`);
    else if (flags.stdout) process.stdout.write(text);
    else {
      writeFileAtomic(file, text + secretSettings(existing), 0o644);
      progress(`Wrote Pulumi.${stack}.yaml. Review it, then run: npx pulumi preview -s ${shellWord(stack)}`);
    }
  } finally {
    client.close();
  }
}

async function stackFileArgs(
  stack: string,
  cluster: StackFileArgs["cluster"],
  client: ClusterReader,
): Promise<StackFileArgs> {
  const stacks = readdirSync(process.cwd())
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .filter((name) => name !== stack);
  return { stack, cluster, found: await survey(client), stacks, pins: loadPins() };
}

/** What was found, and the configuration without the file's suggestions. */
function asJson({ found }: StackFileArgs, sections: readonly Section[]): object {
  const config = sections.flatMap(({ key, value, isExample }) =>
    value === undefined || isExample ? [] : [[`edgefirst:${key}`, value]],
  );
  return { found, config: Object.fromEntries(config) as object };
}

function refuseName(stack: string): void {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(stack))
    throw new EdgefirstError(
      `${stack} is not a valid stack name.`,
      "Use letters, digits, dots, dashes and underscores, such as edge.",
    );
}

function refuseToWrite(
  directory: string,
  file: string,
  { existing, force }: { readonly existing: string; readonly force?: true },
): void {
  if (!existsSync(join(directory, "Pulumi.yaml")))
    throw new EdgefirstError(
      `There is no Pulumi.yaml in ${directory}, and the stack file belongs next to it.`,
      "Run the command in the project's directory, or print the file with --stdout.",
    );
  if (isConfigured(existing) && !force)
    throw new EdgefirstError(
      `${file} already exists.`,
      "Overwrite it with --force, or compare it first: edgefirst init … --stdout | diff …",
    );
}
