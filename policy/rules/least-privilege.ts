import { z } from "zod";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { enabled, isAppTemplate } from "../objects/app-template.ts";
import { valuesOf } from "../objects/helm.ts";
import { HELM_RELEASE } from "../objects/kinds.ts";
import { escalatingResources } from "../objects/escalation.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import type { Path } from "../engine/path.ts";
import { fields, list, texts, type Fields } from "../engine/read.ts";
import { defineRule, type Problem } from "../engine/rule.ts";

const GROUP = "rbac.authorization.k8s.io";

/** Verbs that let a subject escalate its own privileges (https://kubernetes.io/docs/concepts/security/rbac-good-practices/). */
const ESCALATION = ["escalate", "bind", "impersonate"];

/** See docs/reference/rules/least-privilege.md. */
export const leastPrivilege = defineRule({
  id: "least-privilege",
  description:
    "Roles grant only what is needed: no wildcards, no verbs or resources that allow privilege escalation (https://kubernetes.io/docs/concepts/security/rbac-good-practices/), and no access to every Secret in the cluster. Bindings do not grant cluster-admin, and name no anonymous users.",
  why: "A wildcard includes resources that do not exist yet, and whoever takes over the app can do everything that its role allows.",
  remediation:
    "List only the groups, resources and verbs that are used. If the wildcard is intended, add the object to the `allow` setting, or exempt it with a reason.",
  severity: "critical",
  enforcement: "mandatory",
  recommends:
    "everything but subjects that no binding should name: anonymous users, and the group system:masters",
  kinds: [
    ...["ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"].map((kind) => ({ group: GROUP, kind })),
    HELM_RELEASE,
  ],
  settings: z.strictObject({
    allow: z
      .array(z.string())
      .default([
        "ClusterRole crd-controller-flux-system",
        "ClusterRole flux-edit-flux-system",
        "ClusterRole flux-view-flux-system",
        "ClusterRoleBinding cluster-reconciler-flux-system",
      ])
      .describe(
        "Objects that are not checked, as `Kind name` or `Kind namespace/name`. The default is what `flux install` creates for Flux itself.",
      ),
  }),
  *check(object, { settings, objects }) {
    if (settings.allow.includes(describeObject(object))) return;
    for (const problem of problemsOf(object, objects)) yield { recommendation: true, ...problem };
  },
});

function* problemsOf(object: KubeObject, objects: ObjectIndex): Generator<Problem> {
  if (object.kind === "HelmRelease") yield* releaseProblems(object, objects);
  else if (object.kind.endsWith("Binding")) yield* bindingProblems(object);
  else
    for (const [index, rule] of list(object.rules).entries())
      yield* ruleProblems(fields(rule), ["rules", index], object.kind === "ClusterRole");
}

/** Subjects that no binding should name: anyone who reaches the API server, and users whose rights cannot be revoked. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ["system:unauthenticated", "anyone who can reach the API server"],
  ["system:anonymous", "anyone who can reach the API server"],
  ["system:masters", "a group whose rights cannot be revoked"],
]);

function* bindingProblems({ roleRef, subjects }: KubeObject): Generator<Problem> {
  if (fields(roleRef).name === "cluster-admin")
    yield { path: ["roleRef", "name"], message: "The binding grants cluster-admin." };
  for (const [index, { kind, name }] of list(subjects).map(fields).entries()) {
    const who = kind === "ServiceAccount" ? undefined : GROUPS.get(String(name));
    if (who !== undefined)
      yield {
        path: ["subjects", index, "name"],
        message: `The binding grants its role to ${String(name)}: ${who}.`,
        remediation: "Bind the role to the users or service accounts that need it.",
        recommendation: false,
      };
  }
}

/** Checks the roles and bindings in app-template's values (`rbac`). */
function* releaseProblems(release: KubeObject, objects: ObjectIndex): Generator<Problem> {
  if (!isAppTemplate(release, objects)) return;
  const { values, path } = valuesOf(release, objects);
  const { roles, bindings } = fields(values.rbac);
  for (const [id, role] of enabled(roles))
    for (const [index, rule] of list(role.rules).entries())
      yield* ruleProblems(
        fields(rule),
        path(["rbac", "roles", id, "rules", index]),
        role.type === "ClusterRole",
      );
  for (const [id, { roleRef }] of enabled(bindings))
    if (fields(roleRef).name === "cluster-admin")
      yield {
        path: path(["rbac", "bindings", id, "roleRef", "name"]),
        message: "The binding grants cluster-admin.",
      };
}

function* ruleProblems(rule: Fields, path: Path, wholeCluster: boolean): Generator<Problem> {
  const verbs = texts(rule.verbs);
  for (const field of ["apiGroups", "resources", "verbs"]) {
    const index = texts(rule[field]).indexOf("*");
    if (index >= 0)
      yield { path: [...path, field, index], message: `The rule allows all ${field}${scope(rule, field)}.` };
  }
  const escalation = verbs.filter((verb) => ESCALATION.includes(verb));
  for (const verb of escalation)
    yield {
      path: [...path, "verbs", verbs.indexOf(verb)],
      message: `The verb ${verb} lets the subject escalate its own privileges.`,
    };
  for (const { index, message, isCommon } of escalatingResources(rule, wholeCluster))
    yield {
      path: [...path, "resources", index],
      message,
      remediation:
        "Remove it, or limit it with resourceNames. If the app needs it, add the object to the `allow` setting, or exempt it with a reason.",
      ...(isCommon && { warning: true as const }),
    };
  const secrets = texts(rule.resources).indexOf("secrets");
  const reads = verbs.some((verb) => ["get", "list", "watch"].includes(verb));
  if (wholeCluster && secrets >= 0 && reads && list(rule.resourceNames).length === 0)
    yield {
      path: [...path, "resources", secrets],
      message: "If bound cluster-wide, the rule allows reading every Secret.",
    };
}

/** The API groups to which a wildcard is limited, as the end of a sentence. */
function scope(rule: Fields, field: string): string {
  const groups = texts(rule.apiGroups);
  if (field === "apiGroups" || groups.length === 0 || groups.includes("*")) return "";
  return ` of ${groups.map((group) => (group === "" ? "the core group" : group)).join(", ")}`;
}
