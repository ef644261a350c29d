/** A planned or finished step in the engine's events (the Automation API's `StepEventMetadata`). */
export interface EngineStep {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[];
  readonly keys?: readonly string[];
  /** By property path; the only diff that a refresh reports. */
  readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
  readonly old?: { readonly custom?: boolean; readonly retainOnDelete?: boolean };
  readonly new?: { readonly custom?: boolean; readonly outputs?: Readonly<Record<string, unknown>> };
}

/** `forget`: removed from the state, but left on the cluster. */
export type ChangeKind = "create" | "update" | "replace" | "delete" | "forget";

/** A change to a resource. */
export interface Change {
  readonly kind: ChangeKind;
  /** Such as `Deployment network/traefik`. */
  readonly object: string;
  /** Top-level properties that differ, or that force a replacement. */
  readonly properties: readonly string[];
}

/** A policy violation. */
export interface Violation {
  readonly policy: string;
  readonly mandatory: boolean;
  /** Such as `Deployment network/traefik`; absent for a policy about the whole stack. */
  readonly object?: string;
  readonly message: string;
}

/** The result of a preview or an update. */
export interface EngineSummary {
  readonly changes: readonly Change[];
  /** Number of unchanged resources. */
  readonly unchanged: number;
  readonly warnings: readonly string[];
  readonly violations: readonly Violation[];
  /** The stack's outputs; empty if the program did not get that far. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

const KINDS: Readonly<Record<string, ChangeKind>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
  import: "create",
  "import-replacement": "replace",
};

/**
 * A step's change; undefined for half of a replacement, for no change, and for resources without an object (components, providers, the
 * stack).
 */
export function changeOf(step: EngineStep): Change | undefined {
  const kind = KINDS[step.op];
  if (kind === undefined || !isObject(step)) return undefined;
  return {
    kind: kind === "delete" && step.old?.retainOnDelete === true ? "forget" : kind,
    object: describeUrn(step.urn),
    properties:
      (kind === "replace" ? step.keys : undefined) ?? step.diffs ?? Object.keys(step.detailedDiff ?? {}),
  };
}

/** Whether the step's resource exists outside Pulumi. The engine omits `custom` if it is false. */
export function isObject({ type, old, new: next }: EngineStep): boolean {
  return (next ?? old)?.custom === true && !type.startsWith("pulumi:");
}

/** The object in a URN: `urn:pulumi:edge::edgefirst::…$kubernetes:apps/v1:Deployment::network/traefik` is `Deployment network/traefik`. */
export function describeUrn(urn: string): string {
  const [type = "", ...name] = urn.split("::").slice(2);
  return `${type.split(":").at(-1) ?? ""} ${name.join("::")}`;
}

const ORDER: readonly ChangeKind[] = ["delete", "replace", "forget", "update", "create"];
const VERBS: Readonly<Record<ChangeKind, string>> = {
  create: "create",
  update: "update",
  replace: "REPLACE",
  delete: "DELETE",
  forget: "forget",
};
/** Longer lists of new objects are cut off. */
const LISTED_CREATES = 10;

/** The changes as one line, such as `2 to DELETE, 1 to update, 30 unchanged`. */
export function countsText({ changes, unchanged }: EngineSummary): string {
  const counts = ORDER.flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} to ${VERBS[kind]}`];
  });
  return [...(counts.length === 0 ? ["no change"] : counts), `${unchanged} unchanged`].join(", ");
}

/** The summary as lines of text: destructive changes first, marked with `!`, then updates with their properties, then new objects. */
export function renderSummary(summary: EngineSummary): string[] {
  const { changes, warnings, violations } = summary;
  const of = (kind: ChangeKind): Change[] => changes.filter((change) => change.kind === kind);
  const lines = (kind: ChangeKind, mark: string): string[] => of(kind).map((change) => line(change, mark));
  const creates = lines("create", "  ");
  const shown = creates.length > LISTED_CREATES ? creates.slice(0, LISTED_CREATES - 1) : creates;
  const more = creates.length - shown.length;
  return [
    countsText(summary),
    ...lines("delete", "! "),
    ...lines("replace", "! "),
    ...lines("forget", "  ").map((text) => `${text} (stays on the cluster)`),
    ...lines("update", "  "),
    ...shown,
    ...(more > 0 ? [`  and ${more} more to create`] : []),
    ...violations.flatMap((violation) =>
      indented(`${violation.mandatory ? "! policy" : "  policy (advisory)"} ${violationText(violation)}`),
    ),
    ...warnings.flatMap((warning) => indented(`  warning: ${warning}`)),
  ];
}

/** Such as `image-pinned: Deployment network/traefik: no digest`. */
export function violationText({ policy, object, message }: Violation): string {
  return [policy, ...(object === undefined ? [] : [object]), message].join(": ");
}

/** A text as lines, with all but the first indented. */
function indented(text: string): string[] {
  return text.split("\n").map((part, index) => (index === 0 ? part : `    ${part}`));
}

function line({ kind, object, properties }: Change, mark: string): string {
  const which = kind === "create" || properties.length === 0 ? "" : `: ${properties.join(", ")}`;
  return `${mark}${VERBS[kind]} ${object}${which}`;
}
