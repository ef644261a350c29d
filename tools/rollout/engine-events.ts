import { stripVTControlCharacters } from "node:util";
import {
  changeOf,
  describeUrn,
  isObject,
  violationText,
  type EngineStep,
  type EngineSummary,
} from "./summary.ts";

/** The events of the engine that a rollout reads; the Automation API's `EngineEvent` has these and more. */
export interface EngineEvent {
  readonly stdoutEvent?: { readonly message: string };
  readonly diagnosticEvent?: { readonly message: string; readonly severity: string };
  readonly policyEvent?: {
    readonly message: string;
    readonly policyName: string;
    readonly enforcementLevel: string;
    /** Of the stack itself where the policy is about all of it. */
    readonly resourceUrn?: string;
  };
  readonly resourcePreEvent?: { readonly metadata: EngineStep };
  readonly resOutputsEvent?: { readonly metadata: EngineStep };
}

/** Type of the resource whose outputs are the stack's. */
const STACK_TYPE = "pulumi:pulumi:Stack";

/** What the events of one run have said so far. */
export interface EventLog extends EngineSummary {
  /** Messages of severity error. */
  readonly errors: readonly string[];
  /** How many changes are done. */
  readonly finished: number;
  /** The engine has begun to end the run because of a signal. */
  readonly interrupted: boolean;
}

/** The CLI warns of every plugin that it finds on PATH; it says nothing of the stack. */
const FOUND_PLUGIN = /^using \S+ from \$PATH/;

/**
 * Gathers what the events of one run say.
 * @param report gets one line for each step, and for each message of the program
 * @param what what the steps are: planned in a preview, done in an update
 */
export function gatherEvents(
  report: (text: string) => void,
  what: "planned" | "done",
): {
  readonly log: EventLog;
  readonly onEvent: (event: EngineEvent) => void;
} {
  const log = {
    changes: [] as EngineSummary["changes"][number][],
    unchanged: 0,
    warnings: [] as string[],
    violations: [] as EngineSummary["violations"][number][],
    outputs: {} as EngineSummary["outputs"],
    errors: [] as string[],
    finished: 0,
    interrupted: false,
  };
  // What a refresh finds is only told once each resource is done.
  const refreshing = new Set<string>();
  const step = (metadata: EngineStep): void => {
    if (metadata.op === "refresh") refreshing.add(metadata.urn);
    const change = changeOf(metadata);
    if (change !== undefined) log.changes.push(change);
    else if (metadata.op === "same" && isObject(metadata)) log.unchanged += 1;
  };
  const done = (metadata: EngineStep): void => {
    if (metadata.type === STACK_TYPE) log.outputs = metadata.new?.outputs ?? {};
    if (refreshing.delete(metadata.urn)) step(metadata);
    const change = changeOf(metadata);
    if (change === undefined) return;
    log.finished += 1;
    report(`${log.finished} ${what}: ${change.kind} ${change.object}`);
  };
  const message = (severity: string, text: string): void => {
    if (text === "") return;
    if (severity === "error") log.errors.push(text);
    else if (severity === "warning") {
      if (!FOUND_PLUGIN.test(text)) log.warnings.push(text);
    }
    // Not debug: those repeat every call with its values.
    else if (severity.startsWith("info")) report(text.split("\n")[0] ?? "");
  };
  const onEvent = (event: EngineEvent): void => {
    if (event.resourcePreEvent !== undefined) step(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent !== undefined) done(event.resOutputsEvent.metadata);
    if (event.stdoutEvent?.message.includes("received; cancelling") === true) log.interrupted = true;
    if (event.diagnosticEvent !== undefined)
      message(event.diagnosticEvent.severity, plainText(event.diagnosticEvent.message));
    if (event.policyEvent !== undefined)
      log.violations.push({
        policy: event.policyEvent.policyName,
        mandatory: event.policyEvent.enforcementLevel === "mandatory",
        message: plainText(event.policyEvent.message),
        ...objectOf(event.policyEvent.resourceUrn),
      });
  };
  return { log, onEvent };
}

/**
 * Why a run failed, in the words of the program and of the policies; empty where neither said anything.
 * @param what the engine's word for the run, as in `preview`
 */
export function reasonsOf(what: string, { errors, violations, interrupted }: EventLog): string[] {
  const violated = violations.filter(({ mandatory }) => mandatory);
  const reasons = [
    // The engine sums up what it has said itself.
    ...errors.filter((error) => error !== `${what} failed`),
    ...violated.map((violation) => `policy ${violationText(violation)}`),
    ...(interrupted ? ["It was interrupted."] : []),
  ];
  return [...new Set(reasons)];
}

function objectOf(urn: string | undefined): { object?: string } {
  return urn === undefined || urn.split("::")[2] === STACK_TYPE ? {} : { object: describeUrn(urn) };
}

/** A message without the engine's colour directives (`<{%fg 1%}>`) and without terminal codes. */
function plainText(message: string): string {
  return stripVTControlCharacters(message)
    .replaceAll(/<\{%.*?%\}>/g, "")
    .trim();
}
