import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayClass, gatewayWith, helmRelease, messages, resultOf, written } from "../../planning.ts";

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "apps" } };
const gateway = { name: "front", namespace: "doors" };
const options = {
  acceptLoss: ["setting"],
  route: { gateways: { nginx: gateway, traefik: gateway } },
};

type Ports = Readonly<Record<string, object>>;

/** A release with the Service `main` and an Ingress to it, or to the Service that `backend` names. */
const app = (ports: Ports, className = "nginx", backend: object = {}): object =>
  helmRelease("app", "apps", "app-template", {
    service: { main: { controller: "main", ports } },
    ingress: {
      main: {
        className,
        hosts: [
          { host: "web.example.com", paths: [{ path: "/", service: { identifier: "main", ...backend } }] },
        ],
      },
    },
  });

/** Whether the Ingress in the values becomes a route, or why not. */
function moved(one: object, ...others: readonly object[]): string {
  const result = resultOf(route, { "web.yaml": one, "others.yaml": [NAMESPACE, ...others] }, options);
  if (!written(result, "web.yaml").includes("route:")) return messages(result, "refused").join("\n");
  assert.equal(result.proof.status, "holds");
  return "moved";
}

const web = { port: 8080 };

describe("route: the protocol to a Service in app-template's values", () => {
  it("keeps the Ingress where a route would use another one", () => {
    for (const [ports, backend, reason] of [
      [{ https: { port: 8443 } }, { port: "https" }, /port 8443 of Service main over https, .* over http:/],
      [{ web, "https-web": { port: 8443 } }, { port: 8443 }, /over https, and the Ingress over http: set/],
      [{ web: { port: 443 } }, { port: "web" }, /port 443 of Service main over https/],
      [{ web: { port: 8443, appProtocol: "https" } }, { port: "web" }, /over https, .* over http/],
      [{ web: { ...web, appProtocol: "grpc" } }, { port: "web" }, /does not know the appProtocol grpc/],
    ] as const)
      assert.match(moved(app(ports, "nginx", backend)), reason);
    assert.match(
      moved(app({ https: { ...web, appProtocol: "http" } }, "traefik", { port: "https" })),
      /over http, and the Ingress over https/,
    );
  });

  it("keeps it also where the Ingress names no port, and any may be the primary one", () => {
    const https = { port: 8443 };
    assert.match(moved(app({ https })), /port 8443 of Service main over https/);
    assert.match(moved(app({ https: { ...https, primary: true }, web })), /over https/);
    assert.match(moved(app({ web, https })), /over https/);
    assert.equal(moved(app({ https, web: { ...web, primary: true } })), "moved");
  });

  it("is no reason where both use the same, or where another controller than Traefik runs the Gateway", () => {
    for (const one of [
      app({ web, https: { port: 8443 } }, "nginx", { port: "web" }),
      app({ https: { port: 8443, appProtocol: "http" } }, "nginx", { port: "https" }),
      app({ https: { port: 8443, enabled: false }, web }, "nginx"),
      app({ https: { port: 8443 } }, "traefik", { port: "https" }),
    ])
      assert.equal(moved(one), "moved");
    const envoy = [
      gatewayWith(gateway, "envoy"),
      gatewayClass("envoy", "gateway.envoyproxy.io/gatewayclass-controller"),
    ];
    assert.equal(moved(app({ https: { port: 8443 } }, "nginx", { port: "https" }), ...envoy), "moved");
  });

  it("is known for the Service of another release", () => {
    const other = helmRelease("web", "apps", "app-template", {
      service: { web: { controller: "main", ports: { https: { port: 8443 } } } },
    });
    const one = app({ web }, "nginx", { name: "web", port: 8443 });
    assert.match(moved(one, other), /port 8443 of Service apps\/web over https/);
  });
});
