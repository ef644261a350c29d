import { isDeepStrictEqual } from "node:util";
import { describeObject } from "../../../../kube/objects.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, mappingsIn, type Mapping } from "../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { isKind } from "../../objects.ts";

const GROUP = "rbac.authorization.k8s.io";

/** The kinds that grant rights to accounts, and their API version. */
export const BINDINGS = { apiVersion: `${GROUP}/v1`, kinds: ["RoleBinding", "ClusterRoleBinding"] } as const;

/** A ServiceAccount. */
interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The bindings for a cluster that the repository contains. */
export function bindingsIn({ objects }: BuiltCluster): readonly Mapping[] {
  return objects
    .map(({ object }) => object)
    .filter((object) => BINDINGS.kinds.some((kind) => isKind(object, { group: GROUP, kind })));
}

/** The bindings, as `Kind namespace/name`, that grant one account rights that the other account does not have. */
export function lostBindings(
  before: readonly Mapping[],
  after: readonly Mapping[],
  from: Account,
  to: Account,
): readonly string[] {
  return before
    .filter((binding) => bindsAccount(binding, from))
    .filter((binding) => !after.some((other) => bindsAccount(other, to) && givesAsMuch(other, binding)))
    .map((binding) => describeObject({ kind: scalarText(binding.kind), metadata: metadataOf(binding) }));
}

/** Whether a binding names an account: directly, as a user, or through a group of ServiceAccounts. */
export function bindsAccount({ subjects }: Mapping, { namespace, name }: Account): boolean {
  const user = `system:serviceaccount:${namespace}:${name}`;
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return mappingsIn(subjects).some((subject) => {
    if (subject.kind === "ServiceAccount") return subject.name === name && subject.namespace === namespace;
    return subject.kind === "User" ? subject.name === user : groups.includes(scalarText(subject.name));
  });
}

/** Whether a binding grants the same role in the same namespace, or cluster-wide. */
function givesAsMuch(binding: Mapping, than: Mapping): boolean {
  const inPlace =
    binding.kind === "ClusterRoleBinding" || metadataOf(binding).namespace === metadataOf(than).namespace;
  return inPlace && isDeepStrictEqual(binding.roleRef, than.roleRef);
}

function metadataOf({ metadata }: Mapping): { readonly name: string; readonly namespace?: string } {
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  return {
    name: scalarText(name),
    ...(scalarText(namespace) !== "" && { namespace: scalarText(namespace) }),
  };
}
