import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { enforce } from "./kube/findings.ts";
import { KubeClient } from "./kube/kube-client.ts";
import { loadConfig } from "./config/load.ts";
import { EdgefirstError } from "./lib/errors.ts";
import { useLinearStructs } from "./lib/linear-structs.ts";
import { NO_OUTPUTS, readOutputs } from "./platform/outputs.ts";
import { comparedSettings } from "./platform/compared-settings.ts";
import { createPlatform, planPlatform } from "./platform/plan.ts";
import { gatusAddress, routeProbes, promoted } from "./platform/staging.ts";
import { loadPins } from "./config/pins.ts";
import { PROVIDER_NAME } from "./staging/declared-provider.ts";
import { releaseHash } from "./staging/release.ts";
import { evidenceLine } from "./staging/verification-summary.ts";
import { readRecordedObjects } from "./staging/stack-outputs.ts";
import { stageUpdate } from "./staging/staged-update.ts";

async function deploy() {
  useLinearStructs();
  const settings = loadConfig();
  const pins = loadPins();
  const { kubeconfig } = settings.cluster;
  const cluster = new KubeClient(settings.cluster);
  // The hash is computed while the API server answers.
  const answered = cluster.version();
  const release = releaseHash(import.meta.dirname);
  await answered;
  const update = await stageUpdate({
    settings,
    release,
    manifests: ownManifests(settings),
    compared: comparedSettings(settings),
    project: import.meta.dirname,
    cluster,
    kubeconfig,
    secrets: settings.secrets,
    gatus: gatusAddress(settings),
    probes: routeProbes(settings),
    authorizations: settings.gatusAuthorizations,
    repository: settings.flux,
  });
  const provider = () =>
    new k8s.Provider(PROVIDER_NAME, {
      ...update.provider,
      enableServerSideApply: true,
      // Otherwise, the provider deletes and recreates a ConfigMap on every change.
      enableConfigMapMutable: true,
    });
  // A preview changes nothing, so its provider may start while the plan is made.
  const early = pulumi.runtime.isDryRun() ? provider() : undefined;
  const config = promoted(settings, update.ref);
  const plan = await planPlatform({
    stack: pulumi.getStack(),
    config,
    pins,
    cluster,
    recorded: () => readRecordedObjects(pulumi.getStack()),
  });
  enforce(plan.findings, pulumi.log);
  const declared = plan.parts.flatMap(({ objects }) => objects);
  await update.begin(declared);

  const up = createPlatform(plan, config, early ?? provider());
  const evidence = update.evidence(up, declared);

  return {
    release,
    versions: { gatewayApi: pins.gatewayApi.version, ...pins.images },
    evidence: evidence.apply((value) => evidenceLine(release, value)),
    __evidence: evidence,
    __provider: update.provider,
    // The evidence must be stored even if the cluster can no longer be reached, and if one output throws, none is stored.
    live: evidence.apply(() => readOutputs(config, cluster).catch(() => NO_OUTPUTS)),
  };
}

/**
 * Checksums of the manifests that the configuration installs in addition to those in release.yaml, keyed by what they install.
 */
function ownManifests({ flux }: ReturnType<typeof loadConfig>): Record<string, string> {
  return flux?.install === undefined ? {} : { flux: flux.install.sha256 };
}

const outputs = await deploy().catch((error: unknown) => {
  // Pulumi shows only the message of a RunError. Any other error is a bug, shown with its stack trace.
  throw error instanceof EdgefirstError ? new pulumi.RunError(error.message) : error;
});

export const { release, versions, evidence, __evidence, __provider } = outputs;
export const { gateways, fluxRevision, endpoints } = outputs.live;
