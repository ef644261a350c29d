import { labelledObjects } from "../../cluster/labelled.ts";
import { describeObject, STACK_LABEL, type KubeObject } from "../../cluster/objects.ts";
import type { Check, StackOnCluster } from "./check.ts";

/** Set on what outlives the stack by design, so that its field manager stays the same. */
const RETAINED = "pulumi.com/patchFieldManager";

/**
 * Nothing carries the stack's label that the program no longer declares. Pulumi deletes only after the program has ended, so an update that removes something
 * does not pass: the next one does.
 */
export function leftoversCheck({ cluster, stack }: StackOnCluster, declared: readonly KubeObject[]): Check {
  const known = new Set(declared.map(identity));
  return {
    id: "leftovers",
    steady: true,
    look: async () => {
      const { objects, unread } = await labelledObjects(cluster, STACK_LABEL, stack);
      const left = objects.filter((object) => !known.has(identity(object)) && !isCopied(object, known));
      const [retained, forgotten] = split(left, ({ metadata }) => RETAINED in (metadata.annotations ?? {}));
      return {
        verdicts: forgotten.map((object) => ({
          object: describeObject(object),
          state: "failed",
          message: "is no longer declared, and Pulumi deletes only after the program: run `up` again",
          own: true,
        })),
        notes: [
          ...retained.map((object) => `${describeObject(object)} is no longer declared and kept by design.`),
          ...unread.map((group) => `What ${group} serves could not be looked at.`),
        ],
      };
    },
  };
}

/** Without the version: one object is served at several. */
function identity({ apiVersion, kind, metadata }: KubeObject): string {
  return [apiVersion.split("/").slice(0, -1)[0] ?? "", kind, metadata.namespace, metadata.name].join(" ");
}

/** What a controller made after a declared object and its labels: it belongs to its owner. Endpoints, unlike EndpointSlices, do not say so. */
function isCopied({ kind, metadata }: KubeObject, known: ReadonlySet<string>): boolean {
  if (metadata.ownerReferences !== undefined) return true;
  return kind === "Endpoints" && known.has(identity({ apiVersion: "v1", kind: "Service", metadata }));
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
