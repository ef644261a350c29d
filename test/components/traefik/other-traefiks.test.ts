import assert from "node:assert/strict";
import { checkOtherTraefiks } from "../../../components/traefik/other-traefiks.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const GATEWAY = { name: "external", namespace: "network", className: "traefik-external" };
const workload = (container: object, name = "traefik", namespace = "kube-system"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: name === "traefik" ? "Deployment" : "DaemonSet",
  metadata: { name, namespace },
  spec: { template: { spec: { containers: [{ name: "traefik", ...container }] } } },
});
const withArguments = (...args: string[]): KubeObject => workload({ args: ["--ping=true", ...args] });
const found = async (...live: KubeObject[]): Promise<string[]> =>
  (await checkOtherTraefiks(GATEWAY, clusterHolding(...live))).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );

describe("another Traefik on the cluster", () => {
  it("is reported if it claims every GatewayClass", async () => {
    const claims = [
      withArguments("--providers.kubernetesgateway"),
      withArguments("--providers.kubernetesGateway=true"),
      withArguments("--providers.kubernetesgateway.experimentalchannel=true"),
      withArguments("--providers.kubernetesgateway", "--providers.kubernetesgateway.namespaces=apps,network"),
      withArguments(
        "--providers.kubernetesgateway",
        "--providers.kubernetesgateway.labelselector=edgefirst.dev/gateway=external",
      ),
      workload({ env: [{ name: "TRAEFIK_PROVIDERS_KUBERNETESGATEWAY", value: "true" }] }),
    ];
    for (const other of claims)
      assert.match(
        (await found(other)).join("\n"),
        /^warning: Gateway network\/external on test would also be served by Deployment kube-system\/traefik, /,
        JSON.stringify(other.spec),
      );
    const second = workload({ command: ["traefik", "--providers.kubernetesgateway"] }, "inner", "apps");
    assert.match(
      (await found(claims[0]!, second)).join(),
      /Deployment kube-system\/traefik, DaemonSet apps\/inner/,
    );
  });

  it("is no problem without the Gateway provider, as in K3s, or with a selector, or for other namespaces", async () => {
    const k3s = withArguments("--providers.kubernetescrd", "--providers.kubernetesingress");
    const other = "--providers.kubernetesgateway.labelselector=edgefirst.dev/gateway=internal";
    const fine = [
      k3s,
      withArguments("--providers.kubernetesgateway=false"),
      withArguments("--providers.kubernetesgateway", other),
      withArguments("--providers.kubernetesgateway", "--providers.kubernetesgateway.namespaces=apps"),
    ];
    for (const one of fine) assert.deepEqual(await found(one), [], JSON.stringify(one.spec));
  });

  it("is not the Gateway's own", async () => {
    const own = withArguments(
      "--providers.kubernetesgateway",
      "--providers.kubernetesgateway.labelselector=edgefirst.dev/gateway=external",
    );
    const metadata = { name: "traefik-gateway-external", namespace: "network" };
    assert.deepEqual(await found({ ...own, metadata }), []);
  });
});
