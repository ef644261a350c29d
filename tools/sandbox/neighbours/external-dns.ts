import type { Neighbour } from "./neighbour.ts";
import { renderChart } from "./chart.ts";

const NAME = "external-dns";

/**
 * external-dns, which follows the hosts of HTTPRoutes and Ingresses. Its pod is simulated: the program imports the clients of some thirty DNS providers, and the
 * Go module proxy does not serve all of them.
 */
export const externalDns: Neighbour = {
  name: NAME,
  namespace: NAME,
  programs: [],
  objects: (helm) =>
    renderChart(helm, {
      module: "external-dns",
      goModulePath: "sigs.k8s.io/external-dns",
      directory: "charts/external-dns",
      release: { name: NAME, namespace: NAME },
      values: {
        provider: { name: "inmemory" },
        sources: ["gateway-httproute", "ingress", "service", "crd"],
        policy: "upsert-only",
        registry: "txt",
        txtOwnerId: "sandbox",
      },
    }),
  resources: () => Promise.resolve([]),
};
