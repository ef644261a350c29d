import {
  Alerting,
  alertingObjects,
  alertingSupported,
  checkAlerting,
  type AlertingArgs,
  type ScrapeTarget,
} from "../components/alerting/alerting.ts";
import { GATUS_NAME, POD_LABELS } from "../components/gatus/deployment.ts";
import { checkGatus, Gatus, gatusObjects, type GatusArgs } from "../components/gatus/gatus.ts";
import type { GatusLogin } from "../components/gatus/login.ts";
import { traefikName, traefikSelector } from "../components/traefik/names.ts";
import { mirrored } from "../components/shared/images.ts";
import type { PushoverKeys } from "../components/shared/pushover.ts";
import type { StackConfig } from "../config/load.ts";
import { gatewayPartName } from "./network.ts";
import { checkGatusPage, gatusPage } from "./page.ts";
import type { Part, PlatformArgs } from "./part.ts";
import { checkProbes, plainHttpPorts } from "./probes.ts";

/** The parts for Gatus, and for alerting through the Prometheus operator. */
export async function monitoringParts(args: PlatformArgs): Promise<Part[]> {
  return [gatusPart(args), await alertingPart(args)];
}

async function alertingPart({ config, cluster, labels }: PlatformArgs): Promise<Part> {
  const { install, namespace, ruleLabels } = config.alerting;
  const configured: AlertingArgs = {
    labels,
    install,
    namespace,
    ruleLabels,
    pushover: pushoverKeys(config.alerting.pushover, config.secrets),
    scrape: scrapeTargets(config),
  };
  const args = { ...configured, install: install && (await alertingSupported(cluster)) };
  return {
    name: "alerting",
    dependsOn: ["namespaces"],
    namespaces: args.install ? [namespace] : [],
    objects: alertingObjects(args),
    check: (live) => checkAlerting(configured, live),
    create: (options) => new Alerting("alerting", args, options),
  };
}

/** The metrics endpoints of the components that this stack runs. */
function scrapeTargets({ gateways, gatus }: StackConfig): ScrapeTarget[] {
  const traefiks = gateways
    .filter(({ traefik }) => traefik.install)
    .map((gateway) => ({
      name: traefikName(gateway),
      namespace: gateway.namespace,
      matchLabels: traefikSelector(gateway),
      port: "metrics",
    }));
  return gatus.install
    ? [...traefiks, { name: GATUS_NAME, namespace: gatus.namespace, matchLabels: POD_LABELS, port: "http" }]
    : traefiks;
}

function pushoverKeys(
  setting: StackConfig["gatus"]["pushover"],
  { pushoverToken: token, pushoverUserKey: userKey }: StackConfig["secrets"],
): PushoverKeys | undefined {
  if (typeof setting === "object") return setting;
  return setting && token !== undefined && userKey !== undefined ? { token, userKey } : undefined;
}

/** The configuration is refused without the secret that a login needs, and OpenID Connect without a page. */
function gatusLogin(
  login: NonNullable<StackConfig["gatus"]["login"]>,
  config: StackConfig,
): GatusLogin | undefined {
  const { gatusPasswordHash: passwordHash, gatusClientSecret: clientSecret } = config.secrets;
  if ("basic" in login) {
    const { secret, key = "passwordHash", ...basic } = login.basic;
    if (secret !== undefined) return { basic, secret, key };
    return passwordHash && { basic, passwordHash };
  }
  const { secret, key = "clientSecret", ...oidc } = login.oidc;
  const page = gatusPage(config)?.url;
  if (page === undefined) return undefined;
  if (secret !== undefined) return { oidc, secret, key, page };
  return clientSecret && { oidc, clientSecret, page };
}

function gatusPart({ config, pins, labels }: PlatformArgs): Part {
  const { pushover, login, ...gatus } = config.gatus;
  const { mirrors, pullSecrets } = config.images;
  const args: GatusArgs = {
    ...gatus,
    labels,
    images: {
      gatus: mirrored(pins.images.gatus, mirrors),
      gatusSidecar: mirrored(pins.images.gatusSidecar, mirrors),
      k8sSidecar: mirrored(pins.images.k8sSidecar, mirrors),
    },
    pullSecrets,
    page: gatusPage(config),
    login: login && gatusLogin(login, config),
    networkPolicy: config.networkPolicies.install,
    pushover: pushoverKeys(pushover, config.secrets),
    gateways: config.gateways.map(({ name, namespace, gatus: { endpoint } }) => ({
      name,
      namespace,
      endpoint,
    })),
    plainHttp: plainHttpPorts(config),
  };
  return {
    name: "gatus",
    // gatus-sidecar reads the defaults of Gateways when it starts, and notices later changes only within ten minutes.
    dependsOn: ["namespaces", "gateway-api", ...config.gateways.map(({ name }) => gatewayPartName(name))],
    namespaces: config.gatus.install ? [config.gatus.namespace] : [],
    objects: gatusObjects(args),
    check: async (cluster) => [
      ...checkGatusPage(config),
      ...checkProbes(config),
      ...(await checkGatus(args, cluster)),
    ],
    create: (options) => new Gatus("gatus", args, options),
  };
}
