import { arch, hostname } from "node:os";
import { meets } from "../../../kube/conditions.ts";
import type { ApiServer } from "../../../kube/api-server.ts";
import { NODE_ADDRESS } from "../network/bridge.ts";

const LEASE_SECONDS = 40;
/** The capacity that the scheduler sees; it is neither measured nor enforced. */
const CAPACITY = { cpu: "64", memory: "256Gi", "ephemeral-storage": "1Ti", pods: "500" };

interface Node {
  readonly status: object;
}

interface Lease {
  readonly metadata: object;
  readonly spec: object;
}

/** Creates the node, or reports that it is ready, and renews its lease. Call it every few seconds, as a kubelet does. */
export async function keepNode(api: ApiServer, name: string): Promise<void> {
  const node = await api.find<Node>(`/api/v1/nodes/${name}`);
  if (node === undefined) {
    await api.call("POST", "/api/v1/nodes", { body: { ...nodeObject(name), status: nodeStatus() } });
  } else if (!meets(node, "Ready")) {
    await api.call("PATCH", `/api/v1/nodes/${name}/status`, {
      body: { status: nodeStatus() },
      contentType: "application/strategic-merge-patch+json",
    });
  }
  await renewLease(api, name);
}

async function renewLease(api: ApiServer, name: string): Promise<void> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const renewal = {
    holderIdentity: name,
    leaseDurationSeconds: LEASE_SECONDS,
    renewTime: new Date().toISOString().replace("Z", "000Z"),
  };
  const lease = await api.find<Lease>(`${path}/${name}`);
  if (lease === undefined) {
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec: renewal };
    await api.call("POST", path, { body });
  } else {
    await api.call("PUT", `${path}/${name}`, { body: { ...lease, spec: { ...lease.spec, ...renewal } } });
  }
}

function nodeObject(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": arch() === "x64" ? "amd64" : arch(),
        "edgefirst.dev/provider": "sandbox",
      },
      annotations: {
        "edgefirst.dev/simulated":
          "this node's capacity and status; each pod has a condition that lists what is simulated in it",
      },
    },
    spec: { providerID: `edgefirst-sandbox://${hostname()}/${name}` },
  };
}

function nodeStatus(): object {
  const now = timestamp();
  const condition = (type: string, status: string, reason: string): object => ({
    type,
    status,
    reason,
    message: "set by the sandbox agent",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    addresses: [{ type: "InternalIP", address: NODE_ADDRESS }],
    nodeInfo: {
      architecture: arch() === "x64" ? "amd64" : arch(),
      operatingSystem: "linux",
      osImage: "edgefirst sandbox",
      kernelVersion: "none",
      kubeletVersion: "none",
      kubeProxyVersion: "none",
      containerRuntimeVersion: "simulated://0",
      machineID: "",
      systemUUID: "",
      bootID: "",
    },
    conditions: [
      condition("Ready", "True", "SandboxAgentReady"),
      condition("MemoryPressure", "False", "NotMeasured"),
      condition("DiskPressure", "False", "NotMeasured"),
      condition("PIDPressure", "False", "NotMeasured"),
    ],
  };
}

/** The current time, to the second, in Kubernetes's format. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
