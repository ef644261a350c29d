import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { KubeObject } from "../../kube/objects.ts";
import { resolveProgram } from "../../tools/toolchain/resolve.ts";

type Labels = Readonly<Record<string, string>>;

/** A pod on the cluster's network. */
export interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: "TCP" | "UDP";
}

/** An address outside the pods' network, such as that of a node, and of pods on it. */
export interface Outside {
  readonly ip: string;
}

/** A connection that someone tries to open. */
export interface Connection {
  readonly from: Pod | Outside;
  readonly to: Pod | Outside;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

interface PodTemplate {
  readonly metadata: { readonly labels: Labels };
  readonly spec: Readonly<Record<"containers" | "initContainers", readonly Container[] | undefined>>;
}
interface Container {
  readonly ports?: readonly ContainerPort[];
}

/** The pods of a Deployment. */
export function podOf({ metadata, spec }: KubeObject): Pod {
  const { template } = spec as { readonly template: PodTemplate };
  const { containers = [], initContainers = [] } = template.spec;
  return {
    namespace: metadata.namespace ?? "default",
    labels: template.metadata.labels,
    ports: [...containers, ...initContainers].flatMap(({ ports = [] }) => ports),
  };
}

/** Whether NetworkPolicies allow each connection, as cyclonus computes it. It does not know that a pod's own node always reaches the pod. */
export async function allowed(
  policies: readonly KubeObject[],
  connections: readonly Connection[],
): Promise<readonly boolean[]> {
  const { path } = await resolveProgram("network-policies", { progress: () => undefined });
  const input = JSON.stringify({ policies, connections: connections.map(traffic) });
  const running = promisify(execFile)(path);
  running.child.stdin?.end(input);
  return JSON.parse((await running).stdout) as boolean[];
}

/** In cyclonus's format. */
function traffic({ from, to, port, protocol }: Connection): object {
  const named = "ports" in to ? to.ports.find((each) => isPort(each, port, protocol))?.name : undefined;
  return {
    Source: peer(from, "10.244.0.1"),
    Destination: peer(to, "10.244.0.2"),
    ResolvedPort: port,
    ResolvedPortName: named ?? "",
    Protocol: protocol,
  };
}

function isPort(candidate: ContainerPort, port: number, protocol: string): boolean {
  return candidate.containerPort === port && (candidate.protocol ?? "TCP") === protocol;
}

function peer(end: Pod | Outside, ip: string): object {
  if ("ip" in end) return { IP: end.ip };
  const { namespace: Namespace, labels: PodLabels } = end;
  // Every namespace has this label.
  const NamespaceLabels = { "kubernetes.io/metadata.name": Namespace };
  return { IP: ip, Internal: { Namespace, PodLabels, NamespaceLabels } };
}
