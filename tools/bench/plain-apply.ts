import type { KubeClient } from "../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { waitUntil } from "../sandbox/processes.ts";

/** Waits until the Deployments among the objects have rolled out. */
export async function rolledOut(objects: readonly KubeObject[], client: KubeClient): Promise<void> {
  for (const deployment of objects.filter(({ kind }) => kind === "Deployment"))
    await waitUntil(
      `${describeObject(deployment)} to roll out`,
      async () => {
        const { status, spec } = (await client.get(deployment)) ?? deployment;
        const { availableReplicas = 0 } = (status ?? {}) as { availableReplicas?: number };
        return availableReplicas >= ((spec as { replicas?: number }).replicas ?? 1);
      },
      { timeoutMs: 60_000 },
    );
}

interface State {
  readonly deployment: {
    readonly resources: readonly {
      readonly type: string;
      readonly custom: boolean;
      readonly inputs?: KubeObject;
    }[];
  };
}

/** The objects in a stack's exported state, without Secrets. */
export function objectsOf(state: string): KubeObject[] {
  const { deployment } = JSON.parse(state) as State;
  return deployment.resources
    .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
    .map(({ inputs }) => inputs)
    .filter((object) => object !== undefined && object.kind !== "Secret") as KubeObject[];
}

/** Applies namespaces and CRDs first, then the rest in the order of Pulumi's state, in which dependencies come first. */
export async function applyAll(objects: readonly KubeObject[], client: KubeClient): Promise<void> {
  const rank = ({ kind }: KubeObject): number =>
    ["Namespace", "CustomResourceDefinition"].includes(kind) ? 0 : 1;
  for (const object of objects.toSorted((one, other) => rank(one) - rank(other))) {
    await waitUntil(
      `the kind of ${describeObject(object)} to be served`,
      () => client.serves(object.apiVersion, object.kind),
      {
        timeoutMs: 30_000,
      },
    );
    await client.apply(object, { fieldManager: "bench", force: true });
  }
}
