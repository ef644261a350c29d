import * as pulumi from "@pulumi/pulumi";
import type { GatusAddress, RouteProbes } from "../config/gatus-address.ts";
import type { GatusAuthorizations } from "../config/gatus-credentials.ts";
import { KubeClient } from "../kube/kube-client.ts";
import type { ClusterAddress } from "../kube/kubeconfig.ts";
import { parseDuration } from "../lib/duration.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { Clock } from "./clock.ts";
import type { ComparedSettings } from "./differences.ts";
import { directivesProject } from "./directives.ts";
import type { GateArgs, GateResult } from "./gate.ts";
import type { Repository } from "./gitops-revision.ts";
import { ignoredOn } from "./ignored.ts";
import type { NotifySecrets } from "./notifier.ts";
import { defaultWindow } from "./own-check-settings.ts";
import { currentRelease, type OwnStack } from "./own-stack.ts";
import type { PromotedSource } from "./promotion.ts";
import { readRecordedObjects, readStackOutputs } from "./stack-outputs.ts";
import type { StagingSettings } from "./staging-settings.ts";
import type { VerificationArgs } from "./verify.ts";

/** Arguments that the program passes to an update. */
export interface StagedUpdateArgs {
  readonly settings: StagingSettings;
  readonly release: string;
  /** SHA-256 of each manifest that only this stack's configuration names, keyed by what the manifest installs. */
  readonly manifests: Readonly<Record<string, string>>;
  /** Settings that affect what the verification means. */
  readonly compared: ComparedSettings;
  /** Directory of the project. */
  readonly project: string;
  readonly cluster: KubeClient;
  /** The secrets for notifications. */
  readonly secrets: NotifySecrets;
  /** This stack's kubeconfig, which may also contain the contexts of upstream stacks. */
  readonly kubeconfig?: string | undefined;
  readonly gatus: GatusAddress | null;
  /** undefined: what Gatus probes is not compared with the annotations. */
  readonly probes?: RouteProbes | undefined;
  /** Credentials for this stack's Gatus and for those of upstream stacks, by URL. */
  readonly authorizations: GatusAuthorizations;
  readonly repository?: (Repository & { readonly source: PromotedSource }) | undefined;
}

/** The arguments for verifying an update. */
export function verificationArgs(
  args: StagedUpdateArgs,
  own: OwnStack,
  gate: GateResult,
  clock: Clock,
): VerificationArgs {
  const { release, manifests, project, cluster, gatus, probes, repository } = args;
  const { soak, timeout, interval, patience, skip, removed, ignore } = args.settings.verification;
  const stack = pulumi.getStack();
  return {
    stack,
    release,
    manifests,
    project: pulumi.getProject(),
    directory: project,
    cluster,
    uid: own.uid,
    gatus,
    probes,
    after: args.settings.after,
    further: gate.further,
    repository,
    earlier: own.evidence,
    recorded: () => readRecordedObjects(stack),
    authorizations: args.authorizations,
    settings: args.compared,
    differences: gate.differences,
    override: gate.override,
    skip,
    removed,
    ownChecks: { ...args.settings.checks, window: defaultWindow(soak) },
    ignored: ignoredOn(ignore, clock.now()),
    timing: {
      soakMs: parseDuration(soak),
      timeoutMs: parseDuration(timeout),
      intervalMs: parseDuration(interval),
      outageMs: parseDuration(patience),
    },
    clock,
    progress: (line, lasting) => {
      void pulumi.log.info(`verification: ${line}`, undefined, undefined, !lasting);
    },
  };
}

/** The arguments for checking the gate of an update. */
export function gateArgs(args: StagedUpdateArgs, own: OwnStack, clock: Clock): GateArgs {
  const { settings, release, manifests, kubeconfig } = args;
  const { maxAge, live, unreachable, patience, clusters, minAge, minSoak, requiredChecks, overrides } =
    settings.gate;
  const { accept } = settings.gate;
  return {
    project: pulumi.getProject(),
    stack: pulumi.getStack(),
    release,
    manifests,
    current: currentRelease(own, { release, manifests }),
    own: own.evidence,
    after: settings.after,
    maxAgeMs: parseDuration(maxAge),
    minAgeMs: parseDuration(minAge),
    minSoakMs: parseDuration(minSoak),
    requiredChecks,
    overrides,
    authorizations: args.authorizations,
    settings: args.compared,
    accept,
    live,
    unreachable,
    patienceMs: pulumi.runtime.isDryRun() ? 0 : parseDuration(patience),
    override: settings.override,
    windows: settings.gate.windows,
    readOutputs: (name) => readStackOutputs(name),
    readDirectives: (name) => readStackOutputs(name, directivesProject(pulumi.getProject())),
    connect: (upstream, evidence) =>
      connectTo({ kubeconfig, context: evidence.cluster.context }, clusters[upstream]),
    clock,
    progress: (line) => void pulumi.log.info(`gate: ${line}`),
  };
}

/** If a context is configured, an error in it is reported. Otherwise, the context that the evidence names is used, if it exists on this machine. */
function connectTo(
  named: ClusterAddress,
  configured: Partial<ClusterAddress> | undefined,
): KubeClient | undefined {
  if (configured !== undefined) return new KubeClient({ ...named, ...configured });
  try {
    return new KubeClient(named);
  } catch (error) {
    if (error instanceof EdgefirstError) return undefined;
    throw error;
  }
}
