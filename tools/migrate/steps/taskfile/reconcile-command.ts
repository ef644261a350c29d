import { isMapping, type Value } from "../../../gitops/yaml/values.ts";

/** A `flux reconcile` command. */
export interface ReconcileCommand {
  /** `kustomization NAME`, or `source KIND NAME`. */
  readonly target: string;
  readonly namespace: string;
  readonly withSource: boolean;
  /** The other options, such as the one that selects the cluster; empty, or with a space at the end. */
  readonly selection: string;
}

const OPTIONS_WITH_VALUE = [
  "-n",
  "--namespace",
  "--context",
  "--kubeconfig",
  "--timeout",
  "--cluster",
  "--as",
];

/** Reads a command; undefined if it is not a single `flux reconcile` of a Kustomization or source. */
export function reconcileCommand(command: string): ReconcileCommand | undefined {
  const words = command.trim().match(/(?:\{\{.*?\}\}|"[^"\n]*"|'[^'\n]*'|[^\s"'])+/g) ?? [];
  const positional: string[] = [];
  const selection: string[] = [];
  let [namespace, withSource] = ["flux-system", false];
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? "";
    const [option = "", inline] = word.startsWith("-") ? word.split(/=(.*)/s) : [];
    if (option === "--with-source" && inline === undefined) withSource = true;
    else if (OPTIONS_WITH_VALUE.includes(option)) {
      const value = inline ?? words[++index] ?? "";
      if (option === "-n" || option === "--namespace") namespace = value;
      else selection.push(`${option} ${value} `);
    } else if (word.startsWith("-") || /[;&|<>`$\n]/.test(word)) return undefined;
    else positional.push(word);
  }
  const [verb, ...target] = positional;
  if (words[0] !== "flux" || verb !== "reconcile") return undefined;
  const [kind = "", ...names] = target;
  const isKustomization = (kind === "kustomization" || kind === "ks") && names.length === 1;
  if (!isKustomization && !(kind === "source" && names.length === 2)) return undefined;
  return {
    target: [isKustomization ? "kustomization" : kind, ...names].join(" "),
    namespace,
    withSource,
    selection: selection.join(""),
  };
}

/** The commands of a task; undefined if it does anything else, such as calling other tasks. */
export function commandsIn(task: Value | undefined): readonly string[] | undefined {
  if (typeof task === "string") return [task];
  if (Array.isArray(task)) return texts(task);
  if (!isMapping(task)) return undefined;
  const { cmd, cmds } = task;
  if (cmds === undefined) return typeof cmd === "string" ? [cmd] : undefined;
  return cmd === undefined && Array.isArray(cmds) ? texts(cmds) : undefined;
}

function texts(commands: readonly Value[]): readonly string[] | undefined {
  const all = commands.map((one) => (isMapping(one) && Object.keys(one).join() === "cmd" ? one.cmd : one));
  return all.every((one) => typeof one === "string") ? all : undefined;
}
