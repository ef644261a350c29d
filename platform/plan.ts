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
import { checkPolicies } from "./policies.ts";

/** The platform of one stack, decided before anything is changed. */
export interface PlatformPlan {
  /** In the order of creation. */
  readonly parts: readonly Part[];
  /** What stands in the way, and what is worth knowing. */
  readonly findings: readonly Finding[];
}

/**
 * Works out what the stack declares and compares it with the live cluster; changes nothing.
 * @throws {EdgefirstError} where a manifest cannot be had or the cluster cannot be reached
 */
export async function planPlatform(given: Omit<PlatformArgs, "labels">): Promise<PlatformPlan> {
  const args = { ...given, cluster: readOnce(given.cluster), labels: stackLabels(given.stack) };
  const { stack, config, cluster } = args;
  const components = [
    ...(await networkParts(args)),
    ...(await fluxParts(args)),
    ...(await monitoringParts(args)),
  ];
  const parts = [await namespacesPart(args, components), ...components].filter(
    ({ objects, check }) => objects.length > 0 || check !== undefined,
  );
  const objects = parts.flatMap((part) => part.objects);
  const findings = await Promise.all([
    checkOwnership(objects, cluster, { stack, adopt: config.adopt }),
    checkNamespaces(objects, cluster),
    ...parts.map(({ check }) => check?.(cluster) ?? []),
  ]);
  return {
    parts: parts.filter((part) => part.objects.length > 0),
    findings: [...checkDistinct(objects), ...checkPolicies(objects, config.policies), ...findings.flat()],
  };
}

/**
 * Creates the planned components, each after those that it needs.
 * @returns an output that is there once all of them are up
 */
export function createPlatform(
  { parts }: PlatformPlan,
  config: StackConfig,
  provider: pulumi.ProviderResource,
): pulumi.Output<string> {
  const created = new Map<string, pulumi.ComponentResource>();
  for (const { name, after, objects, create } of parts) {
    const dependsOn = after.map((part) => created.get(part)).filter((part) => part !== undefined);
    // The engine hands every resource under a transform back to the program, the definitions with all their schemas among them.
    const adopts = objects.some((object) => config.adopt.includes(describeObject(object)));
    const transforms = adopts ? { transforms: [forceAdopted(config.adopt)] } : {};
    created.set(name, create({ providers: { kubernetes: provider }, dependsOn, ...transforms }));
  }
  // A resource is registered once all that it depends on is up, the children of components among it.
  return new pulumi.ComponentResource("edgefirst:platform:Up", "up", {}, { dependsOn: [...created.values()] })
    .urn;
}

/** Only the namespaces that were absent, and those that are this stack's: another owner's are used as they are. */
async function namespacesPart(
  { stack, cluster, labels }: PlatformArgs,
  parts: readonly Part[],
): Promise<Part> {
  const needed = [...new Set(parts.flatMap(({ namespaces = [] }) => namespaces))];
  const foreign = await foreignNamespaces(needed, cluster, stack);
  const args = { labels, names: needed.filter((name) => !foreign.has(name)) };
  return {
    name: "namespaces",
    after: [],
    objects: namespaceObjects(args),
    create: (options) => new Namespaces("namespaces", args, options),
  };
}

/** Lets adopted objects take their fields over from the former owner's field manager; all others would rather fail. */
function forceAdopted(adopt: readonly string[]): pulumi.ResourceTransform {
  return ({ custom, props, opts }) => {
    const object = props as unknown as KubeObject;
    if (!custom || !adopt.includes(describeObject(object))) return undefined;
    const annotations = { ...object.metadata.annotations, "pulumi.com/patchForce": "true" };
    return { props: { ...props, metadata: { ...object.metadata, annotations } }, opts };
  };
}
