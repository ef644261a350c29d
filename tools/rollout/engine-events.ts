import { stripVTControlCharacters } from "node:util";
import {
  changeOf,
  describeUrn,
  isObject,
  violationText,
  type EngineStep,
  type EngineSummary,
} from "./summary.ts";

/** The engine events that a rollout reads, a subset of the Automation API's `EngineEvent`. */
export interface EngineEvent {
  readonly stdoutEvent?: { readonly message: string };
  readonly diagnosticEvent?: { readonly message: string; readonly severity: string };
  readonly policyEvent?: {
    readonly message: string;
    readonly policyName: string;
    readonly enforcementLevel: string;
    /** The stack's own URN for a policy about the whole stack. */
    readonly resourceUrn?: string;
  };
  readonly resourcePreEvent?: { readonly metadata: EngineStep };
  readonly resOutputsEvent?: { readonly metadata: EngineStep };
}

/** Type of the resource that holds the stack's outputs. */
const STACK_TYPE = "pulumi:pulumi:Stack";

/** The events of one run so far. */
export interface EventLog extends EngineSummary {
  /** Messages of severity error. */
  readonly errors: readonly string[];
  /** Number of finished changes. */
  readonly finished: number;
  /** Whether the engine is stopping the run because of a signal. */
  readonly interrupted: boolean;
}

/** The CLI warns about every plugin that it finds on PATH, which says nothing about the stack. */
const FOUND_PLUGIN = /^using \S+ from \$PATH/;

/**
 * Collects the events of one run.
 * @param report receives one line for each step and each message of the program
 * @param what whether the steps are only planned, as in a preview, or done
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
  // A refresh reports what it found only when it is done with a resource.
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
    // Debug messages repeat every call with its values.
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
 * Why a run failed: the errors of the program and of the policies, if any.
 * @param what the engine's name for the run, such as `preview`
 */
export function reasonsOf(what: string, { errors, violations, interrupted }: EventLog): string[] {
  const violated = violations.filter(({ mandatory }) => mandatory);
  const reasons = [
    // The engine's own summary adds nothing.
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
