import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { writeYaml } from "../../../gitops/edit/write-yaml.ts";
import type { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isFluxKustomization, specOf } from "../../../gitops/flux/flux-kustomization.ts";
import { nameOf } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { indented } from "../route/text/carry.ts";
import { FLUX, FLUX_KEYS, isFluxTask } from "./flux-names.ts";
import { commandsIn, reconcileCommand, type ReconcileCommand } from "./reconcile-command.ts";

/** What a new task reconciles. */
interface Goal {
  readonly target: string;
  readonly namespace: string;
}

/** A new task, and the task that it replaces, if there is one. */
export interface FluxTask {
  readonly key: "verify" | "sync";
  /** The key of a task that does the same. */
  readonly replaces: string | undefined;
  /** The new task as YAML; it takes over the aliases of the replaced one only if that is removed. */
  readonly lines: (isReplacing: boolean) => string;
}

const DESCRIPTIONS = {
  verify: "Reconcile the root Kustomization and wait until it is ready",
  sync: "Fetch the latest revision of Flux's source",
};

/** Whether a task has a name already, as its key or as an alias. */
const isTaken = (key: string, tasks: Mapping): boolean =>
  tasks[key] !== undefined ||
  Object.values(tasks).some(
    (task) => isMapping(task) && Array.isArray(task.aliases) && task.aliases.includes(key),
  );

/** The tasks named `verify` or `sync` that do something else than the step's would, each with the command of the step's. */
export function otherFluxTasks(
  { clusters }: Pick<StepContext, "clusters">,
  own: Mapping,
): readonly { readonly key: string; readonly command: string }[] {
  const goals = goalsOf(clusters);
  const tasks = isMapping(own.tasks) ? own.tasks : {};
  return FLUX_KEYS.flatMap((key) => {
    if (!goals || tasks[key] === undefined) return [];
    const { target, namespace } = goals[key];
    // Commands that it cannot read, such as a call of another task, may do just that.
    const commands = (commandsIn(tasks[key]) ?? []).map(reconcileCommand);
    const isOther =
      commands.length > 0 &&
      commands.every((one) => one && (one.target !== target || one.namespace !== namespace));
    return isOther ? [{ key, command: `flux reconcile --namespace ${namespace} ${target}` }] : [];
  });
}

/** What the new task states in its own words. */
const OWN_FIELDS = ["desc", "summary", "cmd", "cmds"];
/** Fields that make a task safe to run, regardless of its commands. */
const GUARDS = ["requires", "preconditions", "prompt", "vars", "env", "dotenv", "platforms"];

/**
 * The tasks `verify` and `sync` for a Taskfile without them. They select the cluster, and check what they need, as the tasks there do that
 * reconcile the same. Undefined if the clusters do not share one root Kustomization and one source by name.
 */
export function fluxTasks(
  { clusters, options: { taskfile } }: StepContext,
  root: Mapping,
  own: Mapping,
  edit: YamlEdit,
): readonly FluxTask[] | undefined {
  const goals = goalsOf(clusters);
  if (!goals) return undefined;
  const tasks = isMapping(own.tasks) ? own.tasks : {};
  const models = modelsIn(tasks);
  const kubeconfig =
    isMapping(root.vars) && root.vars.KUBECONFIG_FILE !== undefined
      ? "--kubeconfig {{.KUBECONFIG_FILE}} "
      : "";
  return FLUX_KEYS.filter((key) => !isTaken(key, tasks) && !taskfile.remove.includes(`${FLUX}:${key}`)).map(
    (key) => {
      const { target, namespace } = goals[key];
      const same = models.find(
        (one) =>
          one.only &&
          !isFluxTask(one.key) &&
          one.command.target === target &&
          one.command.namespace === namespace &&
          linesOf(one, edit) !== undefined,
      );
      const model = same ?? models.find(({ only }) => only) ?? models[0];
      const selection = [model?.command.selection ?? "", kubeconfig].find((one) => one !== "") ?? "";
      const withSource = key === "verify" ? " --with-source" : "";
      const command = `flux ${selection}reconcile --namespace ${namespace} ${target}${withSource}`;
      const head = `${key}:\n  desc: ${DESCRIPTIONS[key]}\n  cmd: ${command}\n`;
      return {
        key,
        replaces: same?.key,
        lines: (isReplacing) => {
          const moved = isReplacing && same ? linesWithAlias(same, edit) : undefined;
          const copied = Object.fromEntries(
            Object.entries(model?.fields ?? {}).filter(([name]) => name !== "aliases"),
          );
          return head + indented(moved ?? (Object.keys(copied).length === 0 ? "" : writeYaml(copied)));
        },
      };
    },
  );
}

/** A task whose way of selecting a cluster a new task can copy. */
interface Model {
  readonly key: string;
  readonly command: ReconcileCommand;
  /** The task does nothing else. */
  readonly only: boolean;
  /** Its other fields. */
  readonly fields: Mapping;
}

function modelsIn(tasks: Mapping): readonly Model[] {
  return Object.entries(tasks).flatMap(([key, task]) => {
    const commands = commandsIn(task) ?? [];
    const command = commands.map(reconcileCommand).find((one) => one !== undefined);
    if (!command) return [];
    const only = commands.length === 1;
    const fields = Object.entries(isMapping(task) ? task : {}).filter(([name]) =>
      only ? !OWN_FIELDS.includes(name) : GUARDS.includes(name),
    );
    return [{ key, command, only, fields: Object.fromEntries(fields) }];
  });
}

/** Like {@link linesOf}, with the task's own name among the aliases: people, and scripts elsewhere, may still type it. Task has no wildcards in aliases. */
function linesWithAlias(model: Model, edit: YamlEdit): string | undefined {
  const lines = linesOf(model, edit);
  if (lines === undefined || model.key.includes("*")) return lines;
  const before = edit.linesOf(0, ["tasks", model.key, "aliases"]) ?? "";
  const after = withAlias(before, model.key);
  return before === "" ? lines + after : lines.replace(before, () => after);
}

/** The lines of `aliases` with one more. */
function withAlias(lines: string, key: string): string {
  const alias = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  if (lines === "") return `aliases: [${alias}]\n`;
  const list = /^(aliases:\s*\[)([^\]]*?)[\s,]*\]/m;
  if (list.test(lines))
    return lines.replace(
      list,
      (_, start: string, own: string) => `${start}${own}${own.trim() === "" ? "" : ", "}${alias}]`,
    );
  const [, indent] = /^( *)- /m.exec(lines) ?? [];
  return indent === undefined ? lines : `${lines.replace(/\n*$/, "\n")}${indent}- ${alias}\n`;
}

/** The lines of a task's other fields, with their comments; undefined if they cannot be moved. */
function linesOf({ key, fields }: Model, edit: YamlEdit): string | undefined {
  const lines = Object.keys(fields).map((name) => edit.linesOf(0, ["tasks", key, name]));
  return lines.every((text) => text !== undefined && !/(?:^|[\s[{,])[&*][\w-]/.test(text))
    ? lines.join("")
    : undefined;
}

function goalsOf(clusters: readonly BuiltCluster[]): Readonly<Record<FluxTask["key"], Goal>> | undefined {
  const [first = [], ...others] = clusters.map(rootGoals);
  const id = (goals: object): string => JSON.stringify(goals);
  const [goals, ...more] = first.filter((one) =>
    others.every((roots) => roots.some((other) => id(other) === id(one))),
  );
  return more.length > 0 ? undefined : goals;
}

/** The commands that reconcile each Kustomization that no other Kustomization applies. */
function rootGoals({ objects }: BuiltCluster): readonly Readonly<Record<FluxTask["key"], Goal>>[] {
  return objects.flatMap(({ object, kustomization }) => {
    if (!isFluxKustomization(object)) return [];
    if (kustomization && fullName(kustomization.object) !== fullName(object)) return [];
    const { sourceRef } = specOf(object);
    const source = isMapping(sourceRef) ? sourceRef : {};
    const kind = { GitRepository: "git", OCIRepository: "oci" }[scalarText(source.kind)];
    if (kind === undefined) return [];
    const { namespace: written } = isMapping(object.metadata) ? object.metadata : {};
    const namespace = scalarText(written) || "flux-system";
    return [
      {
        verify: { namespace, target: `kustomization ${nameOf(object).name}` },
        sync: {
          namespace: scalarText(source.namespace) || namespace,
          target: `source ${kind} ${scalarText(source.name)}`,
        },
      },
    ];
  });
}

function fullName({ metadata }: Mapping): string {
  return isMapping(metadata) ? `${scalarText(metadata.namespace)}/${scalarText(metadata.name)}` : "";
}
