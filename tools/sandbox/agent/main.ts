import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { apiAs, readKubeconfig } from "../kubeconfig.ts";
import { APISERVER_ADDRESS, SERVICE_CIDR } from "../network/cluster-addresses.ts";
import { openNetwork, serveNetwork } from "../network/inside.ts";
import { findPython } from "../python.ts";
import { useGatusSidecar, usePython } from "../runtime/images.ts";
import { serveCertificates } from "./certificates.ts";
import { serveLoadBalancers } from "./load-balancers.ts";
import { keepNode } from "./node.ts";
import { type AgentContext, servePods } from "./pods.ts";
import { realPods } from "./real-pods.ts";
import { serveResourceMetrics } from "./resource-metrics.ts";
import { serveVolumes } from "./volumes.ts";

// The node agent of one sandbox cluster, started and stopped like the control plane's programs.
// With real pods, the agent is the first process in the cluster's private network, and its working directory is the cluster's folder.

const RENEW_MS = 10_000;
const RETRY_MS = 1_000;
const LAST_MS = 3_000;

const option = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: {
    kubeconfig: option,
    node: option,
    "load-balancer-pool": option,
    volumes: option,
    pods: option,
    certificates: option,
    "gatus-sidecar": option,
  },
});

const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
const access = readKubeconfig(values.kubeconfig);
const context: AgentContext = { api: apiAs(access), log };
const real = values.pods === "real";

if (real) {
  if (values["gatus-sidecar"] !== "") useGatusSidecar(values["gatus-sidecar"]);
  const python = findPython();
  if (python !== undefined) usePython(python);
  const network = {
    serviceCidr: SERVICE_CIDR,
    apiserverAddress: APISERVER_ADDRESS,
    apiserverPort: Number(new URL(access.server).port),
  };
  await openNetwork(network);
  const objects = await serveNetwork(context.api, log, network);
  const runtime = realPods(context, values.node, objects.services);
  servePods(context, values.node, runtime);
  await serveResourceMetrics(() => runtime.processes);
  if (values.certificates === "self-signed") serveCertificates(context);
  // `network/main.ts` holds the other end of standard input. When it closes that end, everything in the network must stop.
  process.stdin.resume().once("end", () => {
    const ended = Promise.all(runtime.uids.map((uid) => runtime.interrupt(uid)));
    void Promise.race([ended, delay(LAST_MS)]).then(endNetwork);
  });
} else {
  servePods(context, values.node);
}
serveLoadBalancers(context, values["load-balancer-pool"]);
serveVolumes(context, values.volumes);
for (;;) {
  try {
    await keepNode(context.api, values.node);
    await delay(RENEW_MS);
  } catch (error) {
    log(`node: ${String(error)}`);
    await delay(RETRY_MS);
  }
}

/** Exits. The agent is the network's first process, so the kernel then kills all others in the network. */
function endNetwork(): void {
  // eslint-disable-next-line no-restricted-properties -- open servers, probes and pods would keep this program running
  process.exit(0);
}
