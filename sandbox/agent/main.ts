import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { Api } from "../api.ts";
import { readKubeconfig } from "../kubeconfig.ts";
import { serveLoadBalancers } from "./load-balancers.ts";
import { keepNode } from "./node.ts";
import { type AgentContext, servePods } from "./pods.ts";
import { serveVolumes } from "./volumes.ts";

// The node agent of one sandbox cluster: a process of its own, started and ended like the programs of the control plane.

const RENEW_MS = 10_000;
const RETRY_MS = 1_000;

const text = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: { kubeconfig: text, node: text, "load-balancer-pool": text, volumes: text },
});

const log = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};
const context: AgentContext = { api: new Api(readKubeconfig(values.kubeconfig)), log };

servePods(context, values.node);
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
