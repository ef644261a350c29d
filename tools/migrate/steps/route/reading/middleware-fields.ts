import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn } from "../../../../gitops/yaml/values.ts";
import { fieldAt, objectNamed } from "../../../objects.ts";
import { isFilter } from "../routes/filters.ts";
import type { Moving } from "../gateway/parents.ts";
import { unknownIn } from "./unknown-fields.ts";

/** Why the Middlewares of an Ingress, and those in their chains, may not do what they should: the API server drops or rejects a field of one. */
export function unknownMiddlewareFields({ reading, cluster, namespace }: Moving): readonly string[] {
  if (!cluster) return [];
  const names = reading.served.flatMap(({ middlewares }) => middlewares.filter((name) => !isFilter(name)));
  const reasons = new Map<string, readonly string[]>();
  for (const name of names) visit({ namespace, name }, cluster, reasons);
  return [...reasons.values()].flat();
}

/** @param reasons the reasons for the Middlewares that have been visited */
function visit(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  cluster: BuiltCluster,
  reasons: Map<string, readonly string[]>,
): void {
  const id = `${namespace}/${name}`;
  const found = objectNamed([cluster], MIDDLEWARE, { namespace, name });
  if (!found || reasons.has(id)) return;
  reasons.set(
    id,
    unknownIn(found.object, "Middleware").map(
      (field) =>
        `Middleware ${id} has ${field}, which is not a field of a Middleware that this step knows, so it may not protect the app: move it to its place or remove it`,
    ),
  );
  for (const entry of mappingsIn(fieldAt(found.object, ["spec", "chain", "middlewares"])))
    visit(
      { namespace: scalarText(entry.namespace) || namespace, name: scalarText(entry.name) },
      cluster,
      reasons,
    );
}
