import type { Neighbour } from "./neighbour.ts";
import { imageTag, renderChart } from "./chart.ts";

const NAME = "external-dns";

/** The zones whose records external-dns keeps in memory: those of the committed stacks, and the tests' one. */
const ZONES = ["example.com", "haynesedge.com", "haynesops.com"];

/** external-dns, which follows the hosts of HTTPRoutes and Ingresses. Its log has the records that it would create at a DNS provider. */
export const externalDns: Neighbour = {
  name: NAME,
  namespace: NAME,
  programs: [NAME],
  objects: async (helm) =>
    renderChart(helm, {
      module: "external-dns",
      goModulePath: "sigs.k8s.io/external-dns",
      directory: "charts/external-dns",
      release: { name: NAME, namespace: NAME },
      values: {
        image: { tag: await imageTag(NAME) },
        provider: { name: "inmemory" },
        sources: ["gateway-httproute", "ingress", "service", "crd"],
        policy: "sync",
        registry: "txt",
        txtOwnerId: "sandbox",
        interval: "5s",
        extraArgs: ZONES.map((zone) => `--inmemory-zone=${zone}`),
      },
    }),
  resources: () => Promise.resolve([]),
};
