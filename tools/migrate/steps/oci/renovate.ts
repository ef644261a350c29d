import { firstOf } from "../../../../lib/counted.ts";
import { distinct } from "../../../../lib/distinct.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { oncePer } from "../../../../lib/once-per.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { fieldAt, fieldsIn, type WrittenObject } from "../../objects.ts";
import type { FileChange, Note, StepContext } from "../../step.ts";
import { repositoryOf, sourceOf } from "./artifact.ts";
import { staleComments } from "./renovate-comments.ts";
import { configFiles } from "./renovate-config.ts";
import { managerNotes } from "./renovate-managers.ts";
import { fits, lineFor, rulesIn, type Dependency, type RenovateRule } from "./renovate-rules.ts";

/** A chart as Renovate knows it before and after the step. */
interface Moved {
  readonly before: Dependency;
  readonly after: Dependency;
}

/** What the owner has to know about Renovate: its rules, its managers, and comments for it. */
export function renovateNotes(
  releases: readonly WrittenObject[],
  changes: readonly FileChange[],
  context: StepContext,
): readonly Note[] {
  const charts = releases.map(({ file, forms: [form] }) => {
    const { chart, version } = fieldsIn(form?.object, ["spec", "chart", "spec"]);
    return { file, name: scalarText(chart), version: scalarText(version) };
  });
  return [
    ...ruleNotes(releases, context),
    ...managerNotes(charts, changes, context),
    ...staleComments(releases),
  ];
}

/**
 * The rules of Renovate that stop or begin to apply to charts that move. Renovate names a chart from a HelmRepository by its own name, and one from an OCIRepository
 * by its whole address, and the latter has the datasource `docker`. Source: lib/modules/manager/flux/extract.ts in renovatebot/renovate.
 */
function ruleNotes(releases: readonly WrittenObject[], context: StepContext): readonly Note[] {
  const all = releases.flatMap((release) => movedIn(release, context));
  const moved = distinct(all);
  return rulesOf(context.repository).flatMap(({ file, rule }) => {
    const stops = moved.filter(({ before, after }) => fits(rule, before) && !fits(rule, after));
    const begins = moved.filter(({ before, after }) => !fits(rule, before) && fits(rule, after));
    const note = (message: string, dependency: Dependency): Note => {
      const position = { file, line: lineFor(rule, dependency), column: 1 };
      return { kind: "runbook", message, position };
    };
    const [stop] = stops;
    const [begin] = begins;
    return [
      ...(stop ? [note(`${STOPS}: ${named(stops)}. Adapt the rule in the same commit`, stop.before)] : []),
      ...(begin ? [note(`${BEGINS}: ${named(begins)}. Check whether it should`, begin.after)] : []),
    ];
  });
}

const STOPS =
  "this rule of Renovate no longer applies to charts that move, because Renovate knows them by their address, with the datasource docker";
const BEGINS =
  "this rule of Renovate begins to apply to charts that move, because Renovate knows them by their address, with the datasource docker";

const named = (moved: readonly Moved[]): string =>
  firstOf(moved.map(({ before, after }) => `${before.depName} becomes ${after.depName}`));

function movedIn(release: WrittenObject, context: StepContext): readonly Moved[] {
  const source = sourceOf(release, context);
  const [form] = release.forms;
  if (!form || source === undefined || "reason" in source) return [];
  const address = source.address.replace("oci://", "");
  const chart = fieldsIn(form.object, ["spec", "chart", "spec"]);
  const depName = scalarText(chart.chart);
  const url = scalarText(fieldAt(repositoryOf(form, context)?.object, ["spec", "url"]));
  const isOci = url.startsWith("oci://");
  const before: Dependency = {
    depName,
    packageName: isOci ? address : depName,
    datasource: isOci ? "docker" : "helm",
  };
  return [{ before, after: { depName: address, packageName: address, datasource: "docker" } }];
}

/** The rules in all configurations and presets of Renovate in a repository: whatever has `packageRules` or `ignoreDeps` is one. */
const rulesOf = oncePer(
  (repository: Repository): readonly { readonly file: string; readonly rule: RenovateRule }[] =>
    configFiles(repository).flatMap(({ file, text }) => rulesIn(text).map((rule) => ({ file, rule }))),
);
