import type { KubeClient } from "../../kube/kube-client.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";

/** The requests that a policy denies. */
export interface Denial {
  /** Resources, in the format of a ValidatingAdmissionPolicy. */
  readonly rule: {
    readonly apiGroups: readonly string[];
    readonly apiVersions: readonly string[];
    readonly resources: readonly string[];
  };
  /** A CEL expression for requests that are allowed nevertheless. */
  readonly unless: string;
  /** An object that the policy denies. */
  readonly probe: KubeObject;
}

const API = "admissionregistration.k8s.io/v1";
const NAME = { name: "denied-by-the-test" };

/** Denies changes, as if the user lacked the permission. Returns once the policy is in force. @returns a function that removes the policy */
export async function deny(
  cluster: KubeClient,
  { rule, unless, probe }: Denial,
): Promise<() => Promise<void>> {
  const policy = {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicy",
    metadata: NAME,
    spec: {
      matchConstraints: { resourceRules: [{ ...rule, operations: ["CREATE", "UPDATE"] }] },
      validations: [{ expression: unless, message: "denied by the test" }],
    },
  };
  const binding = {
    apiVersion: API,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: NAME,
    spec: { policyName: NAME.name, validationActions: ["Deny"] },
  };
  const isDenied = (): Promise<boolean> =>
    cluster.apply(probe, { fieldManager: "probe", force: true, dryRun: true }).then(
      () => false,
      () => true,
    );
  await cluster.apply(policy, { fieldManager: "test" });
  await cluster.apply(binding, { fieldManager: "test" });
  await waitUntil("the policy to deny", isDenied, { timeoutMs: 60_000 });
  return async () => {
    await cluster.delete(binding);
    await waitUntil("the policy to end", async () => !(await isDenied()), { timeoutMs: 60_000 });
  };
}
