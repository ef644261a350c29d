import { ISSUER } from "./neighbours/cert-manager.ts";
import { RULE_LABELS } from "./neighbours/prometheus.ts";
import type { PodMode } from "./pod-mode.ts";
import type { StackOverlay } from "./project.ts";
import { SERVED } from "./served.ts";

/** The values that a stack's configuration depends on in its sandbox. */
export interface OverlayArgs {
  /** Name of the stack, its cluster and its context. */
  readonly stack: string;
  readonly kubeconfig: string;
  /** Directory of the Gateway API CRDs; if undefined, the ones in release.yaml are downloaded. */
  readonly gatewayApi: string | undefined;
  /** The sandbox's GitOps repository: an `oci://` address, and its tag. */
  readonly repository: { readonly url: string; readonly tag: string };
  readonly pods: PodMode;
  /** Whether gatus-sidecar runs and discovers endpoints from the routes. */
  readonly discovers: boolean;
  /** Whether the neighbours run in the cluster, such as cert-manager and Prometheus. */
  readonly neighbours: boolean;
}

/** The name of the source, in Flux's namespace, that every Kustomization in a sandbox cluster uses. */
export const SOURCE_NAME = "sandbox";

const certificatePath = (hostname: number) =>
  ["edgefirst:gateways", 0, "https", "hostnames", hostname, "certificate"] as const;

/** The ConfigMap and the Secret that the committed configuration names, both optional. */
const SETTINGS = [
  { kind: "ConfigMap", name: "cluster-settings", optional: true },
  { kind: "Secret", name: "cluster-secrets", optional: true },
];

/** Why verification skips checks when pods are simulated. */
const NO_TRAEFIK =
  "Traefik's pods are simulated in this sandbox, so GatewayClasses, Gateways and routes get no status.";
const NO_GATUS = "Gatus's pods are simulated in this sandbox, so no endpoints are probed.";
const SIMULATED = { gateways: NO_TRAEFIK, routes: NO_TRAEFIK, gatus: NO_GATUS };

/** The times are short, because everything in a sandbox settles within seconds. */
const VERIFICATION = {
  soak: "3s",
  // With gatus-sidecar, Gatus knows a new route only after up to 30 seconds.
  timeout: "4m",
  interval: "1s",
  gatus: { namespace: "observability", service: "gatus", port: "http" },
};
/** Gatus probes every two seconds here, so an error that lasts longer than `patience` is not a blip. */
const GATE = { patience: "8s" };
/** How many hostnames each committed stack has. */
const HOSTNAMES: Readonly<Record<string, number>> = { edge: 1, main: 2 };

/** The rules and monitors are selected by the neighbours' Prometheus. Alerts go nowhere, because a sandbox has no account at Pushover. */
const ALERTING = { install: true, ruleLabels: RULE_LABELS, pushover: false };
/** The stacks whose committed hostnames have no certificate, so that their Gateways serve only plain HTTP. */
const PLAIN_HTTP = new Set(["edge"]);

/** Gatus probes often here and accepts any certificate, because the sandbox's certificates are self-signed. */
const PROBING = { interval: "2s", client: { insecure: true } };

/** With cert-manager, every hostname gets a certificate from it. */
function certificates(stack: string, neighbours: boolean): StackOverlay["values"] {
  if (!neighbours) return [];
  return Array.from({ length: HOSTNAMES[stack] ?? 0 }, (_, index) => [
    certificatePath(index),
    { issuer: ISSUER },
  ]);
}

/** The endpoints that gatus-sidecar and the endpoint filter would write, under the same names, for machines without them. */
function endpoints(stack: string, neighbours: boolean): readonly object[] {
  const scheme = PLAIN_HTTP.has(stack) && !neighbours ? "http" : "https";
  return Object.entries(SERVED[stack] ?? {}).map(([name, host]) => ({
    name,
    url: `${scheme}://${host}/`,
    conditions: ["[STATUS] == 200"],
    ...PROBING,
  }));
}

/**
 * The values that must differ from the committed configuration in a sandbox: the cluster, the source of the files, and the root, which the
 * stack manages because it is not in a repository.
 */
export function sandboxOverlay({
  stack,
  kubeconfig,
  gatewayApi,
  repository,
  pods,
  discovers,
  neighbours,
}: OverlayArgs): StackOverlay {
  const source = {
    kind: "OCIRepository",
    name: SOURCE_NAME,
    url: repository.url,
    ref: { tag: repository.tag },
    interval: "1m",
    insecure: true,
  };
  const settingsPath = `./kubernetes/${stack}/flux/vars`;
  return {
    stack,
    values: [
      [["edgefirst:cluster"], { context: stack, kubeconfig }],
      ...(gatewayApi === undefined ? [] : [[["edgefirst:gatewayApi"], { source: gatewayApi }] as const]),
      [["edgefirst:verification"], pods === "real" ? VERIFICATION : { ...VERIFICATION, skip: SIMULATED }],
      [["edgefirst:gate"], GATE],
      // In a sandbox, no HelmRelease installs Traefik.
      [["edgefirst:gateways", 0, "traefik", "install"], true],
      ...certificates(stack, neighbours),
      ...(neighbours ? [[["edgefirst:alerting"], ALERTING] as const] : []),
      [["edgefirst:gatus", "install"], true],
      ...(discovers
        ? [[["edgefirst:gateways", 0, "gatus", "endpoint"], PROBING] as const]
        : [
            [["edgefirst:gatus", "discover"], { httpRoutes: false }] as const,
            [["edgefirst:gatus", "endpoints"], endpoints(stack, neighbours)] as const,
          ]),
      [["edgefirst:flux", "source"], source],
      [["edgefirst:flux", "root", "mode"], "manage"],
      // The repository's settings apply only to flux-apps; the root itself has nothing to substitute.
      [["edgefirst:flux", "root", "substituteFrom"], SETTINGS],
      // Needed only in a sandbox: a real repository itself applies these settings to flux-system.
      [["edgefirst:flux", "root", "settingsPath"], settingsPath],
      [["edgefirst:flux", "apps"], { placement: "namespace", settingsPath }],
    ],
  };
}
