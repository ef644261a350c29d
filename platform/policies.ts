import type { ClusterReader, Finding } from "../kube/client.ts";
import { describeObject, type KubeObject } from "../kube/objects.ts";
import { formatPath } from "../policy/engine/path.ts";
import { knowledgeFor, PROJECT } from "../policy/knowledge/owner-rows.ts";
import { runRules, type RuleFinding } from "../policy/engine/run.ts";
import type { PolicySettings } from "../policy/engine/settings.ts";

/**
 * Runs the rules of the policy pack on everything that the stack is about to declare. A violation of a mandatory rule stops the program before its first
 * resource. CrossGuard would run stack policies only after the update, and resource policies only if a pack is passed. Advisory rules are left to the pack.
 * @param namespaces the live namespaces: Gateways admit routes by the labels that these have
 */
export function checkPolicies(
  objects: readonly KubeObject[],
  settings: PolicySettings,
  namespaces: readonly KubeObject[] = [],
): Finding[] {
  const live = new Map(namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  const checked = objects.map((object) =>
    object.kind === "Namespace" ? withLabelsOf(live.get(object.metadata.name), object) : object,
  );
  const declared = new Set(checked.map(describeObject));
  const { findings, exempted } = runRules({
    host: "stack",
    objects: checked,
    unchecked: namespaces.filter((namespace) => !declared.has(describeObject(namespace))),
    settings,
    knowledge: knowledgeFor(PROJECT),
  });
  const breaches = findings.filter(
    ({ enforcement, exemption }) => enforcement !== "advisory" && exemption === undefined,
  );
  return [
    ...breaches.map(breach),
    ...(exempted.size === 0
      ? []
      : [
          {
            severity: "info" as const,
            message: `Exempt from policies: ${[...exempted].map(([rule, count]) => `${rule} (${count})`).join(", ")}.`,
          },
        ]),
  ];
}

/** The namespaces of these objects, as far as they exist. */
export async function liveNamespaces(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<KubeObject[]> {
  const names = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  const live = await Promise.all(
    [...names].map((name) => cluster.get({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
  );
  return live.filter((namespace) => namespace !== undefined);
}

/** An update leaves labels in place that others have added to an object of the stack. */
function withLabelsOf(live: KubeObject | undefined, { metadata, ...object }: KubeObject): KubeObject {
  return { ...object, metadata: { ...metadata, labels: { ...live?.metadata.labels, ...metadata.labels } } };
}

function breach({ rule, object, path, message, remediation }: RuleFinding): Finding {
  return {
    severity: "error",
    message: `Policy ${rule}: ${describeObject(object)}, ${formatPath(path)}: ${message}`,
    hint: remediation,
  };
}
