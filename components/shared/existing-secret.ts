import type { ClusterReader, Finding } from "../../kube/client.ts";
import { STACK_LABEL } from "../../kube/objects.ts";

/** A Secret that the stack uses and another owner creates. */
export interface ExistingSecret {
  readonly name: string;
  readonly namespace: string;
  /** What it contains, for messages. */
  readonly content: string;
  /** The keys that it must have, and for the command that creates it, examples of their values. */
  readonly keys: Readonly<Record<string, string>>;
  /** What happens without it, for messages. */
  readonly consequence: string;
}

/** The decoded values of the keys; empty, with a finding, if the Secret lacks one. */
export interface SecretValues {
  readonly findings: readonly Finding[];
  readonly values: Readonly<Record<string, string>>;
}

/** Reads a Secret, and reports what it lacks. The finding is only a warning, since Flux may create the Secret in the meantime. */
export async function readExistingSecret(
  { name, namespace, content, keys, consequence }: ExistingSecret,
  cluster: ClusterReader,
): Promise<SecretValues> {
  const live = await cluster.get({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } });
  const stack = live?.metadata.labels?.[STACK_LABEL];
  if (stack !== undefined) {
    const finding: Finding = {
      severity: "error",
      message: `Secret ${namespace}/${name} on ${cluster.context} belongs to stack ${stack}, which would delete it as soon as it no longer declares it: ${consequence}.`,
      hint: "Name a Secret that another owner creates.",
    };
    return { findings: [finding], values: {} };
  }
  const data = (live?.data ?? {}) as Readonly<Record<string, string>>;
  const names = Object.keys(keys);
  const missing = names.filter((key) => !(key in data));
  if (live !== undefined && missing.length === 0) {
    const values = names.map((key) => [key, Buffer.from(data[key] ?? "", "base64").toString()] as const);
    return { findings: [], values: Object.fromEntries(values) };
  }
  const problem =
    live === undefined
      ? "does not exist"
      : `has no ${missing.length === 1 ? "key" : "keys"} ${missing.join(", ")}`;
  const literals = Object.entries(keys).map(([key, example]) => `--from-literal ${key}=${example}`);
  const finding: Finding = {
    severity: "warning",
    message: `Secret ${namespace}/${name}, with ${content}, ${problem} on ${cluster.context}: ${consequence}.`,
    hint: `First create the Secret with ${literals.length === 1 ? "this key" : "these keys"}: kubectl --context ${cluster.context} --namespace ${namespace} create secret generic ${name} ${literals.join(" ")}`,
  };
  return { findings: [finding], values: {} };
}
