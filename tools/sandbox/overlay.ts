import type { PodMode } from "./pod-mode.ts";
import type { StackOverlay } from "./project.ts";
import { SERVED } from "./served.ts";

/** What a sandbox's stack takes from the sandbox instead of the world. */
export interface OverlayArgs {
  /** Name of the stack, its cluster and its context. */
  readonly stack: string;
  readonly kubeconfig: string;
  /** Directory of the Gateway API's definitions. */
  readonly gatewayApi: string;
  /** The sandbox's GitOps repository: an `oci://` address, and its tag. */
  readonly repository: { readonly url: string; readonly tag: string };
  readonly pods: PodMode;
  /** Whether a gatus-sidecar runs, which finds the endpoints by the routes. */
  readonly discovers: boolean;
}

/** Name of the source, in Flux's own namespace, that every Kustomization of a sandbox's cluster follows. */
export const SOURCE_NAME = "sandbox";

const CERTIFICATE = ["edgefirst:gateways", 0, "https", "hostnames", 0, "certificate"];

/** The committed names, none of them required. */
const SETTINGS = [
  { kind: "ConfigMap", name: "cluster-settings", optional: true },
  { kind: "Secret", name: "cluster-secrets", optional: true },
];

/** What simulated pods cannot prove, and the verification says so. */
const NO_TRAEFIK =
  "The pods of Traefik are simulated in this sandbox: nobody answers for GatewayClasses, Gateways and routes.";
const NO_GATUS = "The pods of Gatus are simulated in this sandbox: nobody probes anything.";
const SIMULATED = { gateways: NO_TRAEFIK, routes: NO_TRAEFIK, gatus: NO_GATUS };

/** Verified in seconds: nothing of a sandbox takes minutes to show. */
const VERIFICATION = {
  soak: "3s",
  timeout: "2m",
  interval: "1s",
  gatus: { namespace: "observability", service: "gatus", port: "http" },
};
/** Gatus probes every two seconds here: what is wrong for longer is wrong for good. */
const GATE = { patience: "8s" };
/** Where edge has no certificate, the sandbox makes one, as it does for main. */
const EDGE_CERTIFICATE = { secret: "certificate-haynesedge" };

/** How Gatus probes here: nobody but the sandbox has signed the certificates. */
const PROBING = { interval: "2s", client: { insecure: true } };

/** The endpoints that gatus-sidecar would find by the routes, under the names that it would give them: for where it cannot run. */
function endpoints(stack: string): readonly object[] {
  return Object.entries(SERVED[stack] ?? {}).map(([name, host]) => ({
    name,
    url: `https://${host}/`,
    conditions: ["[STATUS] == 200"],
    ...PROBING,
  }));
}

/**
 * What must differ from the committed configuration in a sandbox, and nothing else: the cluster, where files come from, and the root, which is managed
 * since no repository of a person holds it.
 */
export function sandboxOverlay({
  stack,
  kubeconfig,
  gatewayApi,
  repository,
  pods,
  discovers,
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
      [["edgefirst:gatewayApi"], { source: gatewayApi }],
      [["edgefirst:verification"], pods === "real" ? VERIFICATION : { ...VERIFICATION, skip: SIMULATED }],
      [["edgefirst:gate"], GATE],
      // No HelmRelease of a person runs them here.
      [["edgefirst:gateways", 0, "traefik", "install"], true],
      ...(stack === "edge" ? [[CERTIFICATE, EDGE_CERTIFICATE] as const] : []),
      [["edgefirst:gatus", "install"], true],
      ...(discovers
        ? [[["edgefirst:gateways", 0, "gatus", "endpoint"], PROBING] as const]
        : [
            [["edgefirst:gatus", "discover"], { httpRoutes: false }] as const,
            [["edgefirst:gatus", "endpoints"], endpoints(stack)] as const,
          ]),
      [["edgefirst:flux", "source"], source],
      [["edgefirst:flux", "root", "mode"], "manage"],
      // The repository's settings reach flux-apps and no other namespace; the root itself has nothing to substitute.
      [["edgefirst:flux", "root", "substituteFrom"], SETTINGS],
      // A repository of a person brings its settings to flux-system itself.
      [["edgefirst:flux", "root", "settingsPath"], settingsPath],
      [["edgefirst:flux", "apps"], { placement: "namespace", settingsPath }],
    ],
  };
}
