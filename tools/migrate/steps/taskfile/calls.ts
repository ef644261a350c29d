import { isMapping, type Value } from "../../../gitops/yaml/values.ts";

/** A call to a task. */
export interface Call {
  readonly name: string;
  /** The name is relative to the calling file's namespace, unless it begins with a colon. */
  readonly local: boolean;
}

/** The arguments to `task` in a shell command, up to the end of the command. `TASK_EXE` is Task's own variable for itself. */
const SHELL_CALL =
  /(?:(?:^|[\s;&|(`"'/])(?:go-)?task|\{\{-?\s*\.TASK_EXE\s*-?\}\})["']?[ \t]+((?:\\\n|[^\n;&|<>()`])*)/g;

/** Task options that take a value. Source: https://taskfile.dev/docs/reference/cli */
const OPTIONS_WITH_VALUE = /^(?:-[dtoCI]|--(?:dir|taskfile|output|concurrency|interval|sort))$/;
/** Options that select a Taskfile: the tasks are named as there, without the namespaces that the root may have for them. */
const OTHER_TASKFILE = /^(?:-[dt]|--(?:dir|taskfile))(?:=|$)/;
const ANY_NAMESPACE = "{{}}:";

/** The name in a call as a person wrote it. */
export const writtenName = (call: string): string =>
  call.startsWith(ANY_NAMESPACE) ? call.slice(ANY_NAMESPACE.length) : call;

/** A condition in a template without another one in it. */
const CONDITION = /\{\{-?\s*(?:if|with)\b(?:(?!\{\{-?\s*(?:if|with|range)\b).)+?\{\{-?\s*end\s*-?\}\}/s;
const MAX_ALTERNATIVES = 64;

/** The texts that a template may produce, without its conditions; if these are too many, a variable that may be anything. */
function alternatives(template: string): readonly string[] {
  const done: string[] = [];
  const open = [template];
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    if (done.length === MAX_ALTERNATIVES) return ["{{}}"];
    const [condition = ""] = CONDITION.exec(text) ?? [];
    if (condition === "") {
      done.push(text);
      continue;
    }
    const branches = condition.split(/\{\{-?\s*(?:if|with|else|end)\b[^}]*\}\}/).slice(1, -1);
    if (!/\{\{-?\s*else\s*-?\}\}/.test(condition)) branches.push("");
    const at = text.indexOf(condition);
    const [before, after] = [text.slice(0, at), text.slice(at + condition.length)];
    open.push(...branches.map((branch) => before + branch + after));
  }
  return done;
}

/** What a task calls: in `deps`, with `task:`, and with the `task` command in its scripts. */
export function callsIn(task: Value): readonly Call[] {
  if (typeof task === "string") return shellCalls(task).map((name) => ({ name, local: false }));
  if (Array.isArray(task)) return task.flatMap(callsIn);
  if (!isMapping(task)) return [];
  return Object.entries(task).flatMap(([key, value]: [string, Value]) => {
    if (key === "task" && typeof value === "string")
      return alternatives(value).map((name) => ({ name, local: true }));
    if (key !== "deps" || !Array.isArray(value)) return callsIn(value);
    return value.flatMap((entry) => (typeof entry === "string" ? callsIn({ task: entry }) : callsIn(entry)));
  });
}

/** The names in calls of the `task` command, each with the offset of its call. */
export function shellCallsAt(text: string): readonly { readonly name: string; readonly offset: number }[] {
  return [...text.matchAll(SHELL_CALL)].flatMap(({ 0: call, 1: words = "", index }) =>
    namesIn(words).map((name) => ({ name, offset: index + call.length - words.length })),
  );
}

const shellCalls = (text: string): readonly string[] => shellCallsAt(text).map(({ name }) => name);

/** The tasks in the arguments of a call, which may name several. A variable may stand for any task. */
function namesIn(text: string): readonly string[] {
  return [...new Set(alternatives(text).flatMap(namesInCommand))];
}

function namesInCommand(text: string): readonly string[] {
  const words = text
    .replace(/\{\{.*?\}\}/g, "{{}}")
    .replace(/\\\r?\n/g, " ")
    .split(/\s+/);
  const names: string[] = [];
  let isElsewhere = false;
  for (let index = 0; index < words.length; index++) {
    const word = (words[index] ?? "").replace(/^["']|["',]+$/g, "");
    if (word === "--" || word.startsWith("#")) break;
    if (OTHER_TASKFILE.test(word)) isElsewhere = true;
    if (OPTIONS_WITH_VALUE.test(word)) index++;
    else if (word.startsWith("$") || /^[\w.{:][\w.:{}*@+/-]*$/.test(word))
      names.push(word.replace(/^\$.*/, "{{}}"));
    else if (!word.startsWith("-") && !word.includes("=")) break;
  }
  return isElsewhere ? names.flatMap((name) => [name, ANY_NAMESPACE + name]) : names;
}

/** Whether a call may mean a task with that name: `{{…}}` in the call and `*` in the name stand for anything. */
export function mayMean(call: string, name: string): boolean {
  const literals = (texts: readonly string[], between: string): RegExp =>
    new RegExp(`^${texts.map((text) => RegExp.escape(text)).join(between)}$`, "s");
  const called = call.split(/\{\{.*?\}\}/);
  const named = name.split("*");
  if (named.length === 1) return literals(called, ".*").test(name);
  if (called.length === 1) return literals(named, ".*").test(call);
  const [start = "", end = ""] = [called[0], named[0]];
  return start.startsWith(end) || end.startsWith(start);
}
