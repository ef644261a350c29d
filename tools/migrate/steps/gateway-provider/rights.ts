import { fields, list, texts, type Fields } from "../../../../policy/engine/read.ts";
import { releaseOf } from "../../../../policy/objects/helm.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { indexOf } from "../../clusters.ts";
import { isKind, nameOf } from "../../objects.ts";
import { bindingsIn, bindsAccount } from "../namespace/rights.ts";
import { chartServiceAccount } from "../route/controllers/chart-names.ts";
import { valuesIn } from "../route/release/chart.ts";

/** A right that Traefik's provider needs in the whole cluster. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
}

/** The rules that Traefik's documentation lists. */
export const DOCUMENTED_RIGHTS =
  "https://doc.traefik.io/traefik/reference/dynamic-configuration/kubernetes-gateway-rbac.yml";
const GATEWAY_API = "gateway.networking.k8s.io";
const watched = (group: string, ...resources: readonly string[]): readonly Right[] =>
  resources.map((resource) => ({ group, resource, verbs: ["list", "watch"] }));

/** Those that every version with the provider needs, a part of what is documented. */
const RIGHTS: readonly Right[] = [
  ...watched("", "namespaces"),
  ...watched(GATEWAY_API, "gatewayclasses", "gateways", "httproutes", "referencegrants"),
  ...["gatewayclasses", "gateways", "httproutes"].map((resource) => ({
    group: GATEWAY_API,
    resource: `${resource}/status`,
    verbs: ["update"],
  })),
];

/** Why a release's Traefik may not read Gateways or write their status: its chart gives it no such rights, and those in the repository are too few. */
export function whyWithoutRights(release: Mapping, cluster: BuiltCluster): string | undefined {
  const rbac = fields(valuesIn(release, cluster).rbac);
  if (rbac.enabled !== false)
    return rbac.namespaced === true
      ? "its rbac.namespaced is true, and its chart supports this provider only with rights for the whole cluster: set it to false first"
      : undefined;
  const source = asKubeObject(release);
  const account = {
    namespace: releaseOf(source).namespace,
    name: chartServiceAccount(source, indexOf(cluster)),
  };
  const rules = rulesFor(account, cluster);
  const missing = rules ? RIGHTS.filter((right) => !rules.some((rule) => allows(rule, right))) : [];
  if (missing.length === 0) return undefined;
  const named = missing.map(({ resource, verbs }) => `${verbs.join(" and ")} ${resource}`).join(", ");
  return `its rbac.enabled is false, and ServiceAccount ${account.namespace}/${account.name} may not ${named}: add the rules of ${DOCUMENTED_RIGHTS} to its ClusterRole first`;
}

/** The rules of the ClusterRoles that are bound to an account; undefined if one of them, or every binding, is not in the repository. */
function rulesFor(
  account: { readonly namespace: string; readonly name: string },
  cluster: BuiltCluster,
): readonly Fields[] | undefined {
  const bindings = bindingsIn(cluster).filter(
    (binding) => binding.kind === "ClusterRoleBinding" && bindsAccount(binding, account),
  );
  const roles = bindings.map(({ roleRef }) => {
    const name = isMapping(roleRef) ? scalarText(roleRef.name) : "";
    return cluster.objects.find(({ object }) => isRole(object) && nameOf(object).name === name)?.object;
  });
  if (roles.length === 0 || roles.some((role) => role === undefined || role.aggregationRule !== undefined))
    return undefined;
  return roles.flatMap((role) => list(role?.rules).map(fields));
}

const isRole = (object: Mapping): boolean =>
  isKind(object, { group: "rbac.authorization.k8s.io", kind: "ClusterRole" });

/** Whether a rule gives a right for every object. */
function allows(rule: Fields, { group, resource, verbs }: Right): boolean {
  const has = (field: string, ...wanted: readonly string[]): boolean =>
    texts(rule[field]).some((one) => one === "*" || wanted.includes(one));
  return (
    list(rule.resourceNames).length === 0 &&
    has("apiGroups", group) &&
    has("resources", resource, resource.replace(/^.*\//, "*/")) &&
    verbs.every((verb) => has("verbs", verb))
  );
}
