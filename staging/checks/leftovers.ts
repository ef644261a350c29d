import type { ObjectReference } from "../../kube/client.ts";
import { labelledObjects } from "../../kube/labelled.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import { isAppliedBy } from "../../kube/ownership.ts";
import type { Check, StackOnCluster, Verdict } from "./check.ts";
import { isRetained, ObjectSet } from "./undeclared.ts";

/** Arguments of {@link leftoversCheck}. */
export interface LeftoversCheckArgs extends StackOnCluster {
  /** The objects in the stack's state; an update deletes those that it no longer declares. Read only if something is left over. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
}

/**
 * Every object that the stack applied is declared, or in the stack's state. Objects onto which others copied its label are theirs. Pulumi deletes what is in the state and no longer declared only after the program
 * has succeeded, so this check runs too early to see that, and notes it.
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
                `Pulumi deletes these after the verification, because they are no longer declared; the cluster was not checked without them: ${deleting.map(describeObject).join(", ")}.`,
              ]),
          ...retained.map(
            (object) => `${describeObject(object)} is no longer declared; it is kept by design.`,
          ),
          ...unread.map((group) => `The objects of ${group} could not be listed.`),
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
