import type { ClusterReader } from "../../../../kube/client.ts";
import { EdgefirstError } from "../../../../lib/errors.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import type { CheckReport } from "../../live/check.ts";
import { checkNamespace } from "./check.ts";
import { secretManifests } from "./secret-manifests.ts";
import { commandsBefore, secretsCreatedBefore } from "./commands.ts";
import { commentLosses, lossNotes, lossRefusal } from "../../losses.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { Edits } from "../../edits.ts";
import { guardObstacles, planGuard } from "./guard.ts";
import { whyNotMovable } from "./movable.ts";
import { GUARD_COMMENT } from "./patches.ts";
import { planMove } from "./move.ts";
import { whyForbidden } from "./allowed.ts";
import { nameKeys } from "./lint-settings.ts";
import { unmet } from "./reach.ts";
import { guardIndex, movingRoots, phaseOf, writtenRoot, type MovingRoot, type Phase } from "./root.ts";
import { runbookOf } from "./runbook.ts";
import { unreconciledData } from "./unreconciled.ts";
import { notEditable } from "../../not-editable.ts";
import { placeOf } from "../../objects.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";

/** Moves child Kustomizations to another namespace in three commits: guard, move, unguard. */
export const namespace: Step = {
  id: "namespace",
  title: "Move child Kustomizations to their own namespace",
  risk: { level: "high", phrase: "without the guard, Flux would delete apps and their data" },
  live: [
    "three commits: guard, move, unguard; between them, `edgefirst migrate namespace REPO --check` must exit with 0",
  ],
  plan,
  whyForbidden,
  unmet,
  ownComments: [GUARD_COMMENT],
  check,
};

function check(context: StepContext, cluster: ClusterReader): Promise<CheckReport> {
  const [moving] = movingRoots(context.clusters, context.options);
  if (moving) return checkNamespace(moving, context, cluster);
  const { root } = context.options.namespace;
  throw new EdgefirstError(
    `This part of the repository has no Kustomization ${root} with children.`,
    `Set namespace.root in ${OPTIONS_FILE} to the name of the root.`,
  );
}

function plan(context: StepContext): Plan {
  const changes = new Map<string, FileChange>();
  const notes: Note[] = [];
  for (const moving of movingRoots(context.clusters, context.options)) {
    if (!context.selected(moving.root.origin.source.file)) continue;
    const phased = planOf(moving, context);
    notes.push(...phased.notes);
    for (const change of phased.changes) changes.set(change.path, change);
  }
  return { changes: [...changes.values()], notes };
}

/** The plan for one cluster: the phase that its options name, if the previous phase is complete. */
function planOf(moving: MovingRoot, context: StepContext): Plan {
  const { namespace: options } = context.options;
  const wanted = options.phases[moving.cluster.name] ?? "guard";
  const phase = phaseOf(moving);
  const refused = (message: string): Plan => ({
    changes: [],
    notes: [{ kind: "refused", message, position: locate(moving.root.origin) }],
  });
  const obstacle =
    phase === "before" || phase === "guarded" ? whyNotMovable(moving, context.repository) : undefined;
  if (obstacle) return { changes: [], notes: [obstacle] };
  const edits = new Edits(context.repository);
  if (wanted === "guard") {
    if (phase === "moved" || phase === "done") return { changes: [], notes: [] };
    const obstacles = guardObstacles(moving, context);
    if (obstacles.length > 0) return { changes: [], notes: obstacles };
    const { changes, notes } = planGuard(moving, context, edits);
    return {
      changes: [...edits.changes(), ...changes],
      notes: [
        ...notes,
        ...secretManifests(moving, context.repository),
        ...unreconciledData(moving, context),
        ...runbookOf(moving, "guarded", context),
      ],
    };
  }
  if (phase === "before")
    return refused("cannot move: not every child is guarded; write and deploy the guard phase first");
  if (wanted === "move")
    return phase === "guarded" ? move(moving, context, edits) : inPhase(moving, phase, context);
  if (phase === "guarded")
    return refused(
      "cannot remove the guard: not every child has moved; write and deploy the move phase first",
    );
  return phase === "moved" ? unguard(moving, context, edits) : { changes: [], notes: [] };
}

function inPhase(moving: MovingRoot, phase: Phase, context: StepContext): Plan {
  const readers = phase === "moved" ? lookingBefore(moving, context) : [];
  return { changes: [], notes: [...readers, ...runbookOf(moving, phase, context)] };
}

function move(moving: MovingRoot, context: StepContext, edits: Edits): Plan {
  const notes = planMove(moving, context, edits);
  const refused = notes.some(({ kind }) => kind === "refused");
  const keys = refused ? [] : nameKeys(moving, context, edits);
  return {
    changes: refused ? [] : edits.changes(),
    notes: refused
      ? notes
      : [
          ...notes,
          ...keys,
          ...lookingBefore(moving, context),
          ...unreconciledData(moving, context),
          ...runbookOf(moving, "moved", context),
        ],
  };
}

const lookingBefore = (moving: MovingRoot, { repository }: StepContext): readonly Note[] => [
  ...commandsBefore(moving, repository),
  ...secretsCreatedBefore(moving, repository),
  ...secretManifests(moving, repository),
];

function unguard(moving: MovingRoot, context: StepContext, edits: Edits): Plan {
  const { root } = moving;
  const { file } = root.origin.source;
  const position = locate(root.origin);
  const index = guardIndex(writtenRoot(moving, context.repository));
  if (index < 0) {
    const place = placeOf(root.object, ["spec", "patches", guardIndex(root.object)]);
    const message = `cannot remove the guard: it is not in ${file}, but in ${place}; remove it there`;
    return { changes: [], notes: [{ kind: "refused", message, position }] };
  }
  const edit = edits.of(file);
  const path = ["spec", "patches", index];
  const document = edit.documentAt(root.origin.offset);
  const comments = edit.commentsRemovedWith(document, path).filter((comment) => comment !== GUARD_COMMENT);
  const losses = commentLosses(comments, "the guard");
  const refusal = lossRefusal(losses, context, position);
  if (refusal) return { changes: [], notes: [refusal] };
  const removed = edit.remove(document, path);
  const notes: readonly Note[] = removed
    ? lossNotes(losses, position)
    : [
        {
          kind: "refused",
          message: `cannot remove the guard: ${notEditable(edit, file)}`,
          position,
        },
      ];
  return { changes: edits.changes(), notes };
}
