import { checkGatus, Gatus, gatusObjects, type GatusArgs } from "../components/gatus.ts";
import type { Part, PlatformArgs } from "./part.ts";

/** Gatus, and the alerts of the Prometheus operator. */
export function monitoringParts(args: PlatformArgs): Part[] {
  return [gatusPart(args)];
}

function gatusPart({ config, release, labels }: PlatformArgs): Part {
  const { hostname, gateway: gatewayName, pushover, ...rest } = config.gatus;
  const { pushoverToken: token, pushoverUserKey: userKey } = config.secrets;
  const gateway = config.gateways.find(({ name }) => name === (gatewayName ?? name));
  const args: GatusArgs = {
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
    after: ["namespaces", "gateway-api", ...config.gateways.map(({ name }) => `gateway-${name}`)],
    namespaces: config.gatus.install ? [config.gatus.namespace] : [],
    objects: gatusObjects(args),
    check: (cluster) => checkGatus(args, cluster),
    create: (options) => new Gatus("gatus", args, options),
  };
}
