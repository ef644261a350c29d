import type { ObjectReference } from "../../kube/client.ts";
import { labelledObjects } from "../../kube/labelled.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { isAppliedBy } from "../../kube/ownership.ts";
import type { Check, StackOnCluster, Verdict } from "./check.ts";
import { isRetained, ObjectSet } from "./undeclared.ts";

/** Arguments of {@link leftoversCheck}. */
export interface LeftoversCheckArgs extends StackOnCluster {
  /** The objects in the stack's state, of which an update deletes those that are no longer declared. Read only if something is left over. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
}

/**
 * Checks that every object that the stack applied is declared, or in the stack's state. Objects to which others copied the stack's label do not count. Pulumi
 * deletes what is no longer declared only after the program has succeeded, too late for this check, so it adds a note about those objects.
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
                `Pulumi deletes these after the verification because they are no longer declared; the cluster was not checked without them: ${deleting.map(describeObject).join(", ")}.`,
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
