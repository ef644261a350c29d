import { EdgefirstError } from "../../../../lib/errors.ts";
import { AbsentError, RegistryClient, UnreachableError } from "../../../toolchain/images/registry-client.ts";
import { endpointOf } from "../../../toolchain/images/reference.ts";
import type { RegistryAnswer, RegistryAnswers } from "../../registry-answers.ts";
import { writtenObjects } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { artifactKeyOf, artifactOf, isRelease, type Artifact } from "./artifact.ts";

/** A Helm chart's config; source: https://helm.sh/docs/topics/registries/#oci-artifact-manifest */
const CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json";

/**
 * Asks the registries about each chart version that is not known to be published. A registry that does not respond is asked once, and the
 * answer for each of its charts is the reason.
 */
export async function askRegistries(context: StepContext, env = process.env): Promise<RegistryAnswers> {
  const answers = new Map<string, RegistryAnswer>();
  const silent = new Map<string, string>();
  for (const source of unknownSources(context)) {
    const host = new URL(source.address).host;
    const reason = silent.get(host);
    if (reason !== undefined) {
      answers.set(artifactKeyOf(source), { unknown: reason });
      continue;
    }
    try {
      answers.set(artifactKeyOf(source), (await isChart(source, env)) ? "published" : "absent");
    } catch (error) {
      if (!(error instanceof EdgefirstError)) throw error;
      if (error instanceof UnreachableError) silent.set(host, error.message);
      const isAbsent = error instanceof AbsentError;
      answers.set(artifactKeyOf(source), isAbsent ? "absent" : { unknown: error.message });
    }
  }
  return answers;
}

async function isChart({ address, tag }: Artifact, env: NodeJS.ProcessEnv): Promise<boolean> {
  const endpoint = endpointOf(`${address.slice("oci://".length)}:${tag}`, undefined, env);
  const { content } = await new RegistryClient(endpoint).manifest(tag);
  return content.config?.mediaType === CHART_CONFIG;
}

function unknownSources(context: StepContext): readonly Artifact[] {
  const sources = writtenObjects(context, isRelease)
    .flatMap(({ forms }) => forms.map((form) => artifactOf(form, context)))
    .flatMap((source) => (source && "reason" in source && source.ask ? [source.ask] : []));
  return [...new Map(sources.map((source) => [artifactKeyOf(source), source])).values()];
}
