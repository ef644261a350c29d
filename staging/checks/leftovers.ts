import type { ObjectReference } from "../../kube/client.ts";
import { labelledObjects } from "../../kube/labelled.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { isAppliedBy } from "../../kube/ownership.ts";
import type { Check, StackOnCluster, Verdict } from "./check.ts";
import { isRetained, ObjectSet } from "./undeclared.ts";

/** Arguments of {@link leftoversCheck}. */
export interface LeftoversCheckArgs extends StackOnCluster {
  /** Reads the objects in the stack's state. Called only if an applied object is no longer declared. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
}

/**
 * Checks that every object that the stack applied is declared or in the stack's state. Objects to which other owners copied the stack's label do not count.
 * Pulumi deletes undeclared objects only after the program has succeeded, which is too late for this check, so the check adds a note about them.
 */
export function leftoversCheck(
  { cluster, stack, recorded }: LeftoversCheckArgs,
  declared: readonly KubeObject[],
): Check {
  const known = new ObjectSet(declared);
  return {
    id: "leftovers",
    steady: true,
    run: async () => {
      const { objects, unread } = await labelledObjects(cluster, STACK_LABEL, stack);
      const left = objects.filter((object) => !known.has(object) && isAppliedBy(object, stack));
      const [retained, others] = split(left, isRetained);
      const deletable = new ObjectSet(others.length === 0 ? [] : await recorded());
      const [deleting, forgotten] = split(others, (object) => deletable.has(object));
      return {
        verdicts: forgotten.map(verdict),
        notes: [
          ...(deleting.length === 0
            ? []
            : [
                `Pulumi deletes these objects after the verification, because they are no longer declared, so the verification did not cover the cluster without them: ${deleting.map(describeObject).join(", ")}.`,
              ]),
          ...retained.map(
            (object) => `${describeObject(object)} is no longer declared; it is retained by design.`,
          ),
          ...unread.map((group) => `Could not list the objects in ${group}.`),
        ],
      };
    },
  };
}

function verdict(object: KubeObject): Verdict {
  const deleting = object.metadata.deletionTimestamp !== undefined;
  return {
    object: describeObject(object),
    state: deleting ? "pending" : "failed",
    message: deleting
      ? "is still being deleted"
      : "is neither declared nor in the stack's state, so no update deletes it: delete it manually",
    own: true,
  };
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
