import assert from "node:assert/strict";
import { stringify } from "yaml";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, helmRelease, ingressWith, messages, resultOf } from "../../planning.ts";

const OPTIONS = { route: { gateways: { traefik: { name: "lan", namespace: "doors" } } } };
const dashboard = (settings: object): object => ({
  ingressRoute: {
    dashboard: { enabled: true, matchRule: "Host(`board.example.com`) && PathPrefix(`/`)", ...settings },
  },
});
const release = (values: object): object => helmRelease("traefik", "doors", "traefik", values);
/** As K3s sets up its own Traefik. */
const config = (values: object): object => ({
  apiVersion: "helm.cattle.io/v1",
  kind: "HelmChartConfig",
  metadata: { name: "traefik", namespace: "kube-system" },
  spec: { valuesContent: stringify(values) },
});

/** Why an Ingress for this host stays next to a Traefik; empty if it moves. */
function why(controller: object, host = "board.example.com"): string {
  const result = resultOf(
    route,
    {
      "doors/traefik.yaml": controller,
      "doors/gateway.yaml": gatewayWith({ name: "lan", namespace: "doors" }, "other"),
      "apps/board.yaml": ingressWith({ name: "board", ingressClassName: "traefik", host }),
    },
    OPTIONS,
  );
  const reasons = messages(result, "refused").join("\n");
  assert.equal(result.plan.changes.length, reasons === "" ? 1 : 0);
  return reasons;
}

describe("migrate route: a host that an IngressRoute of Traefik's chart serves as well", () => {
  for (const [title, of] of Object.entries({ HelmRelease: release, HelmChartConfig: config }))
    it(`stays whole, with the chart in a ${title}`, () => {
      assert.match(
        why(of(dashboard({}))),
        /host board\.example\.com stays whole: .* \(ingressRoute\.dashboard in its values\)/,
      );
    });

  it("moves if that is off, or serves another host or all hosts", () => {
    assert.equal(why(release(dashboard({ enabled: false }))), "");
    assert.equal(why(release(dashboard({})), "web.example.com"), "");
    assert.equal(why(release(dashboard({ matchRule: "PathPrefix(`/dashboard`)" }))), "");
    assert.equal(why(release(dashboard({ matchRule: undefined }))), "");
  });
});
