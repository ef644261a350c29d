import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../kube/client.ts";
import { describeObject, type KubeObject } from "../kube/objects.ts";
import { checkDistinct, checkNamespaces, checkOwnership, foreignNamespaces } from "../kube/ownership.ts";
import { readOnce } from "../kube/read-once.ts";
import { stackLabels } from "../components/shared/declare.ts";
import { namespaceObjects, Namespaces } from "../components/shared/namespaces.ts";
import type { StackConfig } from "../config/load.ts";
import { fluxParts } from "./flux.ts";
import { monitoringParts } from "./monitoring.ts";
import { networkParts } from "./network.ts";
import type { Part, PlatformArgs } from "./part.ts";
import { checkPolicies, liveNamespaces } from "./policies.ts";

/** The plan for a stack's platform, made before anything is changed. */
export interface PlatformPlan {
  /** In creation order. */
  readonly parts: readonly Part[];
  /** Errors, warnings and notes. */
  readonly findings: readonly Finding[];
}

/**
 * Plans what the stack declares and checks it against the live cluster. Changes nothing.
 * @throws {EdgefirstError} if a manifest cannot be loaded or the cluster cannot be reached
 */
export async function planPlatform({
  stack,
  config,
  pins,
  cluster: live,
  recorded: readRecorded,
}: Omit<PlatformArgs, "labels">): Promise<PlatformPlan> {
  const cluster = readOnce(live);
  let state: ReturnType<typeof readRecorded> | undefined;
  const recorded = () => (state ??= readRecorded());
  const args: PlatformArgs = { stack, config, pins, cluster, recorded, labels: stackLabels(stack) };
  const components = [
    ...(await networkParts(args)),
    ...(await fluxParts(args)),
    ...(await monitoringParts(args)),
  ];
  const parts = [await namespacesPart(args, components), ...components].filter(
    ({ objects, check }) => objects.length > 0 || check !== undefined,
  );
  const objects = parts.flatMap((part) => part.objects);
  const policies = liveNamespaces(objects, cluster).then((live) =>
    checkPolicies(objects, config.policies, live),
  );
  const findings = await Promise.all([
    policies,
    checkOwnership(objects, cluster, { stack, adopt: config.adopt, recorded }),
    checkNamespaces(objects, cluster),
    ...parts.map(({ check }) => check?.(cluster) ?? []),
  ]);
  return {
    parts: parts.filter((part) => part.objects.length > 0),
    findings: [...checkDistinct(objects), ...findings.flat()],
  };
}

/**
 * Creates the planned components, each after those that it depends on.
 * @returns an output that resolves once all of them are up
 */
export function createPlatform(
  { parts }: PlatformPlan,
  config: StackConfig,
  provider: pulumi.ProviderResource,
): pulumi.Output<string> {
  const created = new Map<string, pulumi.ComponentResource>();
  for (const { name, dependsOn: names, objects, create } of parts) {
    const dependsOn = names.map((part) => created.get(part)).filter((part) => part !== undefined);
    // Set a transform only if needed: with one, the engine sends every resource back to the program, including the large CRDs.
    const adopts = objects.some((object) => config.adopt.includes(describeObject(object)));
    const transforms = adopts ? { transforms: [forceAdopted(config.adopt)] } : {};
    created.set(name, create({ providers: { kubernetes: provider }, dependsOn, ...transforms }));
  }
  // A resource is registered once everything that it depends on is up, including the children of components.
  return new pulumi.ComponentResource("edgefirst:platform:Up", "up", {}, { dependsOn: [...created.values()] })
    .urn;
}

/** Declares only namespaces that do not exist yet or belong to this stack. Those of other owners are used unchanged. */
async function namespacesPart(
  { stack, cluster, labels, recorded }: PlatformArgs,
  parts: readonly Part[],
): Promise<Part> {
  const needed = [...new Set(parts.flatMap(({ namespaces = [] }) => namespaces))];
  const foreign = await foreignNamespaces(needed, cluster, { stack, recorded });
  const args = { labels, names: needed.filter((name) => !foreign.has(name)) };
  return {
    name: "namespaces",
    dependsOn: [],
    objects: namespaceObjects(args),
    create: (options) => new Namespaces("namespaces", args, options),
  };
}

/** Lets adopted objects take over fields from the former owner's field manager; without this, a conflict fails the update. */
function forceAdopted(adopt: readonly string[]): pulumi.ResourceTransform {
  return ({ custom, props, opts }) => {
    const object = props as unknown as KubeObject;
    if (!custom || !adopt.includes(describeObject(object))) return undefined;
    const annotations = { ...object.metadata.annotations, "pulumi.com/patchForce": "true" };
    return { props: { ...props, metadata: { ...object.metadata, annotations } }, opts };
  };
}
