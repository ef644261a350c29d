import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import {
  gatewayWith,
  helmRelease as chart,
  ingressWith,
  listener,
  resultOf,
  type Files,
} from "../../planning.ts";

const gateway = (className: string): object =>
  gatewayWith({ name: "wan", namespace: "edge-doors" }, className, [listener("web", "HTTP", 80)]);
const ingress = (ingressClassName: string): object =>
  ingressWith({ name: "poll", namespace: "club", host: "poll.example.org", ingressClassName });
const NGINX = chart("wan-proxy", "ingress", "ingress-nginx", {
  controller: { ingressClassResource: { name: "wan" } },
});
const FULL = "http://wan-proxy-ingress-nginx-controller.ingress.svc.cluster.local:80";
const files = (more: Files, className = "wan", controller: object = NGINX): Files => ({
  "club/poll.yaml": ingress(className),
  "doors/doors.yaml": [controller, gateway("any")],
  ...more,
});
/** The files and lines that the plan names as senders. */
const senders = (all: Files, keepIngress = false): readonly string[] => {
  const option = { name: "wan", namespace: "edge-doors" };
  const options = { route: { gateways: { wan: option, traefik: option }, keepIngress } };
  const { plan } = resultOf(route, all, options);
  assert.equal(plan.changes.length, 1, plan.notes.map(({ message }) => message).join("\n"));
  return plan.notes
    .filter(({ kind, message }) => kind === "cutover" && message.startsWith("sends requests to Service"))
    .map(({ position, message }) => `${position?.file}:${position?.line} ${message.split(/[ ,;:]/)[4]}`);
};
const configMap = (namespace: string, data: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "tunnel", namespace },
  data,
});
const SERVICE = "ingress/wan-proxy-ingress-nginx-controller";

describe("migrate route: what sends requests to the controller's Service", () => {
  it("is on the cutover list, one line per file and line", () => {
    const tunnel = `# ${FULL}\ningress:\n  - hostname: "*.example.org"\n    service: ${FULL}\n  - service: ${FULL.replace(":80", ".:80")}\n`;
    assert.deepEqual(senders(files({ "tunnel/config.yaml": tunnel })), [
      `tunnel/config.yaml:4 ${SERVICE}`,
      `tunnel/config.yaml:5 ${SERVICE}`,
    ]);
  });

  it("is found in the arguments of a proxy, in Terraform, behind an ExternalName and in a backendRef", () => {
    const found = senders(
      files({
        "login/proxy.yaml": [
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "out", namespace: "club" },
            spec: { type: "ExternalName", externalName: FULL.slice(7, -3) },
          },
          {
            apiVersion: "gateway.networking.k8s.io/v1alpha2",
            kind: "TCPRoute",
            metadata: { name: "all", namespace: "club" },
            spec: {
              rules: [{ backendRefs: [{ name: SERVICE.slice(8), namespace: "ingress", port: 443 }] }],
            },
          },
        ],
        "login/app.yaml": chart("login", "club", "app-template", {
          controllers: { login: { containers: { app: { args: [`--upstream=${FULL}`] } } } },
        }),
        "terraform/tunnel.tf": `service = "${FULL}"\n`,
      }),
    );
    assert.equal(found.length, 4, found.join("\n"));
  });

  it("is found by the short name in the namespace of the Service only", () => {
    const config = (namespace: string): Files => ({
      "tunnel/config.yaml": configMap(namespace, { url: `https://${SERVICE.slice(8)}:443` }),
    });
    assert.equal(senders(files(config("ingress"))).length, 1);
    assert.deepEqual(senders(files(config("club"))), []);
  });

  it("is found for a fullnameOverride, a workload and K3s's Traefik", () => {
    const named = chart("wan-proxy", "ingress", "ingress-nginx", {
      fullnameOverride: "front",
      controller: { ingressClassResource: { name: "wan" } },
    });
    const to = (url: string): Files => ({ "tunnel/config.yaml": configMap("tunnel", { url }) });
    assert.equal(senders(files(to("http://front-controller.ingress:80"), "wan", named)).length, 1);
    assert.deepEqual(senders(files(to(FULL), "wan", named)), []);
    const k3s = {
      apiVersion: "helm.cattle.io/v1",
      kind: "HelmChartConfig",
      metadata: { name: "traefik", namespace: "kube-system" },
      spec: { valuesContent: "logs: {}" },
    };
    assert.equal(senders(files(to("http://traefik.kube-system.svc"), "traefik", k3s)).length, 1);
  });

  it("is nothing in comments, in files for people, and where only a part of the name is the same", () => {
    const host = FULL.slice(7, -3);
    const more: Files = {
      "README.md": `curl ${FULL}\n`,
      "doors/redirect.yaml": configMap("ingress", {
        regex: String.raw`^https://${SERVICE.slice(8)}\..+/$`,
      }),
      "tunnel/config.yaml": `# ${FULL}\nurls:\n  - http://my-${host}\n  - http://${host.replace(".svc", "-two.svc")}\n  - http://${host.replace(".svc.cluster.local", ".example.org")}\n`,
    };
    assert.deepEqual(senders(files(more)), []);
  });

  it("is nothing at the ports of Traefik's own dashboard, of its chart and of a workload", () => {
    const to = (url: string): Files => ({ "tunnel/config.yaml": configMap("tunnel", { url }) });
    const route = (name: string, port: number | string): Files => ({
      "doors/board.yaml": {
        apiVersion: "traefik.io/v1alpha1",
        kind: "IngressRoute",
        metadata: {
          name: "board",
          namespace: "ingress",
          annotations: { "kubernetes.io/ingress.class": "own" },
        },
        spec: { routes: [{ match: "Host(`board.example.org`)", services: [{ name, port }] }] },
      },
    });
    const release = (values: object): object => chart("traefik", "ingress", "traefik", values);
    const { length } = senders(files(route("traefik", "web"), "traefik", release({})));
    assert.equal(length, 1);
    for (const port of ["traefik", 8080, 9000])
      assert.deepEqual(senders(files(route("traefik", port), "traefik", release({}))), []);
    assert.deepEqual(senders(files(to("http://traefik.ingress.svc:9000"), "traefik", release({}))), []);
    const inIngress = (port: object): Files => ({
      "doors/board.yaml": {
        ...ingressWith({
          name: "traefik",
          namespace: "ingress",
          host: "board.example.org",
          ingressClassName: "own",
        }),
        spec: {
          ingressClassName: "own",
          rules: [
            {
              host: "board.example.org",
              http: {
                paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "traefik", port } } }],
              },
            },
          ],
        },
      },
    });
    for (const port of [{ number: 8080 }, { name: "traefik" }])
      assert.deepEqual(senders(files(inIngress(port), "traefik", release({}))), []);
    assert.equal(senders(files(inIngress({ number: 80 }), "traefik", release({}))).length, 1);
    for (const ports of [{ traefik: { exposedPort: 7000 } }, { lan: { port: 9000 } }])
      assert.equal(senders(files(route("traefik", 9000), "traefik", release({ ports }))).length, 1);

    const labels = { app: "traefik" };
    const args = ["--api.insecure", "--entryPoints.web.address=:80", "--entryPoints.wan.address=:8443/tcp"];
    const workload = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "traefik", namespace: "ingress" },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: "traefik",
                image: "traefik:v3.6.15",
                args,
                ports: [{ name: "board", containerPort: 8080 }],
              },
            ],
          },
        },
      },
    };
    const service = (name: string, ports: readonly object[]): object => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "ingress" },
      spec: { selector: labels, ports },
    });
    const board = service("board", [{ name: "http", port: 80, targetPort: "board" }]);
    const all = service("all", [
      { name: "http", port: 80 },
      { name: "https", port: 443, targetPort: 8443 },
      { name: "admin", port: 8080 },
    ]);
    const own: Files = { "doors/own.yaml": [board, all] };
    const found = (more: Files): number => senders(files({ ...own, ...more }, "traefik", workload)).length;
    assert.equal(found(route("board", "http")), 0);
    assert.equal(found(to("http://board.ingress.svc")), 0);
    assert.equal(found(route("all", "admin")), 0);
    assert.equal(found(to("http://all.ingress.svc:8080")), 0);
    assert.equal(found(route("all", "https")), 1);
    assert.equal(found(to("http://all.ingress.svc:8080 http://all.ingress.svc")), 1);
  });

  it("is nothing behind a Middleware that redirects every request of the entry point", () => {
    const all = (entryPoints: readonly string[], spec: object): Files => ({
      "doors/all.yaml": [
        {
          apiVersion: "traefik.io/v1alpha1",
          kind: "Middleware",
          metadata: { name: "secure", namespace: "ingress" },
          spec,
        },
        {
          apiVersion: "traefik.io/v1alpha1",
          kind: "IngressRoute",
          metadata: {
            name: "all",
            namespace: "ingress",
            annotations: { "kubernetes.io/ingress.class": "own" },
          },
          spec: {
            entryPoints,
            routes: [
              {
                match: "HostRegexp(`.+`)",
                middlewares: [{ name: "secure" }],
                services: [{ name: "traefik", port: 80 }],
              },
            ],
          },
        },
      ],
    });
    const found = (more: Files): number =>
      senders(files(more, "traefik", chart("traefik", "ingress", "traefik", {}))).length;
    const redirect = { redirectScheme: { scheme: "https" } };
    assert.equal(found(all(["web"], redirect)), 0);
    assert.equal(found(all(["web", "websecure"], redirect)), 1);
    assert.equal(found(all(["web"], { headers: {} })), 1);
  });

  it("is nothing if the Ingresses stay, or if the class's Traefik serves the Gateway", () => {
    const to = (url: string): Files => ({ "tunnel/config.yaml": configMap("tunnel", { url }) });
    assert.equal(senders(files(to(FULL))).length, 1);
    assert.deepEqual(senders(files(to(FULL)), true), []);
    const traefik = chart("traefik", "ingress", "traefik", {
      providers: { kubernetesGateway: { enabled: true } },
    });
    assert.deepEqual(senders(files(to("http://traefik.ingress.svc:8000"), "traefik", traefik)), []);
    const other = chart("traefik", "ingress", "traefik", {});
    assert.equal(senders(files(to("http://traefik.ingress.svc:8000"), "traefik", other)).length, 1);
  });
});
