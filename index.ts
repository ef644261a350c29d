import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { enforce } from "./cluster/findings.ts";
import { KubeClient } from "./cluster/kube-client.ts";
import { loadConfig } from "./config.ts";
import { EdgefirstError } from "./errors.ts";
import { readOutputs } from "./platform/outputs.ts";
import { createPlatform, planPlatform } from "./platform/plan.ts";
import { loadRelease } from "./release.ts";
import { releaseHash } from "./rollout/release.ts";

async function deploy() {
  const config = loadConfig();
  const pins = loadRelease();
  const cluster = new KubeClient(config.cluster);
  await cluster.version();

  const plan = await planPlatform({ stack: pulumi.getStack(), config, release: pins, cluster });
  enforce(plan.findings, pulumi.log);

  // The gate of a stack that comes after others belongs here: before the first resource.

  const provider = new k8s.Provider("cluster", {
    context: config.cluster.context,
    ...(config.cluster.kubeconfig !== undefined && { kubeconfig: config.cluster.kubeconfig }),
    enableServerSideApply: true,
    // Without it every change of a ConfigMap deletes and creates it.
    enableConfigMapMutable: true,
  });
  const up = createPlatform(plan, config, provider);

  // The verification of what was brought up belongs here: after the last resource.

  return {
    release: releaseHash(import.meta.dirname),
    versions: { gatewayApi: pins.gatewayApi.version, ...pins.images },
    live: up.apply(() => readOutputs(config, cluster)),
  };
}

const outputs = await deploy().catch((error: unknown) => {
  // A RunError is shown as its message alone; anything else is a bug, with its stack.
  throw error instanceof EdgefirstError ? new pulumi.RunError(error.message) : error;
});

export const { release, versions } = outputs;
export const { gateways, fluxRevision, endpoints } = outputs.live;
