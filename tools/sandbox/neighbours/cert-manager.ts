import type { KubeObject } from "../../../kube/objects.ts";
import type { Neighbour } from "./neighbour.ts";
import { imageTag, renderChart } from "./chart.ts";

const NAME = "cert-manager";

/** The ClusterIssuer, which signs every certificate with the certificate's own key. */
export const ISSUER = "sandbox";

const issuer: KubeObject = {
  apiVersion: "cert-manager.io/v1",
  kind: "ClusterIssuer",
  metadata: { name: ISSUER },
  spec: { selfSigned: {} },
};

/** cert-manager with its gateway shim: it issues certificates for the listeners of annotated Gateways. */
export const certManager: Neighbour = {
  name: NAME,
  namespace: NAME,
  programs: ["cert-manager-controller", "cert-manager-webhook", "cert-manager-cainjector"],
  objects: async (helm) => {
    const image = { tag: await imageTag("cert-manager-controller") };
    return renderChart(helm, {
      module: "cert-manager",
      goModulePath: "github.com/cert-manager/cert-manager",
      directory: "deploy/charts/cert-manager",
      release: { name: NAME, namespace: NAME },
      values: {
        crds: { enabled: true },
        image,
        webhook: { image },
        cainjector: { image },
        acmesolver: { image },
        // The job checks only that the webhook responds, which the ClusterIssuer shows as well.
        startupapicheck: { enabled: false },
        extraArgs: ["--enable-gateway-api"],
      },
    });
  },
  resources: () => Promise.resolve([issuer]),
};
