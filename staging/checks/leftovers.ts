import type { ObjectReference } from "../../kube/client.ts";
import { labelledObjects } from "../../kube/labelled.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../kube/objects.ts";
import type { Check, StackOnCluster, Verdict } from "./check.ts";
import { isRetained, ObjectSet } from "./undeclared.ts";

/** Arguments of {@link leftoversCheck}. */
export interface LeftoversCheckArgs extends StackOnCluster {
  /** What the stack's state holds, and so what an update deletes that no longer declares it. Asked only where something is left. */
  readonly recorded: () => Promise<readonly ObjectReference[]>;
}

/**
 * Nothing carries the stack's label that the program no longer declares, and that no update would delete: what the state does not know. What it knows is
 * deleted once the program has ended, and only if it has ended well; so this look is too early for it, and says so.
 */
export function leftoversCheck(
  { cluster, stack, recorded }: LeftoversCheckArgs,
  declared: readonly KubeObject[],
): Check {
  const known = new ObjectSet(declared);
  return {
    id: "leftovers",
    steady: true,
    look: async () => {
      const { objects, unread } = await labelledObjects(cluster, STACK_LABEL, stack);
      const left = objects.filter((object) => !known.has(object) && !isCopied(object, known));
      const [retained, others] = split(left, isRetained);
      const deletable = new ObjectSet(others.length === 0 ? [] : await recorded());
      const [leaving, unknown] = split(others, (object) => deletable.has(object));
      const forgotten = unknown.filter((object) => !isCopied(object, deletable));
      return {
        verdicts: forgotten.map(verdict),
        notes: [
          ...(leaving.length === 0
            ? []
            : [
                `No longer declared, and deleted by Pulumi after the verification, which has not seen the cluster without: ${leaving.map(describeObject).join(", ")}.`,
              ]),
          ...retained.map((object) => `${describeObject(object)} is no longer declared and kept by design.`),
          ...unread.map((group) => `What ${group} serves could not be looked at.`),
        ],
      };
    },
  };
}

function verdict(object: KubeObject): Verdict {
  const going = object.metadata.deletionTimestamp !== undefined;
  return {
    object: describeObject(object),
    state: going ? "pending" : "failed",
    message: going
      ? "is being deleted, and not gone yet"
      : "is not declared, and the stack's state does not know it, so that no update deletes it: delete it by hand",
    own: true,
  };
}

/** What a controller made after a stack's object and its labels: it belongs to its owner. Endpoints, unlike EndpointSlices, do not say so. */
function isCopied({ kind, metadata }: KubeObject, originals: ObjectSet): boolean {
  if (metadata.ownerReferences !== undefined) return true;
  return kind === "Endpoints" && originals.has({ apiVersion: "v1", kind: "Service", metadata });
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
