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
import { traefikName, traefikSelector } from "../components/traefik/traefik.ts";
import type { StackConfig } from "../config/load.ts";
import { checkGatusPage, gatusPage } from "./page.ts";
import type { Part, PlatformArgs } from "./part.ts";

/** Gatus, and the alerts of the Prometheus operator. */
export async function monitoringParts(args: PlatformArgs): Promise<Part[]> {
  return [gatusPart(args), await alertingPart(args)];
}

async function alertingPart({ config, cluster, labels }: PlatformArgs): Promise<Part> {
  const { install, namespace, ruleLabels } = config.alerting;
  const wanted: AlertingArgs = {
    labels,
    install,
    namespace,
    ruleLabels,
    pushover: config.alerting.pushover ? pushoverSecrets(config.secrets) : undefined,
    scrape: scrapeTargets(config),
  };
  const args = { ...wanted, install: install && (await alertingSupported(cluster)) };
  return {
    name: "alerting",
    after: ["namespaces"],
    namespaces: args.install ? [namespace] : [],
    objects: alertingObjects(args),
    check: (live) => checkAlerting(wanted, live),
    create: (options) => new Alerting("alerting", args, options),
  };
}

/** What this stack runs and Prometheus can read. */
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

function pushoverSecrets({
  pushoverToken: token,
  pushoverUserKey: userKey,
}: StackConfig["secrets"]): AlertingArgs["pushover"] {
  return token !== undefined && userKey !== undefined ? { token, userKey } : undefined;
}

function gatusPart({ config, pins, labels }: PlatformArgs): Part {
  const { pushover, ...gatus } = config.gatus;
  const args: GatusArgs = {
    ...gatus,
    labels,
    images: pins.images,
    page: gatusPage(config),
    pushover: pushover ? pushoverSecrets(config.secrets) : undefined,
    gateways: config.gateways.map(({ name, namespace, gatus: { endpoint } }) => ({
      name,
      namespace,
      endpoint,
    })),
  };
  return {
    name: "gatus",
    after: ["namespaces", "gateway-api"],
    namespaces: config.gatus.install ? [config.gatus.namespace] : [],
    objects: gatusObjects(args),
    check: async (cluster) => [...checkGatusPage(config), ...(await checkGatus(args, cluster))],
    create: (options) => new Gatus("gatus", args, options),
  };
}
