import type { KubeObject } from "../../kube/objects.ts";
import { fields } from "../../policy/engine/read.ts";
import type { Rule } from "../../policy/engine/rule.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { fileOf } from "./kube-object.ts";
import { upstreamIn } from "./upstream.ts";

/** Directories for tests, examples and experiments. */
const TRIAL = /(?:^|\/)(?:tests?|e2e|examples?|samples?|demos?|experiments?|archived?)\//;

/**
 * Returns why a rule only recommends a change in an object: another project wrote it, it has no pods at present, or it is an experiment that Flux does not apply. A Secret that anyone can read
 * is an error even there. The last argument says whether Flux applies the object.
 */
export function recommendsIn(
  repository: Repository,
): (object: KubeObject, rule: Rule, isApplied: boolean) => string | undefined {
  const isUpstream = upstreamIn(repository);
  return (object, { id, forAuthor }, isApplied) => {
    if (forAuthor && isUpstream(object))
      return "Another project wrote this manifest: use a Kustomize patch or the chart's values, or report the problem there.";
    if (forAuthor && fields(object.spec).replicas === 0)
      return "It is scaled to 0, so nothing of it runs: do this before it runs again.";
    const isTrial = !isApplied && id !== "secret-in-clear" && TRIAL.test(fileOf(object));
    return isTrial ? "Its directory is for tests or examples: exempt it if nothing else uses it." : undefined;
  };
}
