import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, ingressWith, messages, resultOf, type Files } from "../../planning.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const LOGIN = {
  [`${NGINX}auth-url`]: "http://gate.den.svc.cluster.local/oauth2/auth",
  [`${NGINX}auth-signin`]: "https://$host/oauth2/start?rd=$escaped_request_uri",
};
const LIMIT = { [`${NGINX}whitelist-source-range`]: "192.0.2.0/24" };

interface Den {
  readonly path?: string;
  readonly annotations?: object;
  readonly host?: string;
  readonly className?: string;
}
const ingress = (name: string, { host = "film.example.net", className = "nginx", ...den }: Den): object =>
  ingressWith({ name, namespace: "den", host, ingressClassName: className, ...den });
const gateway = { name: "front", namespace: "doors" };
const OPTIONS = { route: { gateways: { nginx: gateway } } };
const film = (den: Den): Files => ({ "den/film.yaml": ingress("film", den) });
const gate = (den: Den = {}): Files => ({ "gate/gate.yaml": ingress("gate", { path: "/oauth2", ...den }) });

/** The files that change, and why the others stay. */
const moved = (files: Files, options: object = OPTIONS): readonly [readonly string[], string] => {
  const result = resultOf(route, files, options);
  return [result.plan.changes.map(({ path }) => path).sort(), messages(result, "refused").join("\n")];
};

describe("migrate route: a host", () => {
  it("stays whole if a login, an allow list or something else keeps one of its Ingresses", () => {
    const tls = { "cert-manager.io/cluster-issuer": "le", [`${NGINX}unheard-of`]: "1" };
    for (const annotations of [LOGIN, LIMIT, tls]) {
      const [paths, refused] = moved({ ...film({ annotations }), ...gate() });
      assert.deepEqual(paths, [], refused);
      assert.match(
        refused,
        /^host film\.example\.net stays whole: Ingress den\/film serves it too and stays/m,
      );
    }
  });

  it("moves whole if nothing keeps an Ingress, and another host moves as well", () => {
    assert.deepEqual(moved({ ...film({}), ...gate() })[0], ["den/film.yaml", "gate/gate.yaml"]);
    const other = moved({ ...film({ annotations: LOGIN }), ...gate({ host: "gate.example.net" }) });
    assert.deepEqual(other[0], ["gate/gate.yaml"]);
  });

  it("that stays whole keeps the other hosts of its Ingresses", () => {
    const both = ingress("both", { path: "/both" }) as { spec: { rules: object[] } };
    both.spec.rules.push(...(ingress("both", { host: "tea.example.net" }) as typeof both).spec.rules);
    const tea = ingress("tea", { host: "tea.example.net", path: "/tea" });
    const files = { ...film({ annotations: LIMIT }), "den/both.yaml": both, "den/tea.yaml": tea };
    const [paths, refused] = moved(files);
    assert.deepEqual(paths, []);
    assert.match(refused, /host tea\.example\.net stays whole: Ingress den\/both serves it too and stays$/m);
  });

  it("stays whole within the values of one release", () => {
    const entry = (path: string, annotations: object): object => ({
      className: "nginx",
      annotations,
      hosts: [
        { host: "film.example.net", paths: [{ path, pathType: "Prefix", service: { identifier: "film" } }] },
      ],
    });
    const values = (annotations: object): object => ({
      service: { film: { controller: "film", ports: { http: { port: 80 } } } },
      ingress: { film: entry("/", annotations), gate: entry("/oauth2", {}) },
    });
    const release = (annotations: object): Files => ({
      "den/film.yaml": helmRelease("film", "den", "app-template", values(annotations)),
    });
    const [paths, refused] = moved(release(LOGIN));
    assert.deepEqual(paths, []);
    assert.match(refused, /stays whole: HelmRelease den\/film \(ingress\.film\) serves it too/);
    assert.deepEqual(moved(release({}))[0], ["den/film.yaml"]);
  });

  it("is served by two classes, of which one moves, unless an annotation of the other names the host", () => {
    const later = { ...film({ className: "outside", annotations: LIMIT }), ...gate() };
    assert.deepEqual(moved(later)[0], ["gate/gate.yaml"]);
    for (const signin of ["https://$host/oauth2/start", "https://film.example.net/oauth2/start"]) {
      const annotations = { [`${NGINX}auth-signin`]: signin };
      const [paths, refused] = moved({ ...film({ className: "outside", annotations }), ...gate() });
      assert.deepEqual(paths, []);
      assert.match(refused, /its annotation nginx\.ingress\.kubernetes\.io\/auth-signin names the host$/m);
    }
  });

  it("of which several Ingresses stay is one line in the report", () => {
    const staying = ["one", "two"].map((name) => ingress(name, { path: `/${name}`, className: "outside" }));
    const lines = messages(resultOf(route, { ...film({}), "den/out.yaml": staying }, OPTIONS), "cutover");
    assert.match(
      lines.join("\n"),
      /both a route and an Ingress until Ingress den\/one, Ingress den\/two move too, and/,
    );
  });

  it("stays whole if an IngressRoute without a class or of the former API group serves it, too", () => {
    const old = (apiVersion: string, annotations: object = {}): Files => ({
      "den/old.yaml": {
        apiVersion,
        kind: "IngressRoute",
        metadata: { name: "old", namespace: "den", annotations },
        spec: {
          routes: [
            {
              kind: "Rule",
              match: "Host(`film.example.net`) && PathPrefix(`/s/`)",
              services: [{ name: "old", port: 80 }],
            },
          ],
        },
      },
    });
    for (const group of ["traefik.io", "traefik.containo.us"]) {
      const [paths, refused] = moved({ ...film({}), ...old(`${group}/v1alpha1`) });
      assert.deepEqual(paths, []);
      assert.match(
        refused,
        /^host film\.example\.net stays whole: IngressRoute den\/old serves it too and stays$/m,
      );
    }
    const other = { "kubernetes.io/ingress.class": "outside" };
    assert.deepEqual(moved({ ...film({}), ...old("traefik.io/v1alpha1", other) })[0], ["den/film.yaml"]);
    const result = resultOf(route, old("traefik.containo.us/v1alpha1"), OPTIONS);
    assert.match(messages(result, "left").join(), /this step reads IngressRoutes of traefik\.io only/);
  });

  it("stays whole if the chart of a release serves it, too", () => {
    const chart = (ingress: object): Files => ({
      "den/status.yaml": helmRelease("status", "den", "uptime", { server: { ingress } }),
    });
    const host = "film.example.net";
    for (const ingress of [
      { enabled: true, className: "nginx", hosts: [{ host, paths: [{ path: "/status" }] }] },
      { enabled: true, ingressClassName: "nginx", hosts: [host] },
      { enabled: true, hostname: host },
      { main: { ingressClassName: "nginx", host: { name: host } } },
    ]) {
      const [paths, refused] = moved({ ...film({}), ...chart(ingress) });
      assert.deepEqual(paths, [], JSON.stringify(ingress));
      assert.match(
        refused,
        /^host film\.example\.net stays whole: HelmRelease den\/status \(server\.ingress(?:\.main)?\) serves it too and stays$/m,
      );
    }
    for (const ingress of [
      { enabled: false, className: "nginx", hosts: [host] },
      { enabled: true, className: "nginx", hosts: ["tea.example.net"] },
      { enabled: true, className: "outside", hosts: [host] },
    ])
      assert.deepEqual(moved({ ...film({}), ...chart(ingress) })[0], ["den/film.yaml"]);
  });

  describe("of Traefik, with a TCP route", () => {
    const TRAEFIK = helmRelease("traefik", "network", "traefik", {});
    const tcp = (match: string, spec: object = {}, kind = "IngressRouteTCP", annotations = {}): object => ({
      apiVersion: "traefik.io/v1alpha1",
      kind,
      metadata: { name: "mail", namespace: "den", annotations },
      spec: { entryPoints: ["mail"], routes: [{ match, services: [{ name: "mail", port: 993 }] }], ...spec },
    });
    const options = { route: { gateways: { traefik: gateway } } };
    const movedWith = (other: object, own: object = options): readonly [string, string] => {
      const files = { ...film({ className: "traefik" }), "network/all.yaml": [TRAEFIK, other] };
      const result = resultOf(route, files, own);
      return [
        messages(result, "refused").join("\n"),
        messages(result, "cutover")
          .filter((line) => line.includes("whatever the host"))
          .join("\n"),
      ];
    };
    const TLS = { tls: { passthrough: true } };

    it("stays if that serves its name", () => {
      for (const match of ["HostSNI(`film.example.net`)", 'HostSNI("tea.example.net", "film.example.net")'])
        assert.match(
          movedWith(tcp(match, TLS))[0],
          /^host film\.example\.net stays whole: IngressRouteTCP den\/mail serves it too on entry point mail and stays/,
        );
    });

    it("moves if that serves another name or is of another class, or Traefik rejects it", () => {
      assert.deepEqual(movedWith(tcp("HostSNI(`tea.example.net`)", TLS)), ["", ""]);
      assert.deepEqual(movedWith(tcp("HostSNI(`film.example.net`)")), ["", ""]);
      const inner = { "kubernetes.io/ingress.class": "inner" };
      assert.deepEqual(movedWith(tcp("HostSNI(`film.example.net`)", TLS, "IngressRouteTCP", inner)), [
        "",
        "",
      ]);
    });

    it("moves if that serves any name, which the report says", () => {
      const line =
        /^IngressRoute(TCP|UDP) den\/mail answers on entry point mail at the address .* \(film\.example\.net\)$/;
      assert.match(movedWith(tcp("HostSNI(`*`)"))[1], line);
      assert.match(movedWith(tcp("", {}, "IngressRouteUDP"))[1], line);
      const kept = { route: { ...options.route, keepIngress: true } };
      assert.deepEqual(movedWith(tcp("HostSNI(`film.example.net`)", TLS), kept), ["", ""]);
    });
  });

  describe("of ingress-nginx, which passes on other ports", () => {
    const passed = (more: Files, own: object = OPTIONS): string =>
      messages(resultOf(route, { ...film({}), ...more }, own), "cutover")
        .filter((line) => line.includes("passes on"))
        .join("\n");
    const release = (values: object): Files => ({
      "network/nginx.yaml": helmRelease("nginx", "network", "ingress-nginx", values),
    });
    const configMap = (data: object): Files => ({
      "network/ports.yaml": {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "ports", namespace: "network" },
        data,
      },
    });

    it("moves, and the report names the ports, their Services and where they stay", () => {
      const annotations = { "external-dns.alpha.kubernetes.io/hostname": "in.example.net" };
      const values = {
        controller: { service: { annotations } },
        tcp: { 22: "den/forge-ssh:22", 25: null },
        udp: { "53": "den/names:dns:PROXY" },
      };
      assert.equal(
        passed(release(values)),
        "class nginx: its controller passes on TCP port 22 to Service den/forge-ssh:22, UDP port 53 to Service den/names:dns, whatever the host. This stays at its address (in.example.net) and ends with it: clients that reach such a port by a host that moves need another name that keeps the old address (film.example.net)",
      );
      assert.equal(passed(release(values), { route: { ...OPTIONS.route, keepIngress: true } }), "");
      assert.equal(passed(release({})), "");
    });

    it("moves, and they are found in a ConfigMap that a flag names", () => {
      const line =
        /passes on TCP port 22 to Service den\/forge-ssh:22, whatever the host\. This stays at its address and/;
      const ports = configMap({ 22: "den/forge-ssh:22" });
      const extraArgs = { "tcp-services-configmap": "network/ports" };
      assert.match(passed({ ...release({ controller: { extraArgs } }), ...ports }), line);
      const labels = { app: "nginx" };
      const container = {
        name: "controller",
        image: "registry.k8s.io/ingress-nginx/controller:v1.13.0",
        args: ["/nginx-ingress-controller", "--tcp-services-configmap=$(POD_NAMESPACE)/ports"],
      };
      const workload = {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { name: "nginx", namespace: "network" },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [container] } },
        },
      };
      assert.match(passed({ "network/nginx.yaml": workload, ...ports }), line);
    });
  });

  it("gets routes next to its Ingresses with --keep-ingress", () => {
    const options = { route: { ...OPTIONS.route, keepIngress: true } };
    assert.deepEqual(moved({ ...film({ annotations: LOGIN }), ...gate() }, options)[0], ["gate/gate.yaml"]);
  });
});
