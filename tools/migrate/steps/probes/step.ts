import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../../kube/objects.ts";
import { appContainers } from "../../../../policy/objects/app-template.ts";
import type { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import type { Path } from "../../../../policy/engine/path.ts";
import { helmreleaseProbes } from "../../../../policy/rules/helmrelease-probes.ts";
import { workloadProbes } from "../../../../policy/rules/workload-probes.ts";
import { runRules, type RuleFinding } from "../../../../policy/engine/run.ts";
import { locate, SourceFile, type Position } from "../../../gitops/yaml/source.ts";
import { originAt } from "../../../gitops/yaml/values.ts";
import { fileText } from "../../../gitops/yaml/file-text.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltObject } from "../../../gitops/flux/built.ts";
import { knowledgeOf } from "../../../lint/knowledge.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { whyForbidden } from "./allowed.ts";
import { whyRenderedForbidden } from "./rendered.ts";
import { missingProbes, type Probes } from "./missing.ts";
import { commentsOnProbes } from "./owner-comment.ts";
import { probeLines } from "./write-probes.ts";
import { notEditable } from "../../not-editable.ts";
import type { Note, Plan, Step, StepContext } from "../../step.ts";

/** Adds missing probes if it is known what they should check, and lists the other containers. */
export const probes: Step = {
  id: "probes",
  title: "Add missing probes",
  risk: { level: "medium", phrase: "pods restart, and a wrong probe takes an app out of service" },
  live: [
    "before: note which pods restart or are not ready (kubectl get pods -A)",
    "after: watch `kubectl get pods -A -w` until every restarted pod is ready and stays up; a wrong readiness probe takes an app out of service",
  ],
  plan,
  whyForbidden,
  whyRenderedForbidden,
};

/** A container that lacks probes, in one cluster. */
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
      knowledge: knowledgeOf(context.repository),
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
          ? "it differs between clusters"
          : insert(lack, answer, texts, context);
    if (reason !== undefined)
      notes.push({ kind: "left", message: `${message} ${sentence(reason)}`.trim(), position });
  }
  return { changes: [...texts].map(([path, text]) => ({ path, text })), notes };
}

const sentence = (reason: string): string =>
  reason === "" ? "" : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;

/** What a finding reports as missing; nothing if it is exempted or only a warning. */
function lackOf(
  { object, path, message, exemption, problem }: RuleFinding,
  builtOf: ReadonlyMap<KubeObject, BuiltObject>,
  index: ObjectIndex,
  context: StepContext,
): readonly Lack[] {
  const built = builtOf.get(object);
  if (!built || exemption || problem.warning === true || !(built.origin.source instanceof SourceFile))
    return [];
  const position = locate(originAt(built.object, path));
  const container = appContainers(object, index).find((one) => isDeepStrictEqual(one.path, path));
  const answer = container ? missingProbes(container, object, index, context) : "";
  return [{ built, path, position, message, answer }];
}

/** Whether a path is that of the container itself, not the part of it that the release has, with the rest from `valuesFrom`. */
const isContainer = (path: Path): boolean =>
  path[1] !== "valuesFrom" &&
  (!path.includes("controllers") || ["containers", "initContainers"].includes(String(path.at(-2))));

/** Adds the probes to the text; returns the reason if that is not possible. */
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
  const comments = commentsOnProbes(edit, document, path);
  if (comments.length > 0) return `its comments may say why: ${comments.join(" ")}`;
  if (!isContainer(path))
    return "its values are not in the HelmRelease, but where spec.valuesFrom refers to: add the probes there";
  const lines = probeLines(missing, edit, document, path);
  const own = [...path, "probes"];
  const done = edit.has(document, own)
    ? edit.insert(document, own, lines)
    : edit.insert(document, path, `probes:\n${lines.replace(/^(?=.)/gm, "  ")}`);
  if (!done) return `they cannot be added: ${notEditable(edit, source.file)}`;
  texts.set(source.file, edit.text());
  return undefined;
}
