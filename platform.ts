import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader, Finding } from "./cluster/client.ts";
import { loadGatewayApi } from "./cluster/gateway-api-manifests.ts";
import { describeObject, type KubeObject } from "./cluster/objects.ts";
import { checkOwnership, foreignNamespaces } from "./cluster/ownership.ts";
import { stackLabels, type CommonArgs } from "./components/declare.ts";
import { checkGatewayApi, GatewayApi, gatewayApiObjects } from "./components/gateway-api.ts";
import { checkGatus, Gatus, gatusObjects } from "./components/gatus.ts";
import { namespaceObjects, Namespaces } from "./components/namespaces.ts";
import type { StackConfig } from "./config.ts";
import { imageVersion, type Release } from "./release.ts";

/** What the platform of one stack is made from. */
export interface PlatformArgs {
  readonly stack: string;
  readonly config: StackConfig;
  readonly release: Release;
  readonly cluster: ClusterReader;
}

/** One component of the platform: what it declares, what it checks on the live cluster, and how it is created. */
interface Part {
  readonly name: string;
  /** Names of the parts that must be there first; those that the stack does without are passed over. */
  readonly after: readonly string[];
  readonly objects: readonly KubeObject[];
  readonly check?: (cluster: ClusterReader) => Promise<Finding[]>;
  readonly create: (options: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;
}

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
export async function planPlatform(args: PlatformArgs): Promise<PlatformPlan> {
  const { stack, config, cluster } = args;
  const labels = stackLabels(stack);
  const parts = [
    await namespacesPart(args, labels),
    await gatewayApiPart(args, labels),
    gatusPart(args, labels),
  ].filter(({ objects, check }) => objects.length > 0 || check !== undefined);
  const findings = await Promise.all([
    checkOwnership(
      parts.flatMap(({ objects }) => objects),
      cluster,
      { stack, adopt: config.adopt },
    ),
    ...parts.map(({ check }) => check?.(cluster) ?? []),
  ]);
  return { parts, findings: findings.flat() };
}

/** Creates the planned components, each after those that it needs. */
export function createPlatform(
  { parts }: PlatformPlan,
  config: StackConfig,
  provider: pulumi.ProviderResource,
): void {
  const created = new Map<string, pulumi.ComponentResource>();
  for (const { name, after, create } of parts) {
    const dependsOn = after.map((part) => created.get(part)).filter((part) => part !== undefined);
    const options = {
      providers: { kubernetes: provider },
      dependsOn,
      transforms: [forceAdopted(config.adopt)],
    };
    created.set(name, create(options));
  }
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

type Labels = CommonArgs["labels"];

async function namespacesPart({ stack, config, cluster }: PlatformArgs, labels: Labels): Promise<Part> {
  const needed = new Set(config.gateways.map(({ namespace }) => namespace));
  if (config.gatus.install) needed.add(config.gatus.namespace);
  const foreign = await foreignNamespaces([...needed], cluster, stack);
  const args = { labels, names: [...needed].filter((name) => !foreign.has(name)) };
  return {
    name: "namespaces",
    after: [],
    objects: namespaceObjects(args),
    create: (options) => new Namespaces("namespaces", args, options),
  };
}

async function gatewayApiPart({ config, release }: PlatformArgs, labels: Labels): Promise<Part> {
  const { install, source } = config.gatewayApi;
  const { version, channel } = release.gatewayApi;
  const crds = await loadGatewayApi({ ...release.gatewayApi, source });
  const traefikVersion = config.gateways.some(({ traefik }) => traefik.install)
    ? imageVersion(release.images.traefik)
    : undefined;
  const args = { labels, install, version, channel, crds, traefikVersion };
  return {
    name: "gateway-api",
    after: [],
    objects: gatewayApiObjects(args),
    check: (cluster) => checkGatewayApi(args, cluster),
    create: (options) => new GatewayApi("gateway-api", args, options),
  };
}

function gatusPart({ config, release }: PlatformArgs, labels: Labels): Part {
  const { hostname, gateway: gatewayName, pushover, ...rest } = config.gatus;
  const { pushoverToken: token, pushoverUserKey: userKey } = config.secrets;
  const gateway = config.gateways.find(({ name }) => name === (gatewayName ?? name));
  const args = {
    ...rest,
    labels,
    images: release.images,
    page:
      hostname !== undefined && gateway !== undefined
        ? { hostname, gateway: { name: gateway.name, namespace: gateway.namespace } }
        : undefined,
    pushover: pushover && token !== undefined && userKey !== undefined ? { token, userKey } : undefined,
    gateways: config.gateways.map(({ name, namespace, gatus: { endpoint } }) => ({
      name,
      namespace,
      endpoint,
    })),
  };
  return {
    name: "gatus",
    after: ["namespaces", "gateway-api", "gateways"],
    objects: gatusObjects(args),
    check: (cluster) => checkGatus(args, cluster),
    create: (options) => new Gatus("gatus", args, options),
  };
}
