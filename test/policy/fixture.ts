import { parseAllDocuments } from "yaml";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { ObjectIndex } from "../../policy/engine/object-index.ts";
import { formatPath } from "../../policy/engine/path.ts";
import { RULES } from "../../policy/engine/registry.ts";
import { withEdits } from "./with-edits.ts";
import type { BuildSteps, Rule } from "../../policy/engine/rule.ts";
import { runRules, type RuleReport } from "../../policy/engine/run.ts";

/** Objects, and a rule's findings about them. */
export interface Case {
  readonly name: string;
  /** YAML documents. */
  readonly objects: string;
  /**
   * Every finding, as `Kind namespace/name path`, in any order. Findings other than errors are prefixed with `warning ` or `not evaluated `. None by default.
   */
  readonly finds?: readonly string[];
  /** The objects with every fix applied. */
  readonly fixed?: string;
  readonly host?: "stack" | "repository";
  readonly isComplete?: false;
  readonly settings?: object;
  /** Whether the rule's level is not configured, so that its recommendations are warnings in a repository. */
  readonly isDefaultLevel?: true;
  /** Whether the case is shown on the rule's page: one valid and one invalid case, as small as possible. */
  readonly example?: true;
  /** YAML documents of another cluster in the repository. */
  readonly otherCluster?: string;
  /** YAML documents at an earlier time. */
  readonly previous?: string;
  /** Whether the cluster's Flux is at least a version that the rule asks about. */
  readonly hasFlux?: boolean;
  /** An object at the steps of its Flux build, given the object and all objects. */
  readonly buildSteps?: (object: KubeObject, all: readonly KubeObject[]) => BuildSteps | undefined;
}

/** Cases that show that a rule works: at least one valid and one invalid case, and one of each with `example`. */
export interface Fixture {
  readonly valid: readonly Case[];
  readonly invalid: readonly Case[];
}

/** The current date in every case. */
export const TODAY = new Date("2026-03-10T12:00:00Z");

/** The objects in YAML documents. */
export function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml, { merge: true }).map((document) => {
    if ("errors" in document && document.errors.length > 0) throw new Error(document.errors.join("\n"));
    return document.toJS() as KubeObject;
  });
}

/** Runs one rule over a case. */
export function reportOf(id: string, given: Case): RuleReport & { readonly objects: readonly KubeObject[] } {
  const rule = ruleNamed(id);
  const objects = objectsOf(given.objects);
  const { buildSteps, otherCluster, previous, isDefaultLevel } = given;
  const settings = {
    ...(isDefaultLevel !== true && { enforcementLevel: rule.enforcement }),
    ...given.settings,
  };
  const report = runRules({
    host: given.host ?? "repository",
    rules: [rule],
    objects,
    now: TODAY,
    hasFlux: () => given.hasFlux,
    ...(given.isComplete === false && { isComplete: false }),
    settings: { [id]: settings },
    ...(otherCluster !== undefined && { others: () => [new ObjectIndex(objectsOf(otherCluster))] }),
    ...(previous !== undefined && { previous: objectsOf(previous) }),
    ...(buildSteps !== undefined && { buildSteps: (object) => buildSteps(object, objects) }),
  });
  return { ...report, objects };
}

/** A rule's findings about a case, in the format of {@link Case.finds}. */
export function outcomes(id: string, given: Case): string[] {
  const { findings, notEvaluated } = reportOf(id, given);
  const advisory = ruleNamed(id).enforcement === "advisory";
  return [
    ...findings.map(
      ({ object, path, enforcement }) =>
        `${enforcement === "advisory" && !advisory ? "warning " : ""}${describeObject(object)} ${formatPath(path)}`,
    ),
    ...notEvaluated.map(({ object, path }) => `not evaluated ${describeObject(object)} ${formatPath(path)}`),
  ].sort();
}

/** The objects in a case, with all the rule's fixes applied. */
export function fixes(id: string, given: Case): KubeObject[] {
  const { findings, objects } = reportOf(id, given);
  return objects.map((object) =>
    withEdits(
      object,
      findings
        .filter((finding) => finding.object === object)
        .flatMap(({ problem }) => ruleNamed(id).fix?.(object, problem) ?? []),
    ),
  );
}

function ruleNamed(id: string): Rule {
  const rule = RULES.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`There is no rule ${id}.`);
  return rule;
}
