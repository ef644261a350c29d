import assert from "node:assert/strict";
import { outcomes } from "./fixture.ts";

const CORE = '""';
const ERROR = "ClusterRole it rules[0].resources[0]";

/** One row per risk of https://kubernetes.io/docs/concepts/security/rbac-good-practices/: title, group, resource, verb, finding. */
const RISKS: readonly (readonly [string, string, string, string, string | undefined])[] = [
  ["Listing secrets", CORE, "secrets", "get", ERROR],
  ["Listing secrets", CORE, "secrets", "list", ERROR],
  ["Listing secrets", CORE, "secrets", "watch", ERROR],
  ["Persistent volume creation", CORE, "persistentvolumes", "create", `warning ${ERROR}`],
  ["Access to proxy subresource of Nodes", CORE, "nodes/proxy", "get", ERROR],
  ["Access to proxy subresource of Nodes", CORE, "nodes/proxy", "create", ERROR],
  ["Escalate verb", "rbac.authorization.k8s.io", "roles", "escalate", "ClusterRole it rules[0].verbs[0]"],
  ["Bind verb", "rbac.authorization.k8s.io", "clusterroles", "bind", "ClusterRole it rules[0].verbs[0]"],
  ["Impersonate verb", CORE, "users", "impersonate", "ClusterRole it rules[0].verbs[0]"],
  [
    "CSRs and certificate issuing",
    "certificates.k8s.io",
    "certificatesigningrequests/approval",
    "update",
    ERROR,
  ],
  ["Token request", CORE, "serviceaccounts/token", "create", ERROR],
  [
    "Control admission webhooks",
    "admissionregistration.k8s.io",
    "validatingwebhookconfigurations",
    "patch",
    `warning ${ERROR}`,
  ],
  [
    "Control admission webhooks",
    "admissionregistration.k8s.io",
    "mutatingwebhookconfigurations",
    "update",
    `warning ${ERROR}`,
  ],
  ["Namespace modification", CORE, "namespaces", "patch", `warning ${ERROR}`],
  ["Commands in pods", CORE, "pods/exec", "create", `warning ${ERROR}`],
  ["Commands in pods", CORE, "pods/attach", "get", `warning ${ERROR}`],
  ["Containers in running pods", CORE, "pods/ephemeralcontainers", "patch", `warning ${ERROR}`],
  ["No risk", CORE, "nodes/metrics", "get", undefined],
  ["No risk", CORE, "persistentvolumes", "list", undefined],
  ["No risk", CORE, "namespaces", "get", undefined],
  ["No risk, in another group", "example.org", "persistentvolumes", "create", undefined],
  ["No risk", "certificates.k8s.io", "certificatesigningrequests", "create", undefined],
];

const role = (rule: string, kind = "ClusterRole"): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: it${kind === "Role" ? ", namespace: media" : ""} }
rules: [{ ${rule} }]`;

describe("the RBAC good practices of Kubernetes", () => {
  for (const [title, group, resource, verb, found] of RISKS)
    it(`${title}: ${verb} on ${resource} of ${group}`, () => {
      const objects = role(`apiGroups: [${group}], resources: [${resource}], verbs: [${verb}]`);
      assert.deepEqual(
        outcomes("least-privilege", { name: title, objects }),
        found === undefined ? [] : [found],
      );
    });

  it("a rule with resource names is limited", () => {
    const objects = role(
      'apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [web], verbs: [create]',
    );
    assert.deepEqual(outcomes("least-privilege", { name: "", objects }), []);
  });

  it("a Role grants nothing outside its namespace", () => {
    const objects = role(
      'apiGroups: [""], resources: [nodes/proxy, serviceaccounts/token], verbs: [create]',
      "Role",
    );
    assert.deepEqual(outcomes("least-privilege", { name: "", objects }), [
      "Role media/it rules[0].resources[1]",
    ]);
  });

  for (const [kind, name, isFound] of [
    ["Group", "system:unauthenticated", true],
    ["User", "system:anonymous", true],
    ["Group", "system:masters", true],
    ["Group", "system:authenticated", false],
    ["ServiceAccount", "system:anonymous", false],
  ] as const)
    it(`a binding to ${kind} ${name} is ${isFound ? "" : "not "}reported`, () => {
      const objects = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: it }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ${kind}, name: "${name}" }]`;
      assert.deepEqual(
        outcomes("least-privilege", { name: "", objects }),
        isFound ? ["ClusterRoleBinding it subjects[0].name"] : [],
      );
    });
});
