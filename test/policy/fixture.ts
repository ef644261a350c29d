import { parseAllDocuments } from "yaml";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { formatPath } from "../../policy/engine/path.ts";
import { RULES } from "../../policy/engine/registry.ts";
import { withEdits } from "../../policy/engine/edit.ts";
import type { Origin, Rule } from "../../policy/engine/rule.ts";
import { runRules, type RuleReport } from "../../policy/engine/run.ts";

/** Objects, and what a rule says about them. */
export interface Case {
  readonly name: string;
  /** YAML documents. */
  readonly objects: string;
  /**
   * All that the rule has to say, as `Kind namespace/name path`, in any order; with `advice ` or `undecided ` before what is no breach.
   * Left out: nothing.
   */
  readonly finds?: readonly string[];
  /** The objects once every fix is made: the rule then has nothing to say about what it could fix. */
  readonly fixed?: string;
  readonly host?: "stack" | "repository";
  readonly settings?: unknown;
  /** YAML documents of an earlier time. */
  readonly previous?: string;
  /** How Flux made an object: given the object, and all of them. */
  readonly origin?: (object: KubeObject, all: readonly KubeObject[]) => Origin | undefined;
}

/** What shows that a rule works: at least one case of each. */
export interface Fixture {
  readonly valid: readonly Case[];
  readonly invalid: readonly Case[];
}

/** The day on which fixtures are checked. */
export const TODAY = new Date("2026-03-10T12:00:00Z");

/** The objects of YAML documents. */
export function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml, { merge: true }).map((document) => {
    if ("errors" in document && document.errors.length > 0) throw new Error(document.errors.join("\n"));
    return document.toJS() as KubeObject;
  });
}

/** Runs one rule over a case. */
function reportOf(id: string, given: Case): RuleReport & { readonly objects: readonly KubeObject[] } {
  const rules = [ruleNamed(id)];
  const objects = objectsOf(given.objects);
  const { origin, previous, settings } = given;
  const report = runRules({
    host: given.host ?? "repository",
    rules,
    objects,
    now: TODAY,
    ...(settings !== undefined && { settings: { [id]: settings } }),
    ...(previous !== undefined && { previous: objectsOf(previous) }),
    ...(origin !== undefined && { origin: (object) => origin(object, objects) }),
  });
  return { ...report, objects };
}

/** All that a rule has to say about a case, in the words of {@link Case.finds}. */
export function outcomes(id: string, given: Case): string[] {
  const { findings, undecided } = reportOf(id, given);
  const advisory = ruleNamed(id).enforcement === "advisory";
  return [
    ...findings.map(
      ({ object, path, enforcement }) =>
        `${enforcement === "advisory" && !advisory ? "advice " : ""}${describeObject(object)} ${formatPath(path)}`,
    ),
    ...undecided.map(({ object, path }) => `undecided ${describeObject(object)} ${formatPath(path)}`),
  ].sort();
}

/** The objects of a case with every fix that the rule offers. */
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
