import type { Neighbour } from "./neighbour.ts";
import { imageTag, renderChart } from "./chart.ts";

const [NAME, NAMESPACE] = ["metrics-server", "kube-system"];

/** metrics-server, which serves the aggregated API `metrics.k8s.io`. Its PodMetrics carry the labels of the pods. */
export const metricsServer: Neighbour = {
  name: NAME,
  namespace: NAMESPACE,
  programs: ["metrics-server"],
  objects: async (helm) =>
    renderChart(helm, {
      module: "metrics-server",
      goModulePath: "sigs.k8s.io/metrics-server",
      directory: "charts/metrics-server",
      release: { name: NAME, namespace: NAMESPACE },
      values: {
        image: { tag: await imageTag(NAME) },
        // The agent's certificate is self-signed, as that of a kubelet is by default.
        args: ["--kubelet-insecure-tls", "--metric-resolution=10s", "--kubelet-request-timeout=5s"],
        readinessProbe: { initialDelaySeconds: 1, periodSeconds: 2 },
      },
    }),
  resources: () => Promise.resolve([]),
};
