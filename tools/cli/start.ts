import { KubeClient } from "../../kube/kube-client.ts";
import { observe, type Observation } from "../../staging/observe.ts";
import { counted } from "../../lib/counted.ts";
import { planWaves } from "../rollout/plan.ts";
import { runRollout, succeeded, type RolloutResult, type Runner } from "../rollout/run.ts";
import { deployedObjects, type StackAddress } from "../rollout/stack.ts";
import { canDiscover } from "../sandbox/gatus-sidecar.ts";
import { NEIGHBOURS } from "../sandbox/neighbours/install.ts";
import { neighbourStates, type NeighbourState } from "../sandbox/neighbours/state.ts";
import { askServed, MOVING, podsAreReal, type Answer } from "../sandbox/served.ts";
import { EXIT } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { moveApp, type Move } from "./move-app.ts";
import { progress } from "./progress.ts";
import { prepareProject, unattendedRunner, type Project } from "./project.ts";
import { rolloutDisplay } from "./rollout-display.ts";
import { renderTable } from "./table.ts";

const INTERRUPT = {
  ending: "interrupted: stopping what was just started",
  left: "Everything that was running before still runs; an update in progress was cancelled.",
  again: "still stopping: the current steps have to finish",
};
/** Traefik writes the status of these; with simulated pods, it stays empty. */
const SERVED_BY_TRAEFIK = ["GatewayClass", "Gateway", "HTTPRoute"];

/** Flags of `edgefirst start`. */
export interface StartFlags {
  readonly dir: string;
  readonly json?: true;
  readonly neighbours?: true;
}

/** `edgefirst start`: runs the main workflow in a sandbox, and prints what is healthy. */
export const start = ({ dir, json, neighbours }: StartFlags): Promise<void> =>
  interruptible(INTERRUPT, async (signal) => {
    const project = await prepareProject({ dir, neighbours }, progress, signal);
    const { result, move } = await rollOutMoving(project, dir, signal);
    const updated = [...result].flatMap(([stack, { state }]) => (state === "updated" ? [stack] : []));
    const objects: ObservedObject[] = [];
    const answers: ReceivedAnswer[] = [];
    const states: ObservedNeighbour[] = [];
    for (const stack of updated) {
      const observations = await observeStack(project.address(stack), project.kubeconfig ?? "");
      objects.push(...observations.map((observation) => ({ stack, ...observation })));
      answers.push(...(await askServed(dir, stack)).map((answer) => ({ stack, ...answer })));
      if (neighbours) states.push(...(await observeNeighbours(stack, project.kubeconfig ?? "")));
    }
    const isBad =
      answers.some(({ status }) => status !== 200) ||
      objects.some(({ health }) => health.state === "failed" || health.state === "missing");
    if (isBad || !succeeded(result)) process.exitCode ??= EXIT.no;
    const framed = process.stdout.isTTY;
    const text = json
      ? JSON.stringify({ objects, move, answers, ...(neighbours && { neighbours: states }) }, undefined, 2)
      : `${report(objects, framed, (stack) => podsAreReal(dir, stack))}\n${reportNeighbours(states)}${reportAnswers(answers)}${nextSteps(dir, project.kubeconfig ?? "")}`;
    process.stdout.write(`${text}\n`);
  });

type ObservedObject = Observation & { readonly stack: string };
type ReceivedAnswer = Answer & { readonly stack: string };
type ObservedNeighbour = NeighbourState & { readonly stack: string };

/** Rolls out all stacks, and moves the app once its stack is up. */
async function rollOutMoving(
  project: Project,
  dir: string,
  signal: AbortSignal,
): Promise<{ result: RolloutResult; move: Move | undefined }> {
  const onEvent = rolloutDisplay({ stream: process.stderr, live: process.stderr.isTTY, now: Date.now });
  let move: Move | undefined;
  const runner = thenMoving(unattendedRunner(project), async (stack) => {
    move = await moveApp({
      dir,
      kubeconfig: project.kubeconfig ?? "",
      clusters: project.stacks.map(({ name }) => name),
      progress: (text) => {
        onEvent({ type: "note", stack, text });
      },
      signal,
    });
  });
  const waves = planWaves(project.stacks);
  const options = { parallel: 1, dryRun: false, resume: false };
  return { result: await runRollout({ waves, runner, ...options, onEvent, signal }), move };
}

/** A runner that moves an app once its stack is up, before the stacks that depend on it are updated: an app that stays down keeps their gate
 * closed. */
function thenMoving(runner: Runner, move: (stack: string) => Promise<void>): Runner {
  return {
    ...runner,
    up: async (stack, report, signal) => {
      const message = await runner.up(stack, report, signal);
      if (stack === MOVING.stack) await move(stack);
      return message;
    },
  };
}

async function observeStack(address: StackAddress, kubeconfig: string): Promise<Observation[]> {
  const cluster = new KubeClient({ kubeconfig, context: address.name });
  try {
    const objects = await deployedObjects(address);
    const children = await cluster.list("kustomize.toolkit.fluxcd.io/v1", "Kustomization");
    const known = new Set(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
    );
    const others = children.filter(
      ({ kind, metadata }) => !known.has(`${kind} ${metadata.namespace ?? ""}/${metadata.name}`),
    );
    return await observe([...objects, ...others], cluster);
  } finally {
    cluster.close();
  }
}

/** The result as a table of at most 80 columns: a row per object with a health state, one for all CRDs, and a count of the rest. */
export function report(
  results: readonly ObservedObject[],
  framed: boolean,
  isReal: (stack: string) => boolean,
): string {
  const rows = [...new Set(results.map(({ stack }) => stack))].flatMap((stack) => {
    const ofStack = results.filter((result) => result.stack === stack);
    const definitions = ofStack.filter(({ kind }) => kind === "CustomResourceDefinition");
    const established = definitions.filter(({ health }) => health.state === "healthy").length;
    const judged = ofStack.filter(
      ({ kind, health }) => kind !== "CustomResourceDefinition" && health.state !== "present",
    );
    const others = ofStack.length - definitions.length - judged.length;
    return [
      [
        stack,
        `${definitions.length} Gateway API CRDs`,
        `${established} of ${definitions.length} established`,
      ],
      ...judged.map((observation) => ["", observation.object, healthText(observation, isReal(stack))]),
      ["", counted(others, "other object"), "present"],
    ];
  });
  return renderTable(["STACK", "OBJECT", "HEALTH"], rows, { framed });
}

function healthText({ kind, health: { state, message } }: Observation, isReal: boolean): string {
  if (state === "healthy") return "healthy";
  if (!isReal && state === "progressing" && SERVED_BY_TRAEFIK.includes(kind)) return "declared";
  return `${state}: ${message.length > 60 ? `${message.slice(0, 59)}…` : message}`;
}

async function observeNeighbours(stack: string, kubeconfig: string): Promise<ObservedNeighbour[]> {
  const cluster = new KubeClient({ kubeconfig, context: stack });
  try {
    const namespaces = NEIGHBOURS.map(({ namespace }) => namespace);
    return (await neighbourStates(cluster, namespaces)).map((state) => ({ stack, ...state }));
  } finally {
    cluster.close();
  }
}

/** The state of the neighbours, as a table. */
function reportNeighbours(states: readonly ObservedNeighbour[]): string {
  const rows = states.map(({ stack, object, ready, message }) => [stack, object, ready ? "ready" : message]);
  return rows.length === 0
    ? ""
    : `\n${renderTable(["STACK", "NEIGHBOUR", "STATE"], rows, { framed: process.stdout.isTTY })}\n`;
}

/** The answers to requests through the Gateways, as a table. */
function reportAnswers(answers: readonly ReceivedAnswer[]): string {
  const rows = answers.map(({ stack, url, status, error }) => [stack, url, String(status ?? error)]);
  return rows.length === 0
    ? ""
    : `\n${renderTable(["STACK", "URL, THROUGH TRAEFIK", "ANSWER"], rows, { framed: process.stdout.isTTY })}\n`;
}

function nextSteps(dir: string, kubeconfig: string): string {
  const option = dir === ".sandbox" ? "" : ` --dir ${dir}`;
  const parts = podsAreReal(dir, "edge")
    ? `API servers, Pulumi, Flux, Traefik and Gatus are the real programs; ${sidecarText()}.\n` +
      `  npx edgefirst sandbox open${option}      Gatus's page and the Gateway on 127.0.0.1`
    : "The API servers, Pulumi and Flux are real. Pods are simulated: no Traefik or Gatus process runs,\n" +
      "so Gateways and routes are declared, but requests are not answered.";
  return [
    "",
    parts,
    `  npx edgefirst sandbox status${option}    what is running`,
    `  npx edgefirst sandbox down${option}      stop it`,
    `  export KUBECONFIG=${kubeconfig}     then: kubectl --context edge get httproutes -A`,
  ].join("\n");
}

function sidecarText(): string {
  return canDiscover()
    ? "gatus-sidecar is the one on PATH"
    : "gatus-sidecar or PyYAML is not installed, so it is left out";
}
