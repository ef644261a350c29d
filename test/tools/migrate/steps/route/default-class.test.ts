import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { reportOf } from "../../../../../tools/migrate/report.ts";
import { runStep } from "../../../../../tools/migrate/run.ts";
import { helmRelease, ingressWith, withRepository, type Files } from "../../planning.ts";

const INGRESS = ingressWith({ ingressClassName: "", more: { ingressClassName: undefined } });
const INGRESS_ROUTE = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name: "web", namespace: "apps" },
  spec: {
    routes: [{ kind: "Rule", match: "Host(`web.example.com`)", services: [{ name: "web", port: 80 }] }],
  },
};
const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "apps" },
  spec: { ports: [{ port: 80 }] },
};
const traefikWith = (values: object, name = "edge"): object => helmRelease(name, "doors", "traefik", values);
const nginxWith = (controller: object): object =>
  helmRelease("front", "doors", "ingress-nginx", { controller });
const DEFAULT_TRAEFIK = traefikWith({ ingressClass: { name: "edge", isDefaultClass: true } });
/** K3s's own Traefik, as a HelmChartConfig in the repository sets it up (https://docs.k3s.io/add-ons/helm). */
const k3sTraefik = (values: object): object => ({
  apiVersion: "helm.cattle.io/v1",
  kind: "HelmChartConfig",
  metadata: { name: "traefik", namespace: "kube-system" },
  spec: { valuesContent: JSON.stringify(values) },
});
const ingressClass = (name: string, isDefault: string): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name, annotations: { "ingressclass.kubernetes.io/is-default-class": isDefault } },
  spec: { controller: "traefik.io/ingress-controller" },
});
const UNKNOWN =
  /^it names no class, and the cluster's default class is not known here: set its class .*is-default-class, or name .* route\.defaultClass in /;

/** The verdict on the file of an Ingress next to other objects, and the messages of what stays. */
function outcomeOf(
  one: object,
  others: readonly object[],
  gateways: readonly string[] = ["edge", "nginx"],
  defaultClass?: string,
): { readonly verdict: string; readonly stays: string; readonly isMoved: boolean } {
  const files: Files = { "web.yaml": one, "others.yaml": [SERVICE, ...others] };
  const gateway = { name: "front", namespace: "doors" };
  const named = defaultClass === undefined ? {} : { defaultClass };
  const options = {
    route: { gateways: Object.fromEntries(gateways.map((name) => [name, gateway])), ...named },
  };
  return withRepository(files, options, (context) => {
    const { verdict, notes, files: changed } = reportOf(runStep(route, context), context.repository);
    const stays = notes.filter(({ kind }) => kind === "refused" || kind === "left");
    return {
      verdict,
      stays: stays.map(({ message }) => message).join("\n"),
      isMoved: changed.some(({ path }) => path === "web.yaml"),
    };
  });
}

describe("migrate route: Ingresses without a class", () => {
  const moved = { verdict: "proven", stays: "", isMoved: true };

  it("are of the class that a release or an IngressClass makes the default", () => {
    assert.deepEqual(outcomeOf(INGRESS, [DEFAULT_TRAEFIK]), moved);
    assert.deepEqual(outcomeOf(INGRESS, [ingressClass("edge", "true")]), moved);
    const nginx = nginxWith({ ingressClassResource: { default: true } });
    assert.deepEqual(outcomeOf(INGRESS, [nginx]), moved);
    const off = traefikWith({ ingressClass: { enabled: false } });
    assert.deepEqual(outcomeOf(INGRESS, [nginx, off]), moved);
  });

  it("are of the class of K3s's own Traefik if a HelmChartConfig makes it the default", () => {
    const gateways = ["traefik", "nginx"];
    const own = k3sTraefik({ ingressClass: { isDefaultClass: true } });
    assert.deepEqual(outcomeOf(INGRESS, [own, nginxWith({})], gateways), moved);
    const off = k3sTraefik({ ingressClass: { isDefaultClass: false } });
    const nginx = nginxWith({ ingressClassResource: { default: true } });
    assert.deepEqual(outcomeOf(INGRESS, [off, nginx], gateways), moved);
  });

  it("keep what the controller of that class enforces", () => {
    const config = { "whitelist-source-range": "192.0.2.0/24" };
    const { stays, isMoved } = outcomeOf(INGRESS, [
      nginxWith({ config, ingressClassResource: { default: true } }),
    ]);
    assert.match(stays, /whitelist-source-range/);
    assert.equal(isMoved, false);
  });

  it("stay, and the report says how to name the class, if no default is known, or several are", () => {
    const second = nginxWith({ ingressClassResource: { default: true } });
    const cases: readonly (readonly object[])[] = [
      [],
      [ingressClass("edge", "false")],
      // Which default Traefik's chart has depends on its version.
      [traefikWith({})],
      [second, traefikWith({})],
      [second, DEFAULT_TRAEFIK],
      [nginxWith({})],
      // K3s's Traefik is a second default, unless its values say otherwise.
      [second, k3sTraefik({ logs: { general: { level: "INFO" } } })],
      [second, k3sTraefik({ ingressClass: { isDefaultClass: true } })],
      [k3sTraefik({})],
    ];
    for (const others of cases) {
      const { verdict, stays } = outcomeOf(INGRESS, others);
      assert.equal(verdict, "refused", JSON.stringify(others));
      assert.match(stays, UNKNOWN);
    }
  });

  it("are of the class in the options if the repository does not show another one", () => {
    const workload = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "traefik", namespace: "doors" },
      spec: { template: { spec: { containers: [{ name: "traefik", image: "traefik:v3.6.15" }] } } },
    };
    for (const one of [INGRESS, INGRESS_ROUTE])
      for (const others of [[], [workload], [k3sTraefik({})]])
        assert.deepEqual(outcomeOf(one, others, ["edge"], "edge"), moved, JSON.stringify(others));
    const nginx = nginxWith({ ingressClassResource: { default: true } });
    assert.match(outcomeOf(INGRESS, [nginx], ["edge"], "edge").stays, /no Gateway is known for class nginx/);
    const unknown = outcomeOf(INGRESS, [], ["edge"], "other");
    assert.deepEqual([unknown.isMoved, unknown.verdict], [false, "nothing to do"]);
    const named = ingressWith({ ingressClassName: "nginx" });
    assert.equal(outcomeOf(named, [], ["edge"], "edge").isMoved, false);
  });

  it("stay without a refusal if no Gateway is configured", () => {
    assert.equal(outcomeOf(INGRESS, [], []).verdict, "nothing to do");
  });

  it("if they are IngressRoutes, belong to the only Traefik that reads them", () => {
    assert.deepEqual(outcomeOf(INGRESS_ROUTE, [traefikWith({ fullnameOverride: "edge" })]), moved);
    const limited = { providers: { kubernetesCRD: { ingressClass: "inside" } } };
    const byFlag = { additionalArguments: ["--providers.kubernetesCRD.ingressClass=inside"] };
    const cases = [
      [traefikWith(limited)],
      [traefikWith(byFlag)],
      [traefikWith({}), traefikWith({}, "second")],
      // The default class is only for Ingresses.
      [nginxWith({ ingressClassResource: { default: true } })],
      [ingressClass("edge", "true")],
    ];
    for (const others of cases)
      assert.match(outcomeOf(INGRESS_ROUTE, others).stays, UNKNOWN, JSON.stringify(others));
  });
});
