import { createHash } from "node:crypto";
import { Document } from "yaml";
import { DNS_LABEL } from "../../lib/dns-names.ts";
import { type StackNode, planWaves } from "./plan.ts";

/** Arguments of {@link operatorStacks}. */
export interface OperatorArgs {
  readonly stacks: readonly StackNode[];
  /** Name of the Pulumi project. */
  readonly project: string;
  /** The organization in Pulumi Cloud; `organization` for every other backend. */
  readonly organization: string;
  /** Where the operator fetches the project: an https or ssh URL. */
  readonly repository: string;
  readonly branch: string;
  /** Namespace of the Stack objects, their ServiceAccount and Secrets. */
  readonly namespace: string;
  /** Image for the workspace, with the Pulumi CLI and Node 24. */
  readonly image: string;
  /** URL of the state backend; by default the operator's default, Pulumi Cloud. */
  readonly backend?: string | undefined;
}

const ACCOUNT = "edgefirst";
/** Secret with the CLI's environment: `PULUMI_ACCESS_TOKEN` or the backend's credentials, and `PULUMI_CONFIG_PASSPHRASE` if needed. */
export const ENVIRONMENT_SECRET = "edgefirst-environment";
/** Secret whose key `kubeconfig` holds the contexts of all stacks. */
export const KUBECONFIG_SECRET = "edgefirst-kubeconfig";
const KUBECONFIG_DIR = "/etc/edgefirst";
/** The operator triples its wait after each failure, up to a day, which would delay a stack that waits for its upstream stacks. */
const RETRY_SECONDS = 600;
/**
 * How recently a prerequisite must have succeeded. Since release 2.8 the operator gives up after three failed updates of a commit, about two minutes, so an
 * update must not start before its upstream stacks have verified the commit. If their success is older, the operator updates, and so verifies, them first.
 */
const FRESH_ONE = "2m";
/** Longer than the updates of several prerequisites take: otherwise the first would be too old once the last is done, and the operator would update them in turn forever. */
const FRESH_SEVERAL = "30m";

/**
 * The operator names a StatefulSet after the Stack, and its pods get that name and a hash as a label of at most 63 characters.
 * Source: https://github.com/pulumi/pulumi-kubernetes-operator/issues/899
 */
const MAX_NAME = 42;
const HASH_LENGTH = 6;

const COMMENT = ` Stacks for the Pulumi Kubernetes Operator, version 2. Written by edgefirst export operator.

 A prerequisite only requires that the other stack's last update succeeded, possibly with an older commit; if that was not
 recent, the operator updates the other stack first. The gate inside the program holds a stack back: its update fails without
 changes until its upstream stacks have verified the same release.

 Since release 2.8 the operator retries a failed update twice and then waits for the next commit. To retry now:
   kubectl annotate stack NAME --overwrite pulumi.com/reconciliation-request="$(date)"

 Create in this namespace: a Secret ${ENVIRONMENT_SECRET}, whose keys become environment variables (PULUMI_ACCESS_TOKEN or the
 state backend's credentials; PULUMI_CONFIG_PASSPHRASE), and a Secret ${KUBECONFIG_SECRET} with the key kubeconfig.

 The operator does not run the policy pack in policy/: it runs only the packs that an organization enforces in Pulumi Cloud.
 Run the policies on pull requests instead, with pulumi preview --policy-pack policy.`;

/**
 * `Stack` resources for the project's stacks, in the order of the waves, with their ServiceAccount, as one YAML stream. In the operator's API, the
 * `workspaceTemplate` of a `pulumi.com/v1` Stack is an `auto.pulumi.com/v1alpha1` Workspace.
 */
export function operatorStacks(args: OperatorArgs): string {
  const { stacks, namespace } = args;
  const nodes = new Map(stacks.map((node) => [node.name, node]));
  const names = objectNames(args);
  const objects = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: ACCOUNT, namespace } },
    // The workspace's agent authenticates its callers with the API server.
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: `${namespace}:${ACCOUNT}:system:auth-delegator` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace }],
    },
    ...planWaves(stacks)
      .flat()
      .map((name) => stackObject(args, names, nodes.get(name) ?? { name, after: [] })),
  ];
  const documents = objects.map((object) => new Document(object));
  const [first] = documents;
  if (first !== undefined) first.commentBefore = COMMENT;
  return documents.map((document) => document.toString({ lineWidth: 0 })).join("---\n");
}

function stackObject(args: OperatorArgs, names: ReadonlyMap<string, string>, { name, after }: StackNode) {
  const { project, organization, repository, branch, namespace, image, backend } = args;
  return {
    apiVersion: "pulumi.com/v1",
    kind: "Stack",
    metadata: { name: names.get(name), namespace },
    spec: {
      serviceAccountName: ACCOUNT,
      stack: `${organization}/${project}/${name}`,
      ...(backend !== undefined && { backend }),
      projectRepo: repository,
      branch,
      ...(after.length > 0 && {
        prerequisites: after.map((upstream) => ({
          name: names.get(upstream),
          requirement: { succeededWithinDuration: after.length === 1 ? FRESH_ONE : FRESH_SEVERAL },
        })),
      }),
      retryMaxBackoffDurationSeconds: RETRY_SECONDS,
      // Deleting the Stack object must not delete the platform.
      destroyOnFinalize: false,
      // A stack that is missing from the backend suggests a mistake, such as the wrong backend.
      useLocalStackOnly: true,
      workspaceTemplate: { spec: workspaceSpec(image) },
    },
  };
}

function workspaceSpec(image: string) {
  return {
    image,
    envFrom: [{ secretRef: { name: ENVIRONMENT_SECRET } }],
    env: [{ name: "KUBECONFIG", value: `${KUBECONFIG_DIR}/kubeconfig` }],
    podTemplate: {
      spec: {
        containers: [
          {
            name: "pulumi",
            volumeMounts: [{ name: "kubeconfig", mountPath: KUBECONFIG_DIR, readOnly: true }],
          },
        ],
        volumes: [{ name: "kubeconfig", secret: { secretName: KUBECONFIG_SECRET } }],
      },
    },
  };
}

/**
 * The name of each stack's object. A stack's name may contain capitals, dots and underscores, or be too long for an object. The object's
 * name then differs from it and ends with a hash, so that no two stacks share an object.
 */
function objectNames({ project, stacks }: OperatorArgs): ReadonlyMap<string, string> {
  return new Map(
    stacks.map(({ name }) => {
      const wanted = `${project}-${name}`;
      const fits = DNS_LABEL.test(wanted) && wanted.length <= MAX_NAME;
      return [name, fits ? wanted : hashedName(wanted)];
    }),
  );
}

function hashedName(wanted: string): string {
  const hash = createHash("sha256").update(wanted).digest("hex").slice(0, HASH_LENGTH);
  const readable = wanted
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME - HASH_LENGTH - 1)
    .replaceAll(/^-+|-+$/g, "");
  return `${readable}-${hash}`;
}
