import type { StackOverlay } from "./project.ts";

/** What a sandbox's stack takes from the sandbox instead of the world. */
export interface OverlayArgs {
  /** Name of the stack, its cluster and its context. */
  readonly stack: string;
  readonly kubeconfig: string;
  /** Directory of the Gateway API's definitions. */
  readonly gatewayApi: string;
  /** The sandbox's GitOps repository: an `oci://` address, and its tag. */
  readonly repository: { readonly url: string; readonly tag: string };
}

/** The committed names, none of them required. */
const SETTINGS = [
  { kind: "ConfigMap", name: "cluster-settings", optional: true },
  { kind: "Secret", name: "cluster-secrets", optional: true },
];

/** What a sandbox cannot prove, and says so. */
const NO_TRAEFIK =
  "The pods of Traefik are simulated in this sandbox: nobody answers for GatewayClasses, Gateways and routes.";
const NO_GATUS = "The pods of Gatus are simulated in this sandbox: nobody probes anything.";

/** Verified in seconds, by what runs for real: the API server, Flux, and the rollouts of simulated pods. */
const VERIFICATION = {
  soak: "3s",
  timeout: "2m",
  interval: "1s",
  skip: { gateways: NO_TRAEFIK, routes: NO_TRAEFIK, gatus: NO_GATUS },
};

/**
 * What must differ from the committed configuration in a sandbox, and nothing else: the cluster, where files come from, and the root, which is managed
 * since no repository of a person holds it.
 */
export function sandboxOverlay({ stack, kubeconfig, gatewayApi, repository }: OverlayArgs): StackOverlay {
  const source = {
    kind: "OCIRepository",
    name: "sandbox",
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
      [["edgefirst:verification"], VERIFICATION],
      [["edgefirst:flux", "source"], source],
      [["edgefirst:flux", "root", "mode"], "manage"],
      // The repository's settings reach flux-apps and no other namespace; the root itself has nothing to substitute.
      [["edgefirst:flux", "root", "substituteFrom"], SETTINGS],
      // The key is for a repository of the sandbox without encrypted files.
      [["edgefirst:flux", "root", "decryptionSecret"], null],
      // A repository of a person brings its settings to flux-system itself.
      [["edgefirst:flux", "root", "settingsPath"], settingsPath],
      [["edgefirst:flux", "apps"], { placement: "namespace", settingsPath }],
    ],
  };
}
