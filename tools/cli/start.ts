import { KubeClient } from "../../kube/kube-client.ts";
import { observe, type Observation } from "../../staging/observe.ts";
import { planWaves } from "../rollout/plan.ts";
import { runRollout, succeeded, type Runner } from "../rollout/run.ts";
import { stackRunner } from "../rollout/stack-runner.ts";
import { deployedObjects, type StackAddress } from "../rollout/stack.ts";
import { findGatusSidecar } from "../sandbox/gatus-sidecar.ts";
import { askServed, MOVING, podsAreReal, type Answer } from "../sandbox/served.ts";
import { EXIT } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { moveApp, type Move } from "./move-app.ts";
import { progress } from "./progress.ts";
import { prepareProject, type Project } from "./project.ts";
import { rolloutDisplay } from "./rollout-display.ts";
import { renderTable } from "./table.ts";

const INTERRUPT = {
  ending: "interrupted: ending what was started",
  left: "What ran before still runs; an update that was under way has been cancelled.",
  again: "still ending: what is under way has to finish first",
};
/** Traefik answers these: nobody does where pods are simulated. */
const UNATTENDED = ["GatewayClass", "Gateway", "HTTPRoute"];

/** Flags of `edgefirst start`. */
export interface StartFlags {
  readonly dir: string;
  readonly json?: true;
}

/** `edgefirst start`: plays the main job through in a sandbox, and prints what is healthy. */
export const start = ({ dir, json }: StartFlags): Promise<void> =>
  interruptible(INTERRUPT, async (signal) => {
    const project = await prepareProject({ dir }, progress, signal);
    const onEvent = rolloutDisplay({ stream: process.stderr, live: process.stderr.isTTY, now: Date.now });
    let move: Move | undefined;
    const runner = thenMoving(runnerOf(project), async (stack) => {
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
    const result = await runRollout({
      waves: planWaves(project.stacks),
      runner,
      parallel: 1,
      dryRun: false,
      resume: false,
      onEvent,
      signal,
    });
    const results: (Observation & { stack: string })[] = [];
    for (const [stack, { state }] of result) {
      if (state !== "updated") continue;
      const observations = await look(project.address(stack), project.kubeconfig ?? "");
      results.push(...observations.map((observation) => ({ stack, ...observation })));
    }
    const answers: (Answer & { stack: string })[] = [];
    for (const stack of new Set(results.map((one) => one.stack)))
      answers.push(...(await askServed(dir, stack)).map((answer) => ({ stack, ...answer })));
    const bad =
      answers.some(({ status }) => status !== 200) ||
      results.some(({ health }) => health.state === "failed" || health.state === "missing");
    if (bad || !succeeded(result)) process.exitCode ??= EXIT.no;
    process.stdout.write(
      json
        ? `${JSON.stringify({ objects: results, move, answers }, undefined, 2)}\n`
        : `${report(results, process.stdout.isTTY, (stack) => podsAreReal(dir, stack))}\n${reportAnswers(answers)}${nextSteps(dir, project.kubeconfig ?? "")}\n`,
    );
  });

function runnerOf({ address, policyPack }: Project): Runner {
  const approve = (): Promise<boolean> => Promise.resolve(true);
  return stackRunner({ address, policyPack, takeOver: true, approve });
}

/** A runner that has an app moved once its stack is up: before the stacks after it, which an app that does not come back keeps shut. */
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

async function look(address: StackAddress, kubeconfig: string): Promise<Observation[]> {
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

/** The result as a table of at most 80 columns: each object that has a health, definitions as one line, the rest as a count. */
export function report(
  results: readonly (Observation & { readonly stack: string })[],
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
        `${definitions.length} Gateway API definitions`,
        `${established} of ${definitions.length} established`,
      ],
      ...judged.map((observation) => ["", observation.object, fate(observation, isReal(stack))]),
      ["", `${others} other objects`, "present"],
    ];
  });
  return renderTable(["STACK", "OBJECT", "HEALTH"], rows, framed);
}

function fate({ kind, health: { state, message } }: Observation, isReal: boolean): string {
  if (state === "healthy") return "healthy";
  if (!isReal && state === "progressing" && UNATTENDED.includes(kind)) return "declared";
  return `${state}: ${message.length > 60 ? `${message.slice(0, 59)}…` : message}`;
}

/** What the requests through the Gateways gave. */
function reportAnswers(answers: readonly (Answer & { readonly stack: string })[]): string {
  const rows = answers.map(({ stack, url, status, error }) => [stack, url, String(status ?? error)]);
  return rows.length === 0
    ? ""
    : `\n${renderTable(["STACK", "THROUGH ITS TRAEFIK", "ANSWER"], rows, process.stdout.isTTY)}\n`;
}

function nextSteps(dir: string, kubeconfig: string): string {
  const option = dir === ".sandbox" ? "" : ` --dir ${dir}`;
  const truth = podsAreReal(dir, "edge")
    ? `API servers, Pulumi, Flux, Traefik and Gatus are the real programs; ${sidecarTruth()}.\n` +
      `  npx edgefirst sandbox open${option}      Gatus' page and the Gateway on 127.0.0.1`
    : "The API servers, Pulumi and Flux are real. Pods are simulated: no process of Traefik or Gatus\n" +
      "runs, so nobody answers what is only declared.";
  return [
    "",
    truth,
    `  npx edgefirst sandbox status${option}    what runs`,
    `  npx edgefirst sandbox down${option}      end it`,
    `  export KUBECONFIG=${kubeconfig}     then: kubectl --context edge get httproutes -A`,
  ].join("\n");
}

function sidecarTruth(): string {
  return findGatusSidecar() === undefined
    ? "gatus-sidecar is not on PATH, and left out"
    : "gatus-sidecar is the one of this machine";
}
