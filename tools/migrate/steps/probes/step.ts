import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../../kube/objects.ts";
import { appContainers } from "../../../../policy/objects/app-template.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import type { Path } from "../../../../policy/engine/path.ts";
import { fields } from "../../../../policy/engine/read.ts";
import { helmreleaseProbes } from "../../../../policy/rules/helmrelease-probes.ts";
import { workloadProbes } from "../../../../policy/rules/workload-probes.ts";
import { runRules, type RuleFinding } from "../../../../policy/engine/run.ts";
import { locate, SourceFile, type Position } from "../../../gitops/yaml/source.ts";
import { isMapping, originAt, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/rule-origin.ts";
import { indexOf } from "../annotate/endpoints.ts";
import { clusterOf } from "../../clusters.ts";
import { fieldsIn } from "../../objects.ts";
import { missingProbes, type Probes } from "./missing.ts";
import { probeLines } from "./write-probes.ts";
import type { Note, Plan, Step, StepContext } from "../../step.ts";

/** Probes where it is known what to ask, and a list of the containers where it is not. */
export const probes: Step = {
  id: "probes",
  title: "Probes that are missing",
  risk: "medium",
  live: [
    "before: kubectl get pods -A: what restarts or is not ready today, to compare",
    "after: kubectl get pods -A -w: each pod that is rolled becomes ready and does not restart; a readiness probe that is wrong takes an app out of service",
  ],
  plan,
  unintended,
};

/** A container without all its probes, in one cluster. */
interface Lack {
  readonly built: BuiltObject;
  readonly path: Path;
  readonly position: Position;
  readonly message: string;
  readonly answer: Probes | string;
}

function plan(context: StepContext): Plan {
  const texts = new Map<string, string>();
  const notes: Note[] = [];
  const lacks = context.clusters.flatMap((cluster) => {
    const builtOf = new Map(cluster.objects.map((built) => [asKubeObject(built.object), built]));
    const { findings } = runRules({
      host: "repository",
      objects: [...builtOf.keys()],
      rules: [helmreleaseProbes, workloadProbes],
    });
    return findings.flatMap((finding) => lackOf(finding, builtOf, indexOf(cluster), context));
  });
  const places = Map.groupBy(lacks, ({ built, path }) =>
    JSON.stringify([built.origin.source.file, built.origin.offset, path]),
  );
  for (const forms of places.values()) {
    const [lack] = forms;
    if (!lack || !context.selected(lack.built.origin.source.file)) continue;
    const { answer, message, position } = lack;
    const reason =
      typeof answer === "string"
        ? answer
        : forms.some((form) => !isDeepStrictEqual(form.answer, answer))
          ? "it is another one in each cluster"
          : insert(lack, answer, texts, context);
    if (reason !== undefined)
      notes.push({ kind: "left", message: `${message} ${sentence(reason)}`.trim(), position });
  }
  return { changes: [...texts].map(([path, text]) => ({ path, text })), notes };
}

const sentence = (reason: string): string =>
  reason === "" ? "" : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;

/** What a finding says is missing; nothing for what a person need not decide, or where it is written that it is meant so. */
function lackOf(
  { object, path, message, exemption, problem }: RuleFinding,
  builtOf: ReadonlyMap<KubeObject, BuiltObject>,
  index: ObjectIndex,
  { options }: StepContext,
): readonly Lack[] {
  const built = builtOf.get(object);
  if (!built || exemption || problem.advice === true || !(built.origin.source instanceof SourceFile))
    return [];
  const position = locate(originAt(built.object, path));
  const container = appContainers(object, index).find((one) => isDeepStrictEqual(one.path, path));
  const answer = container ? missingProbes(container, object, index, options.probes.paths) : "";
  return [{ built, path, position, message, answer }];
}

/** Plans the text; why it cannot be, otherwise. */
function insert(
  { built, path }: Lack,
  missing: Probes,
  texts: Map<string, string>,
  { repository }: StepContext,
): string | undefined {
  const { source, offset } = built.origin;
  const text = texts.get(source.file) ?? fileText(repository, source.file) ?? "";
  const edit = new YamlEdit(text);
  const document = (text === source.text ? edit : new YamlEdit(source.text)).documentAt(offset);
  const lines = probeLines(missing, edit, document, path);
  const own = [...path, "probes"];
  const done = edit.has(document, own)
    ? edit.insert(document, own, lines)
    : edit.insert(document, path, `probes:\n${lines.replace(/^(?=.)/gm, "  ")}`);
  if (!done) return "the text does not let it be added";
  texts.set(source.file, edit.text());
  return undefined;
}

/** Intended: probes come that were not there, each one that the step gives; nothing else of the release changes. */
function unintended(
  ...[before, after, context, clusters]: Parameters<Step["unintended"]>
): string | undefined {
  const old = before && clusterOf(before, context.clusters);
  const now = clusters.find(({ name }) => name === old?.name);
  if (!before || !after || !old || !now) return "nothing may come or go";
  if (!isDeepStrictEqual(withoutProbes(before.object), withoutProbes(after.object)))
    return "more than probes has changed";
  const [earlier, later] = [
    appContainers(asKubeObject(before.object), indexOf(old)),
    appContainers(asKubeObject(after.object), indexOf(now)),
  ];
  const wrong = earlier.find((container, index) => {
    const answer = missingProbes(
      container,
      asKubeObject(before.object),
      indexOf(old),
      context.options.probes.paths,
    );
    const expected = { ...container.probes, ...(typeof answer === "string" ? {} : answer) };
    const got = later[index]?.probes ?? {};
    return !isDeepStrictEqual(got, container.probes) && !isDeepStrictEqual(got, expected);
  });
  return wrong && `container ${wrong.name} gets other probes than the step gives`;
}

function withoutProbes(object: Mapping): unknown {
  const controllers = Object.entries(fieldsIn(object, ["spec", "values", "controllers"])).map(
    ([name, controller]): [string, unknown] => [name, withoutProbesBelow(controller)],
  );
  const spec = fieldsIn(object, ["spec"]);
  return {
    ...object,
    spec: { ...spec, values: { ...fieldsIn(spec, ["values"]), controllers: new Map(controllers) } },
  };
}

function withoutProbesBelow(controller: Value): unknown {
  if (!isMapping(controller)) return controller;
  const lists = ["containers", "initContainers"].map((list): [string, unknown] => [
    list,
    new Map(
      Object.entries(fieldsIn(controller, [list])).map(([name, container]): [string, unknown] => [
        name,
        { ...fields(container), probes: undefined },
      ]),
    ),
  ]);
  return { ...controller, ...Object.fromEntries(lists) };
}
