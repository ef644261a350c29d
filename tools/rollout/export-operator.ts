import { Document } from "yaml";
import { type StackNode, planWaves } from "./plan.ts";

/** Arguments of {@link operatorStacks}. */
export interface OperatorArgs {
  readonly stacks: readonly StackNode[];
  /** Name of the Pulumi project. */
  readonly project: string;
  /** `organization` for every backend but Pulumi Cloud. */
  readonly organization: string;
  /** Where the operator fetches the project: an https or ssh address. */
  readonly repository: string;
  readonly branch: string;
  /** Namespace of the Stack objects, their ServiceAccount and their Secrets. */
  readonly namespace: string;
  /** Image of the workspace: the Pulumi CLI, and Node 24. */
  readonly image: string;
  /** Address of a state backend; by default the operator's own, Pulumi Cloud. */
  readonly backend?: string | undefined;
}

const ACCOUNT = "edgefirst";
/** Secret with what the CLI needs: `PULUMI_ACCESS_TOKEN` or the credentials of the backend, and `PULUMI_CONFIG_PASSPHRASE` where it is used. */
export const ENVIRONMENT_SECRET = "edgefirst-environment";
/** Secret whose key `kubeconfig` holds the contexts of all stacks. */
export const KUBECONFIG_SECRET = "edgefirst-kubeconfig";
const KUBECONFIG_DIR = "/etc/edgefirst";
/** The operator waits three times longer after each failure, up to a day: a stack whose gate waits for another would come late. */
const RETRY_SECONDS = 600;
/**
 * How recent the success of a prerequisite must be. Since release 2.8 the operator gives up after three failed updates of one commit, about two minutes, so that an update must
 * not start before the stacks before it have verified the commit; where their success is older, the operator has them updated, and so verified, first.
 */
const FRESH_ONE = "2m";
/** Longer than several prerequisites' updates may lie apart: with a shorter time they would be asked for by turns and without end. */
const FRESH_SEVERAL = "30m";

const COMMENT = ` Stacks for the Pulumi Kubernetes Operator, version 2; from edgefirst export operator.

 A prerequisite only says that the other stack's last update succeeded, possibly one of an older commit; where that was not just now, the
 operator has the other stack updated first. What holds a stack back is the gate inside the program: its update fails, with nothing
 changed, until the stacks before it have verified this very release.

 Since its release 2.8 the operator tries a failed update twice more and then waits for the next commit. To have it try again:
   kubectl annotate stack NAME --overwrite pulumi.com/reconciliation-request="$(date)"

 It needs in this namespace: a Secret ${ENVIRONMENT_SECRET}, whose keys become environment variables (PULUMI_ACCESS_TOKEN, or the
 credentials of the state backend; PULUMI_CONFIG_PASSPHRASE), and a Secret ${KUBECONFIG_SECRET} with the key kubeconfig.`;

/**
 * `Stack` resources for the same graph, in the order of the waves, with their ServiceAccount, as one YAML stream. Shapes from the operator's
 * API: `pulumi.com/v1` Stack, whose `workspaceTemplate` is an `auto.pulumi.com/v1alpha1` Workspace.
 */
export function operatorStacks(args: OperatorArgs): string {
  const { stacks, namespace } = args;
  const nodes = new Map(stacks.map((node) => [node.name, node]));
  const objects = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: ACCOUNT, namespace } },
    // The workspace's agent asks the API server who calls it.
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: `${namespace}:${ACCOUNT}:system:auth-delegator` },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace }],
    },
    ...planWaves(stacks)
      .flat()
      .map((name) => stackObject(args, nodes.get(name) ?? { name, after: [] })),
  ];
  const documents = objects.map((object) => new Document(object));
  const [first] = documents;
  if (first !== undefined) first.commentBefore = COMMENT;
  return documents.map((document) => document.toString({ lineWidth: 0 })).join("---\n");
}

function stackObject(args: OperatorArgs, { name, after }: StackNode) {
  const { project, organization, repository, branch, namespace, image, backend } = args;
  return {
    apiVersion: "pulumi.com/v1",
    kind: "Stack",
    metadata: { name: objectName(project, name), namespace },
    spec: {
      serviceAccountName: ACCOUNT,
      stack: `${organization}/${project}/${name}`,
      ...(backend !== undefined && { backend }),
      projectRepo: repository,
      branch,
      ...(after.length > 0 && {
        prerequisites: after.map((before) => ({
          name: objectName(project, before),
          requirement: { succeededWithinDuration: after.length === 1 ? FRESH_ONE : FRESH_SEVERAL },
        })),
      }),
      retryMaxBackoffDurationSeconds: RETRY_SECONDS,
      // A deleted Stack object must not take the platform with it.
      destroyOnFinalize: false,
      // A stack that the backend does not have is a mistake, such as a wrong backend.
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

/** Stack names may hold what object names may not: capitals and underscores. */
function objectName(project: string, stack: string): string {
  return `${project}-${stack}`.toLowerCase().replaceAll("_", "-");
}
