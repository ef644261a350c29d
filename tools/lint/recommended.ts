import { posix } from "node:path";
import type { KubeObject } from "../../kube/objects.ts";
import { fields } from "../../policy/engine/read.ts";
import type { Rule } from "../../policy/engine/rule.ts";
import type { Repository } from "../gitops/yaml/repository.ts";
import { fileOf } from "./kube-object.ts";
import { upstreamIn } from "./upstream.ts";

/** Directories for tests, examples, experiments and templates. */
const TRIAL = /(?:^|\/)(?:tests?|e2e|examples?|samples?|demos?|experiments?|archived?|templates?)\//;

/** Whether the object is in a cluster that Flux applies, and in one that only shows how something is used. */
interface Use {
  readonly isApplied: boolean;
  readonly isExample: boolean;
}

/** Whether a cluster is described below a directory for tests or examples. `clusters/test` is a cluster in use. */
export function isExampleCluster(name: string): boolean {
  return TRIAL.test(`${posix.dirname(name)}/`);
}

/**
 * Returns why a rule only recommends a change in an object: another project wrote it, it has no pods at present, or it is an experiment or an example that Flux does not apply. A Secret that
 * anyone can read is an error even there.
 */
export function recommendsIn(
  repository: Repository,
): (object: KubeObject, rule: Rule, use: Use) => string | undefined {
  const isUpstream = upstreamIn(repository);
  return (object, { id, forAuthor }, { isApplied, isExample }) => {
    if (forAuthor && isUpstream(object))
      return "Another project wrote this manifest: use a Kustomize patch or the chart's values, or report the problem there.";
    if (forAuthor && fields(object.spec).replicas === 0)
      return "It is scaled to 0, so nothing of it runs: do this before it runs again.";
    const isTrial = isExample || (!isApplied && TRIAL.test(fileOf(object)));
    return isTrial && id !== "secret-in-clear"
      ? "It is only a test, an example or a template: exempt it if nothing else uses it."
      : undefined;
  };
}
