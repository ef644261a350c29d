import { distinct } from "../../lib/distinct.ts";
import type { OwnedComment } from "../gitops/edit/comment-owners.ts";
import type { LossKind } from "./loss-kinds.ts";
import type { Note, StepContext } from "./step.ts";

/** Something that a change would lose. */
export interface Loss {
  readonly kind: LossKind;
  readonly message: string;
  /** The line of the file that it is about, from 1; by default, that of the object. */
  readonly line?: number;
}

/** Why an object must not change: it would lose something that the owner has not accepted; undefined if it may change. */
export function whyNotAccepted(losses: readonly Loss[], { options }: StepContext): string | undefined {
  const refused = losses.filter(({ kind }) => !options.acceptLoss.includes(kind));
  if (refused.length === 0) return undefined;
  const kinds = [...new Set(refused.map(({ kind }) => kind))];
  const list = [...new Set(refused.map(({ message }) => message))].join("; ");
  return `unchanged, because the change would lose this: ${list} (to accept this, add ${kinds.map((kind) => `--accept-loss ${kind}`).join(" ")})`;
}

/** A note for an object that is left unchanged because of its losses; undefined if the owner accepts all of them. */
export function lossRefusal(
  losses: readonly Loss[],
  context: StepContext,
  position: Note["position"],
): Note | undefined {
  const message = whyNotAccepted(losses, context);
  return message === undefined ? undefined : { kind: "refused", message, ...(position && { position }) };
}

/** The accepted losses as notes. */
export function lossNotes(losses: readonly Loss[], position: Note["position"]): readonly Note[] {
  const notes = losses.map(({ message, line = position?.line ?? 1 }): Note => {
    const own = position && (line === position.line ? position : { ...position, line, column: 1 });
    return { kind: "lost", message, ...(own && { position: own }) };
  });
  return distinct(notes);
}

/** Comments as losses. */
export function commentLosses(comments: readonly string[], owner: string): readonly Loss[] {
  return comments.map((comment) => ({ kind: "comment", message: `the comment in ${owner}: ${comment}` }));
}

/** Comments with their place in the file as losses: lines that belong together are one. */
export function blockLosses(comments: readonly OwnedComment[], owner: string): readonly Loss[] {
  return comments.map(({ lines, line }) => ({
    kind: "comment",
    message: `the comment in ${owner}: ${lines.map((one) => one.trim()).join(" / ")}`,
    line,
  }));
}
