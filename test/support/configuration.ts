import { gatewayApiDirectory } from "./engine.ts";

/** Configuration of a Gateway with one HTTPS listener. */
export const GATEWAY = {
  name: "external",
  namespace: "network",
  className: "traefik",
  http: { redirectToHttps: false },
  https: { hostnames: [{ hostname: "*.example.com", certificate: { issuer: "letsencrypt" } }] },
};

/** Configuration of the repository that Flux follows. */
export const SOURCE = {
  kind: "GitRepository",
  name: "repo",
  url: "https://example.com/repo",
  ref: { branch: "main" },
};

/** Configuration of Flux with children moved to one namespace. */
export const FLUX = {
  source: SOURCE,
  root: {
    mode: "manage",
    path: "./kubernetes/edge/apps",
    substituteFrom: [{ kind: "ConfigMap", name: "cluster-settings", optional: true }],
  },
  apps: { placement: "namespace" },
};

/** Configuration of a stack with a Gateway, Flux and Gatus. */
export async function fullConfiguration(
  kubeconfig: string,
  context: string,
): Promise<Record<string, unknown>> {
  return {
    cluster: { context, kubeconfig },
    gatewayApi: { source: await gatewayApiDirectory() },
    gateways: [GATEWAY],
    flux: FLUX,
    gatus: { install: true, hostname: "status.example.com" },
  };
}
