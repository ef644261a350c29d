import assert from "node:assert/strict";
import { ENDPOINT_ANNOTATION } from "../../../../kube/gatus-annotations.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { buildRepository } from "../../../../tools/gitops/flux/repository-build.ts";
import { sidecarEndpoint } from "../../../../tools/migrate/steps/annotate/sidecar.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { healthPathIn } from "../../../../tools/migrate/steps/probes/health-paths.ts";
import { fragmentFor, hostAsked } from "../../../../tools/migrate/steps/annotate/fragment.ts";
import { annotate } from "../../../../tools/migrate/steps/annotate/step.ts";
import { probes } from "../../../../tools/migrate/steps/probes/step.ts";
import type { Plan, Step } from "../../../../tools/migrate/step.ts";
import { ObjectIndex } from "../../../../policy/engine/object-index.ts";
import { helmRelease } from "../planning.ts";
import { temporaryDirectory, writeFiles } from "../../../support/temporary.ts";

const route = (rules: unknown[] = []): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "wiki", namespace: "apps" },
  spec: { hostnames: ["wiki.example.com"], parentRefs: [{ name: "inside" }], rules },
});
const gateway = (fragment: string): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "inside", namespace: "apps", annotations: { [ENDPOINT_ANNOTATION]: fragment } },
  spec: {},
});
const none = new ObjectIndex([]);

describe("the endpoint that gatus-sidecar generates for a route", () => {
  it("uses the first path that is not a regular expression", () => {
    const match = (type: string, value: string): unknown => ({ path: { type, value } });
    const rules = [{ matches: [match("RegularExpression", "/a.*"), match("PathPrefix", "/b")] }];
    assert.equal(sidecarEndpoint(route(rules), none)?.url, "https://wiki.example.com/b");
  });

  it("merges the fragment from its Gateway, mapping by mapping", () => {
    const objects = new ObjectIndex([gateway("client: { timeout: 5s, insecure: true }")]);
    const endpoint = sidecarEndpoint(route(), objects, { client: { insecure: false } });
    assert.deepEqual(endpoint?.client, { timeout: "5s", insecure: false });
  });
});

describe("the fragment for a hand-written endpoint", () => {
  const guarded = {
    name: "wiki",
    url: "1.1.1.1",
    dns: { "query-name": "wiki.example.com", "query-type": "A" },
    conditions: ["len([BODY]) == 0"],
  };

  it("is `guarded` only if the endpoint is guarded in every field", () => {
    assert.deepEqual(fragmentFor(route(), none, guarded), { guarded: true });
    for (const other of [
      { dns: { "query-name": "other.example.com", "query-type": "A" } },
      { conditions: ["[DNS_RCODE] == NXDOMAIN"] },
      { url: "9.9.9.9" },
    ]) {
      const fragment = fragmentFor(route(), none, { ...guarded, ...other });
      assert.ok(typeof fragment !== "string" && !("guarded" in fragment), JSON.stringify(fragment));
      assert.deepEqual(sidecarEndpoint(route(), none, fragment)?.dns, { ...guarded, ...other }.dns);
    }
  });

  it("belongs to the host in the DNS query, with or without a trailing dot", () => {
    assert.equal(
      hostAsked({ url: "1.1.1.1", dns: { "query-name": "wiki.example.com." } }),
      "wiki.example.com",
    );
  });
});

describe("the health path of an image", () => {
  it("depends on the full repository name, not on the tag or digest", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const repository = new Repository(import.meta.dirname);
    const healthPath = (image: string, paths: Record<string, string>): string | undefined =>
      healthPathIn(image, { options: { ...readOptions(repository), probes: { paths } }, repository });
    assert.equal(healthPath(`ghcr.io/twin/gatus:v5.0.0@${digest}`, {}), "/health");
    assert.equal(healthPath(`docker.io/jellyfin/jellyfin@${digest}`, {}), "/health");
    assert.equal(healthPath("registry.example.com/someone/gatus:1.0", {}), undefined);
    assert.equal(healthPath(`docker.io/shop:1@${digest}`, { shop: "/up" }), "/up");
    assert.equal(healthPath("localhost:5000/gotenberg/gotenberg", {}), undefined);
  });
});

describe("migrate, on clusters that share files", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryDirectory("annotate-");
    write(".edgefirst/migrate.yaml", "annotate: { sidecar: [kubernetes/edge, kubernetes/main] }\n");
  });

  function write(path: string, text: string): void {
    writeFiles(root, { [path]: text });
  }

  function plan(step: Step): Plan & { readonly said: string } {
    const repository = new Repository(root);
    const { clusters } = buildRepository(repository);
    const planned = step.plan({
      repository,
      clusters,
      selected: () => true,
      options: readOptions(repository),
    });
    return { ...planned, said: planned.notes.map(({ message }) => message).join("\n") };
  }

  it("keeps a ConfigMap with binary data", () => {
    write("kubernetes/edge/flux.yaml", kustomization("edge", "./kubernetes/apps"));
    write("kubernetes/apps/all.yaml", `${ROUTE}---\n${MAP}binaryData:\n  logo.png: AAAA\n`);
    assert.match(plan(annotate).said, /wiki-endpoints is kept: it contains more than endpoint files/);
  });

  it("includes what an endpoint merges with `<<`", () => {
    write("kubernetes/edge/flux.yaml", kustomization("edge", "./kubernetes/apps"));
    const second = ROUTE.replaceAll("wiki", "news");
    const merged = `      - <<: *wiki\n        name: news\n        url: "https://news.example.com"\n`;
    const map = MAP.replace("- name: wiki", "- &wiki\n        name: wiki\n        group: inside");
    write("kubernetes/apps/all.yaml", `${ROUTE}---\n${second}---\n${map}${merged}`);
    const { changes, said } = plan(annotate);
    assert.equal(said, "");
    assert.deepEqual(
      changes.map(({ path }) => path),
      ["kubernetes/apps/all.yaml"],
    );
    const text = changes[0]?.text ?? "";
    assert.equal(text.match(/endpoint: "group: inside"$/gm)?.length, 2, text);
  });

  it("adds only the endpoint to a route that an earlier run has enabled", () => {
    write("kubernetes/edge/flux.yaml", kustomization("edge", "./kubernetes/apps"));
    write("kubernetes/apps/route.yaml", ROUTE);
    write(
      "kubernetes/apps/map.yaml",
      MAP.replace("name: wiki\n        url", "group: inside\n        name: wiki\n        url"),
    );
    const { changes } = plan(annotate);
    const added = `${ROUTE.slice(0, ROUTE.indexOf("spec:"))}    gatus.home-operations.com/endpoint: "group: inside"\n`;
    assert.deepEqual(
      changes.map(({ path, text }) => [path, text]),
      [
        ["kubernetes/apps/route.yaml", `${added}${ROUTE.slice(ROUTE.indexOf("spec:"))}`],
        ["kubernetes/apps/map.yaml", undefined],
      ],
    );
  });

  it("keeps a ConfigMap whose route a chart renders, and says where the annotations belong", () => {
    const saidWith = (values: object): string => {
      write("kubernetes/edge/flux.yaml", kustomization("edge", "./kubernetes/apps"));
      write("kubernetes/apps/map.yaml", MAP);
      write("kubernetes/apps/wiki.yaml", JSON.stringify(helmRelease("wiki", "apps", "stack", values)));
      return plan(annotate).said;
    };
    const main = (more: object): object => ({ app: { route: { main: { enabled: true, ...more } } } });
    for (const hostnames of [["wiki.example.com"], ["{{ .Release.Name }}.example.com"]])
      assert.match(
        saidWith(main({ hostnames })),
        /the route for wiki\.example\.com is in the values of HelmRelease wiki \(app\.route\.main\), in a form that this step does not write/,
      );
    for (const values of [
      main({ enabled: false, hostnames: ["wiki.example.com"] }),
      { host: "wiki.example.com" },
    ])
      assert.match(saidWith(values), /is kept: no HTTPRoute in this repository serves wiki\.example\.com$/m);
    const ingress = { ingress: { enabled: true, hosts: ["wiki.example.com"] } };
    assert.match(saidWith(ingress), /re-run this step after the route step/);
  });

  it("keeps a ConfigMap whose route is also deployed elsewhere", () => {
    write("kubernetes/edge/flux.yaml", kustomization("edge", "./kubernetes/edge/apps"));
    write("kubernetes/main/flux.yaml", kustomization("main", "./kubernetes/main/apps"));
    write("kubernetes/shared/route.yaml", ROUTE);
    write("kubernetes/edge/apps/map.yaml", MAP);
    write("kubernetes/edge/apps/kustomization.yaml", "resources: [map.yaml, ../../shared/route.yaml]\n");
    write("kubernetes/main/apps/kustomization.yaml", "resources: [../../shared/route.yaml]\n");
    assert.match(
      plan(annotate).said,
      /wiki-endpoints is kept: its route is also deployed where this endpoint is not/,
    );
  });

  it("keeps a ConfigMap whose file has other content and is also included elsewhere", () => {
    for (const cluster of ["edge", "main"]) {
      const apps = `kubernetes/${cluster}/apps`;
      write(`kubernetes/${cluster}/flux.yaml`, kustomization(cluster, `./${apps}`));
      write(`${apps}/route.yaml`, ROUTE);
      write(`${apps}/kustomization.yaml`, "resources: [route.yaml, ../../shared/maps.yaml]\n");
    }
    const other = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n";
    write("kubernetes/shared/maps.yaml", `${MAP}---\n${other}`);
    const { changes, said } = plan(annotate);
    assert.match(said, /wiki-endpoints is kept: another kustomization includes the same file/);
    assert.deepEqual(changes, []);
  });

  it("reports probes that differ between clusters and does not add them", () => {
    for (const [cluster, image] of [
      ["edge", "gotenberg/gotenberg"],
      ["main", "example/shop"],
    ] as const)
      write(
        `kubernetes/${cluster}/flux.yaml`,
        `${kustomization(cluster, "./kubernetes/apps")}  postBuild: { substitute: { IMAGE: ${image} } }\n`,
      );
    write("kubernetes/apps/release.yaml", RELEASE);
    const { changes, said } = plan(probes);
    assert.deepEqual(changes, []);
    assert.match(said, /It differs between clusters\./);
  });
});

const kustomization = (name: string, path: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec:
  interval: 1h
  prune: true
  path: ${path}
  sourceRef: { kind: GitRepository, name: home }
`;

const ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: wiki
  annotations:
    gatus.home-operations.com/enabled: "true"
spec:
  hostnames: ["wiki.example.com"]
`;

const MAP = `apiVersion: v1
kind: ConfigMap
metadata:
  name: wiki-endpoints
  labels:
    gatus.io/enabled: "true"
data:
  config.yaml: |
    endpoints:
      - name: wiki
        url: "https://wiki.example.com"
        conditions: ["[STATUS] == 200"]
`;

const RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  interval: 1h
  chart: { spec: { chart: app-template, version: 3.7.3, sourceRef: { kind: HelmRepository, name: charts } } }
  values:
    controllers:
      web:
        containers:
          app:
            image:
              repository: \${IMAGE}
              tag: "1.0"
    service:
      app:
        controller: web
        ports:
          http:
            port: 3000
`;

describe("migrate annotate: the host that an endpoint monitors", () => {
  it("keeps the case of variables in its URL", () => {
    for (const [url, host] of [
      ["https://blog.${SECRET_DOMAIN}/", "blog.${SECRET_DOMAIN}"],
      ["https://${APP:-Web}.${SECRET_DOMAIN}:8443/status", "${APP:-Web}.${SECRET_DOMAIN}"],
      ["https://Blog.example.com/?q=${Q}", "blog.example.com"],
      ["icmp://${NAS_IP}", undefined],
    ] as const)
      assert.equal(hostAsked({ url }), host);
  });
});
