import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayWith,
  helmRelease,
  ingressWith,
  listener,
  messages,
  resultOf,
  type Files,
} from "../../planning.ts";

const release = (name: string, chart: string, values: object): object =>
  helmRelease(name, "network", chart, values);
const gateway = gatewayWith({ name: "front", namespace: "doors" }, "doors", [
  listener("http", "HTTP", 80),
  listener("https", "HTTPS", 443),
]);
const OPTIONS = {
  route: { gateways: { nginx: { name: "front", namespace: "doors", redirectsToHttps: true } } },
};

/** Why the step refuses an Ingress in a cluster with the object. */
function refusals(object: object): string {
  const files: Files = {
    "apps/objects.yaml": [object, gateway],
    "apps/web.yaml": ingressWith({ ingressClassName: "nginx" }),
  };
  return messages(resultOf(route, files, OPTIONS), "refused").join("\n");
}

describe("migrate route: programs for DNS without a chart of their own", () => {
  const corefile = (...lines: readonly string[]): string =>
    [".:53 {", "  errors", "}", "dns://example.com:1053 {", "  log # k8s_gateway", ...lines, "}", ""].join(
      "\n",
    );
  const configMap = (Corefile: string): object => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "lan-dns", namespace: "network" },
    data: { Corefile },
  });

  for (const [block, expected] of [
    [
      ["  k8s_gateway {", "    resources Ingress Service", "  }"],
      /lan-dns watches only Ingress, Service \(resources\)/,
    ],
    [["  k8s_gateway example.com"], /\(the default of resources since k8s_gateway 1\.5\.2\)/],
    [
      [
        "  k8s_gateway example.org example.com {",
        "    resources Ingress HTTPRoute",
        "    gatewayClasses other",
        "  }",
      ],
      /lan-dns reads only Gateways of class other \(gatewayClasses\)/,
    ],
  ] as const)
    it(`stays with the Ingress if the Corefile of a k8s_gateway leaves out the route: ${block.join()}`, () => {
      assert.match(refusals(configMap(corefile(...block))), expected);
      const inValues = release("lan-dns", "app-template", {
        configMaps: { corefile: { data: { Corefile: corefile(...block) } } },
      });
      assert.match(refusals(inValues), expected);
    });

  for (const block of [
    ["  k8s_gateway {", "    resources Ingress HTTPRoute", "  }"],
    ["  k8s_gateway {", "    resources Service DNSEndpoint", "  }"],
    ["  k8s_gateway example.org {", "    resources Ingress", "  }"],
    ["  k8s_gateway {", "    resources Ingress", "    ingressClasses other", "  }"],
    ["  forward . 192.0.2.1"],
  ])
    it(`moves if the Corefile's k8s_gateway answers for the route, or not for the Ingress: ${block.join()}`, () => {
      assert.equal(refusals(configMap(corefile(...block))), "");
    });

  const image = { repository: "registry.k8s.io/external-dns/external-dns", tag: "v0.19.0" };
  for (const started of [
    (...sources: readonly string[]) => ({ args: sources.map((source) => `--source=${source}`) }),
    (...sources: readonly string[]) => ({ env: { EXTERNAL_DNS_SOURCE: sources.join("\n") } }),
    (...sources: readonly string[]) => ({
      env: [{ name: "EXTERNAL_DNS_SOURCE", value: sources.join("\n") }],
    }),
  ])
    it(`reads ${Object.keys(started("")).join()} of an external-dns in app-template: ${JSON.stringify(started("ingress"))}`, () => {
      const inApp = (...sources: readonly string[]): string =>
        refusals(
          release("names", "app-template", {
            controllers: { dns: { containers: { app: { image, ...started(...sources) } } } },
          }),
        );
      assert.match(
        inApp("ingress"),
        /network\/names does not have the source gateway-httproute and would delete it/,
      );
      assert.equal(inApp("ingress", "gateway-httproute"), "");
      assert.equal(inApp("service"), "");
    });
});
