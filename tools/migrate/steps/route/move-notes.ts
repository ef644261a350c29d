import { distinct } from "../../../../lib/distinct.ts";
import type { Note, StepContext } from "../../step.ts";
import type { Uncovered } from "./admission/coverage.ts";
import type { ControllerWide } from "./controllers/class-settings.ts";
import { defaultsNotes } from "./controllers/controller-wide.ts";
import { cutover } from "./cutover.ts";
import type { DnsMove } from "./dns/dns-move.ts";
import { missingErrorServices } from "./backends/error-services.ts";
import { missingServices } from "./backends/missing-services.ts";
import type { CutoverNote } from "./outcome.ts";
import { missingMiddlewares } from "./gateway/middlewares.ts";
import type { MovingForm, Parents } from "./gateway/parents.ts";
import type { Reading } from "./reading/served.ts";
import { survivor } from "./survivors.ts";

type PlacelessNote = Omit<Note, "position">;

/** An Ingress that moves. */
interface Moved {
  readonly written: Reading;
  /** Its form in each cluster. */
  readonly moves: readonly (MovingForm & { readonly dns: DnsMove })[];
  readonly wide: readonly ControllerWide[];
  readonly policies: readonly Uncovered[];
}

/** What the owner should know about the move of an Ingress, without positions. */
export function moveNotes(
  { written, moves, wide, policies }: Moved,
  parents: Parents,
  context: StepContext,
): readonly PlacelessNote[] {
  return [
    ...written.annotations.withoutEffect.map((message) => ({ kind: "removed" as const, message })),
    ...keptAnnotations(written.annotations.unknown),
    // Clusters that share a file often need the same note.
    ...distinct(
      moves.flatMap((move) =>
        cutover(move, parents, move.dns, context).map((note) => withDefaults(note, written, move.reading)),
      ),
    ),
    ...(context.options.route.keepIngress ? [] : distinct(moves.flatMap(survivor))),
    ...distinct(moves.flatMap((move) => missingServices(move, context))),
    ...distinct(moves.flatMap(missingMiddlewares)),
    ...distinct(moves.flatMap(missingErrorServices)),
    ...distinct(policies.flatMap(({ notes }) => notes)),
    ...defaultsNotes(wide, moves[0]?.reading.ingressClass, parents),
  ];
}

/** One note per object: a dashboard alone has a dozen such annotations. */
function keptAnnotations(names: readonly string[]): readonly PlacelessNote[] {
  if (names.length === 0) return [];
  const message =
    names.length === 1
      ? `annotation ${names[0]} is kept, but whatever reads it may not support HTTPRoutes`
      : `annotations ${names.join(", ")} are kept, but whatever reads them may not support HTTPRoutes`;
  return [{ kind: "unknown", message }];
}

/** A note that says where a host is only the default of a variable, for example because its value is encrypted. */
function withDefaults(note: CutoverNote, written: Reading, reading: Reading): CutoverNote {
  const isDefault = (host: string, at: number): boolean => {
    const { host: source = host } = written.served[at] ?? {};
    return host !== source && host === source.replace(DEFAULT, "$1");
  };
  const index = reading.served.findIndex(
    ({ host }, at) => isDefault(host, at) && note.message.startsWith(`${host}: `),
  );
  const [host, source] = [reading.served[index]?.host, written.served[index]?.host];
  if (host === undefined || source === undefined) return note;
  return { ...note, message: `${host} (the default of ${source})${note.message.slice(host.length)}` };
}

const DEFAULT = /\$\{\w+:?[-=]([^}]*)\}/g;
