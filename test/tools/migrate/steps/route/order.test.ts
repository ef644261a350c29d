import assert from "node:assert/strict";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { move } from "../../../../support/routes/moved.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { messages, resultOf, written } from "../../planning.ts";
import { ingress, ingressRoute, middleware } from "../../../../support/routes/protections.ts";

const HOST = "longer.web.example.com";
const LOGIN = middleware("login", { basicAuth: { secret: "users" } });
const admin = ingressRoute("admin", `Host(\`${HOST}\`) && PathPrefix(\`/\`) && Header(\`X-Key\`, \`k\`)`, {
  middlewares: [{ name: "login" }],
});
const path = (value: string, pathType = "Exact", name = "two"): object => ({
  path: value,
  pathType,
  backend: { service: { name, port: { number: 80 } } },
});

/** The kinds that serve the host afterwards, and why some stay. */
function result(...objects: readonly KubeObject[]): { readonly kinds: string; readonly refused: string } {
  const { after, notes, status } = move(objects);
  assert.equal(status, "holds");
  return {
    kinds: after
      .filter(({ kind }) => /Ingress(?:Route)?$|HTTPRoute/.test(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort()
      .join(", "),
    refused: notes.flatMap(({ kind, message }) => (kind === "refused" ? [message] : [])).join("\n"),
  };
}

describe("the order of the rules for a host", () => {
  it("keeps an Ingress whose longest rule is not its most specific one", () => {
    // Traefik tries PathPrefix("/") first, because it is longer than Path("/abc").
    const { kinds, refused } = result(withPaths("web", path("/", "Prefix", "one"), path("/abc")));
    assert.equal(kinds, "Ingress web");
    assert.match(refused, /its rules for longer\.web\.example\.com would match in a different order/);
    const { kinds: moved } = result(withPaths("web", path("/", "Prefix", "one"), path("/abc/def/ghi")));
    assert.equal(moved, "HTTPRoute web");
  });

  it("counts the rules of all objects: a login on one must not lose to another", () => {
    const { kinds, refused } = result(LOGIN, admin, withPaths("web", path("/api/v1/items")));
    assert.equal(kinds, "Ingress web, IngressRoute admin");
    assert.match(refused, /the rules of .* for longer\.web\.example\.com would match in a different order/);
  });

  it("keeps an object that competes with one that stays", () => {
    const other = ingressRoute("other", `Host(\`${HOST}\`) && !Method(\`GET\`) && PathPrefix(\`/\`)`);
    const stays = withPaths("web", path("/", "Prefix", "one"));
    const sticky = ingress(
      "sticky",
      HOST,
      { "tls.options": "apps-mtls@kubernetescrd" },
      path("/much/longer/path"),
    );
    assert.match(result(stays, sticky).kinds, /^Ingress sticky, Ingress web$/);
    assert.match(result(stays, sticky).refused, /stays whole: Ingress apps\/sticky serves it too and stays/);
    assert.equal(result(other, withPaths("else", path("/"))).kinds, "Ingress else, IngressRoute other");
    const everywhere = ingressRoute("any", "HostRegexp(`.+`)", { middlewares: [{ name: "login" }] });
    assert.equal(result(LOGIN, { ...everywhere }, stays).kinds, "HTTPRoute web, IngressRoute any");
    const first = ingressRoute("any", "HostRegexp(`.+`)", { priority: 1000 });
    assert.equal(result(first, stays).kinds, "Ingress web, IngressRoute any");
    assert.match(result(first, stays).refused, /only one of them would move/);
  });

  it("keeps only that one, not the others in its file", () => {
    const objects = [
      ingressRoute("any", "HostRegexp(`^.+\\.example\\.com$`)", { middlewares: [{ name: "login" }] }),
      ingressRoute("web", "Host(`web.example.com`)"),
      ingressRoute("far", "Host(`far.example.org`)"),
    ];
    const gateways = { traefik: { name: "external", namespace: "network" } };
    const moved = resultOf(route, { "all.yaml": objects }, { route: { gateways } });
    assert.equal(moved.proof.status, "holds");
    const text = written(moved, "all.yaml");
    assert.deepEqual(
      [...text.matchAll(/^kind: (\w+)\nmetadata:\n {2}name: (\w+)/gm)].map(
        ([, kind, name]) => `${kind} ${name}`,
      ),
      ["IngressRoute any", "IngressRoute web", "HTTPRoute far"],
    );
    assert.match(messages(moved, "refused").join("\n"), /only one of them would move/);
  });

  it("counts a HostRegexp only for the hosts that its end may match", () => {
    const stays = withPaths("web", path("/", "Prefix", "one"));
    const kinds = (rule: string): string =>
      result(ingressRoute("any", rule, { priority: 1000 }), stays).kinds;
    for (const rule of [
      "HostRegexp(`^.+\\.example\\.net$`)",
      "HostRegexp(`^(a|b)\\.example\\.net$`) && PathPrefix(`/`)",
      "Host(`a.example.net`) || HostRegexp(`^.+\\.example\\.org$`)",
    ])
      assert.equal(kinds(rule), "HTTPRoute web, IngressRoute any", rule);
    for (const rule of [
      "HostRegexp(`^.+\\.example\\.com$`)",
      "HostRegexp(`^a\\.example\\.com|b\\.example\\.net$`)",
      "HostRegexp(`\\.net`)",
      "HostRegexp(`\\w$`)",
      "Host(`a.example.net`) || HostRegexp(`^.+\\.com$`)",
      "!HostRegexp(`^.+\\.example\\.net$`)",
    ])
      assert.equal(kinds(rule), "Ingress web, IngressRoute any", rule);
  });

  it("counts a HostRegexp that ends with variables for the hosts that it may match with some value of them", () => {
    const kinds = (host: string): string =>
      result(
        ingressRoute("any", "HostRegexp(`^.+\\.s3\\.${SITE}\\.${Tld}$`)", { priority: 1000 }),
        ingress("web", host, {}, path("/", "Prefix", "one")),
      ).kinds;
    for (const host of ["web.${SITE}.${Tld}", "s3.${SITE}.${Tld}", "${NAME}-s4.${SITE}.${Tld}"])
      assert.equal(kinds(host), "HTTPRoute web, IngressRoute any", host);
    for (const host of ["a.s3.${SITE}.${Tld}", "${NAME}.${SITE}.${Tld}", "a.example.com", "web.${SITE}.com"])
      assert.equal(kinds(host), "Ingress web, IngressRoute any", host);
  });

  it("does not matter on different entry points, or if conditions exclude each other", () => {
    const [one, two] = ["a", "b"].map((value) =>
      ingressRoute(value, `Host(\`${HOST}\`) && Header(\`X-Kind\`, \`${value}\`)`, {
        services: [{ name: value, port: 80 }],
      }),
    );
    assert.ok(one && two);
    assert.equal(result(one, two).kinds, "HTTPRoute a, HTTPRoute b");
    const inside = ingress("inside", HOST, { entrypoints: "web" }, path("/", "Prefix", "one"));
    const outside = ingress("outside", HOST, { entrypoints: "websecure" }, path("/a"));
    assert.equal(result(inside, outside).kinds, "HTTPRoute inside, HTTPRoute outside");
  });
});

describe("rules that the API server would reject", () => {
  it("stay: a route accepts one condition for each header and parameter", () => {
    const { kinds, refused } = result(
      ingressRoute("two", `Host(\`${HOST}\`) && Query(\`v\`, \`1\`) && QueryRegexp(\`v\`, \`^[0-9]+$\`)`),
    );
    assert.equal(kinds, "IngressRoute two");
    assert.match(refused, /a route accepts only one condition for v/);
  });
});

describe("a prefix that ends with a slash", () => {
  it("stays, because a route would also serve the path without it", () => {
    const { kinds, refused } = result(withPaths("web", path("/api/v1/", "Prefix")));
    assert.equal(kinds, "Ingress web");
    assert.match(refused, /path \/api\/v1\/ would also match \/api\/v1/);
  });
});

describe("the class of an Ingress", () => {
  it("belongs to the controller whose chart creates it", () => {
    const release = {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "outside", namespace: "network" },
      spec: {
        chart: { spec: { chart: "ingress-nginx", sourceRef: { kind: "HelmRepository", name: "nginx" } } },
        values: { controller: { ingressClassResource: { name: "traefik" } } },
      },
    };
    const plain = withPaths("web", path("/", "Prefix"));
    const spec = { ...(plain.spec as object), tls: [{ secretName: "web-tls", hosts: [HOST] }] };
    const { kinds, refused } = result(release, { ...plain, spec });
    assert.equal(kinds, "Ingress web");
    // Only ingress-nginx redirects by default.
    assert.match(refused, /redirects plain HTTP to HTTPS/);
  });
});

function withPaths(name: string, ...paths: readonly object[]): KubeObject {
  const spec = { ingressClassName: "traefik", rules: [{ host: HOST, http: { paths } }] };
  return { ...ingress(name, HOST, {}), spec };
}
