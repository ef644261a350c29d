import { list, texts, type Fields } from "../engine/read.ts";

/** A right that lets its subject gain more rights than the role lists. */
interface Escalation {
  readonly groups: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** What the subject can do, as the end of a sentence that starts with the rule. */
  readonly effect: string;
  /** Controllers need the right for their work, so it is a warning. */
  readonly isCommon?: true;
}

const WRITE = ["create", "update", "patch"];

/**
 * The risks of https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks, except those about verbs and Secrets, which the rule
 * checks separately. Workload creation is missing on purpose: every operator creates workloads.
 */
const ESCALATIONS: readonly Escalation[] = [
  {
    groups: "",
    resources: ["nodes/proxy"],
    verbs: ["get", "create", "update", "patch", "delete"],
    effect: "gives access to the kubelet, which can run commands in every pod of a node",
  },
  {
    groups: "",
    resources: ["serviceaccounts/token"],
    verbs: ["create"],
    effect: "issues tokens for other service accounts",
  },
  {
    groups: "",
    // A WebSocket request needs the verb get, any other request needs create.
    resources: ["pods/exec", "pods/attach"],
    verbs: ["create", "get"],
    effect: "runs commands in other pods, with their service accounts",
    isCommon: true,
  },
  {
    groups: "",
    resources: ["pods/ephemeralcontainers"],
    verbs: ["update", "patch"],
    effect: "adds containers to running pods, with their service accounts",
    isCommon: true,
  },
  {
    groups: "certificates.k8s.io",
    resources: ["certificatesigningrequests/approval"],
    verbs: ["update", "patch"],
    effect: "approves client certificates for any user",
  },
  {
    groups: "admissionregistration.k8s.io",
    resources: ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    verbs: WRITE,
    effect: "controls webhooks, which read or change every object that is admitted",
    isCommon: true,
  },
  {
    groups: "",
    resources: ["persistentvolumes"],
    verbs: ["create"],
    effect: "creates hostPath volumes, which give access to a node's files",
    isCommon: true,
  },
  {
    groups: "",
    resources: ["namespaces"],
    verbs: ["update", "patch"],
    effect: "changes the labels of a namespace, and with them its Pod Security level",
    isCommon: true,
  },
];

/** A resource in a role's rule that lets the subject gain more rights. */
export interface EscalatingResource {
  /** Index in the rule's `resources`. */
  readonly index: number;
  readonly message: string;
  readonly isCommon: boolean;
}

/** The resources in a role's rule that let the subject gain more rights. A rule with resource names is limited, and is left alone. */
export function escalatingResources(rule: Fields, isClusterRole: boolean): readonly EscalatingResource[] {
  const [groups, resources, verbs] = [texts(rule.apiGroups), texts(rule.resources), texts(rule.verbs)];
  if (list(rule.resourceNames).length > 0) return [];
  return ESCALATIONS.filter(
    (one) =>
      [one.groups, "*"].some((group) => groups.includes(group)) &&
      [...one.verbs, "*"].some((verb) => verbs.includes(verb)),
  ).flatMap((one) =>
    resources
      .map((resource, index) => ({ resource, index }))
      .filter(({ resource }) => one.resources.includes(resource))
      .filter(({ resource }) => isClusterRole || !CLUSTER_SCOPED.test(resource))
      .map(({ resource, index }) => ({
        index,
        message: `Access to ${resource} ${one.effect}.`,
        isCommon: one.isCommon === true,
      })),
  );
}

/** A Role cannot grant access to these; it can to the namespace that it is in. */
const CLUSTER_SCOPED =
  /^(?:nodes\/|persistentvolumes$|certificatesigningrequests\/|\w+webhookconfigurations$)/;
