import type * as pulumi from "@pulumi/pulumi";
import type { ClusterReader } from "../kube/client.ts";
import { loadGatewayApi } from "../kube/gateway-api-manifests.ts";
import { loadTraefikDefinitions } from "../kube/traefik-manifests.ts";
import { checkGatewayApi, GatewayApi, gatewayApiObjects } from "../components/gateway-api/gateway-api.ts";
import { checkGateways } from "../components/gateway/check.ts";
import { Gateway, gatewayObjects, type GatewayArgs } from "../components/gateway/gateway.ts";
import { mirrored } from "../components/shared/images.ts";
import {
  checkDefinitions,
  ownDefinitions,
  TraefikDefinitions,
  traefikDefinitionObjects,
} from "../components/traefik/definitions.ts";
import { checkTraefik, type ExternalTraefikArgs } from "../components/traefik/helm.ts";
import { Traefik, traefikObjects, type TraefikArgs } from "../components/traefik/traefik.ts";
import { checkTraefikSettings } from "../components/traefik/check.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { imageVersion } from "../config/pins.ts";
import { classSelectorValues } from "../policy/knowledge/lookups.ts";
import { knowledgeFor, PROJECT } from "../policy/knowledge/owner-rows.ts";
import { checkExtraListeners } from "./extra-listeners.ts";
import type { Part, PlatformArgs } from "./part.ts";

/** The parts for the Gateway API, and for each Gateway with its Traefik. */
export async function networkParts(args: PlatformArgs): Promise<Part[]> {
  const { gateways } = args.config;
  return [
    await gatewayApiPart(args),
    await traefikDefinitionsPart(args),
    ...gateways.map((gateway) => traefikPart(args, gateway)),
    ...gateways.map((gateway) => gatewayPart(args, gateway)),
  ].filter((part) => part !== undefined);
}

async function gatewayApiPart({ config, pins, labels }: PlatformArgs): Promise<Part> {
  const { install, source, descriptions } = config.gatewayApi;
  const { version, channel } = pins.gatewayApi;
  const crds = install ? await loadGatewayApi({ ...pins.gatewayApi, source }) : [];
  const ownTraefik = config.gateways.some(({ traefik }) => traefik.install);
  const traefikVersion = ownTraefik ? imageVersion(pins.images.traefik) : undefined;
  const hasGateways = config.gateways.length > 0;
  const experimental = config.gateways.some(({ traefik }) => traefik.install && traefik.experimentalChannel);
  const args = {
    labels,
    install,
    version,
    channel,
    crds,
    descriptions,
    traefikVersion,
    experimental,
    hasGateways,
  };
  return {
    name: "gateway-api",
    dependsOn: [],
    objects: gatewayApiObjects(args),
    check: (cluster) => checkGatewayApi(args, cluster),
    create: (options) => new GatewayApi("gateway-api", args, options),
  };
}

/** The part for Traefik's CRDs, if any Traefik of the stack reads Middlewares. */
async function traefikDefinitionsPart({ stack, config, pins, cluster, recorded, labels }: PlatformArgs) {
  if (!config.gateways.some(({ traefik }) => traefik.install && traefik.middlewares)) return undefined;
  const version = imageVersion(pins.images.traefik);
  const all = await loadTraefikDefinitions(version, pins.traefikDefinitions.sha256);
  const args = { labels, crds: await ownDefinitions(all, cluster, { stack, recorded }) };
  return {
    name: "traefik-definitions",
    dependsOn: [],
    objects: traefikDefinitionObjects(args),
    check: (live: ClusterReader) =>
      checkDefinitions(
        all.filter((crd) => !args.crds.includes(crd)),
        live,
      ),
    create: (options: pulumi.ComponentResourceOptions) =>
      new TraefikDefinitions("traefik-definitions", args, options),
  };
}

function traefikPart({ config, pins, labels }: PlatformArgs, gateway: GatewayConfig): Part | undefined {
  const { name, namespace, traefik } = gateway;
  if (!traefik.install) return undefined;
  const { mirrors, pullSecrets } = config.images;
  const image = mirrored(pins.images.traefik, mirrors);
  const args = traefikArgs(gateway, {
    labels,
    image,
    pullSecrets,
    networkPolicy: config.networkPolicies.install,
  });
  return {
    name: `traefik-${name}`,
    dependsOn: ["namespaces", "gateway-api", "traefik-definitions"],
    namespaces: [namespace],
    objects: traefikObjects(args),
    check: (cluster) => checkTraefikSettings(args, cluster),
    create: (options) => new Traefik(name, args, options),
  };
}

/** Arguments of a Gateway's Traefik. */
export function traefikArgs(
  gateway: GatewayConfig,
  common: Pick<TraefikArgs, "labels" | "image" | "pullSecrets" | "networkPolicy">,
): TraefikArgs {
  return { ...gateway.traefik, ...identityOf(gateway), ...common };
}

function identityOf({
  name,
  namespace,
  className,
  http,
  https,
}: GatewayConfig): Pick<TraefikArgs, "gateway" | "ports"> {
  return { gateway: { name, namespace, className }, ports: { http: http.port, https: https.port } };
}

/** Name of the part for a Gateway. */
export const gatewayPartName = (gateway: string): string => `gateway-${gateway}`;

function gatewayPart({ config, labels }: PlatformArgs, gateway: GatewayConfig): Part {
  const { name, namespace, traefik } = gateway;
  const args = gatewayArgs(gateway, labels);
  const isFirst = gateway === config.gateways[0];
  return {
    name: gatewayPartName(name),
    dependsOn: ["namespaces", "gateway-api"],
    namespaces: [namespace],
    objects: gatewayObjects(args),
    check: async (cluster) => [
      // One part checks all Gateways, since some errors are conflicts between them.
      ...(isFirst
        ? await checkGateways(
            config.gateways.map((each) => gatewayArgs(each, labels)),
            cluster,
          )
        : []),
      ...checkExtraListeners(gateway),
      ...(traefik.install ? [] : await checkTraefik(externalTraefik(gateway), cluster)),
    ],
    create: (options) => new Gateway(name, args, options),
  };
}

function externalTraefik(gateway: GatewayConfig): ExternalTraefikArgs {
  const knowledge = knowledgeFor(PROJECT);
  return {
    ...identityOf(gateway),
    classSelectorValues: (version) => classSelectorValues(version, knowledge),
  };
}

function gatewayArgs(config: GatewayConfig, labels: GatewayArgs["labels"]): GatewayArgs {
  const { name, namespace, className, annotations, allowedNamespaces, http, https, extraListeners, gatus } =
    config;
  return {
    name,
    namespace,
    className,
    annotations,
    gatewayLabels: config.labels,
    allowedNamespaces,
    http,
    https,
    extraListeners,
    gatus,
    labels,
  };
}
