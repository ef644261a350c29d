import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Mapping } from "../../../../../tools/gitops/yaml/values.ts";
import { fileText } from "../../../../../tools/gitops/yaml/file-text.ts";
import { Repository } from "../../../../../tools/gitops/yaml/repository.ts";
import { buildRepository } from "../../../../../tools/gitops/flux/repository-build.ts";
import { readOptions } from "../../../../../tools/migrate/options.ts";
import { prove, type Proof } from "../../../../../tools/migrate/proof.ts";
import { reordered, type Ranked } from "../../../../../tools/migrate/steps/route/meetings/precedence.ts";
import { matchOf } from "../../../../../tools/migrate/steps/route/reading/served.ts";
import { parseRule } from "../../../../../tools/migrate/steps/route/reading/traefik-rule.ts";
import { gatewayProvider } from "../../../../../tools/migrate/steps/gateway-provider/step.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import type { Step, StepContext } from "../../../../../tools/migrate/step.ts";

const ROOT = join(import.meta.dirname, "../../../../..");
const FIXTURES = join(ROOT, "test/fixtures/migrate");

function contextOf(fixture: string, keepIngress = false): StepContext {
  const repository = new Repository(join(FIXTURES, fixture, "before"));
  const options = readOptions(repository);
  return {
    repository,
    clusters: buildRepository(repository).clusters,
    selected: () => true,
    options: { ...options, route: { ...options.route, keepIngress } },
  };
}

/** The proof of a step's plan with the text of one file changed. */
function proofWith(step: Step, context: StepContext, path: string, from: string, to: string): Proof {
  const { changes } = step.plan(context);
  let found = false;
  const spoilt = changes.map((change) => {
    if (change.path !== path || change.text === undefined) return change;
    found = change.text.includes(from);
    return { path, text: change.text.replace(from, () => to) };
  });
  assert.ok(found, `${path} does not hold ${from}`);
  return prove(step, context, { changes: spoilt, notes: [] }).proof;
}

interface Case {
  readonly name: string;
  readonly fixture: string;
  readonly path: string;
  readonly from: string;
  readonly to: string;
  readonly fault: RegExp;
}

const INGRESS = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: page }
spec:
  ingressClassName: inside
  rules:
    - host: page.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: page, port: { number: 8080 } } } }] }
`;

const VALUES: readonly [name: string, from: string, to: string, fault: RegExp][] = [
  ["a different port of the Service", "                port: 8080", "                port: 8081", /serve/],
  ["a different Service", "- identifier: app", "- name: app", /serve/],
  ["a different host", "- settings.example.com", "- other.example.com", /serve/],
  ["one more host", "- settings.example.com", "- settings.example.com\n          - o.example.com", /serve/],
  ["a different Gateway", "name: internal", "name: external", /serve/],
  ["every listener of the Gateway", "            port: 443\n", "", /serve/],
  ["no sign-in", "name: auth", "name: headers", /serve/],
  ["an unknown annotation", 'enabled: "true"', 'enabled: "false"', /which none of its Ingresses has/],
];

const CASES: readonly Case[] = [
  ...VALUES.map(([name, from, to, fault]) => {
    const path = "kubernetes/apps/settings.yaml";
    return { name, fixture: "route/values", path, from, to, fault };
  }),
  {
    name: "a different path",
    fixture: "route/values",
    path: "kubernetes/apps/paths.yaml",
    from: "/admin",
    to: "/adm",
    fault: /serve/,
  },
  {
    name: "a different path type",
    fixture: "route/values",
    path: "kubernetes/apps/paths.yaml",
    from: "Exact",
    to: "PathPrefix",
    fault: /serve/,
  },
  {
    name: "a Service that also changes",
    fixture: "route/values",
    path: "kubernetes/apps/paths.yaml",
    from: "port: 9000",
    to: "port: 9001",
    fault: /something other than its ingress and route/,
  },
  {
    name: "an HTTPRoute to a different port",
    fixture: "route/ingresses",
    path: "kubernetes/apps/page.yaml",
    from: "8080",
    to: "8081",
    fault: /removed\): no HTTPRoute serves[^]*added\): it serves what no Ingress/,
  },
  {
    name: "an HTTPRoute with an unknown annotation",
    fixture: "route/ingresses",
    path: "kubernetes/apps/page.yaml",
    from: "  labels:",
    to: "  annotations: { a: b }\n  labels:",
    fault: /which none of its Ingresses has/,
  },
  {
    name: "different weights of two Services",
    fixture: "route/ingress-routes",
    path: "kubernetes/apps/rules.yaml",
    from: "weight: 3",
    to: "weight: 2",
    fault: /serve/,
  },
  {
    name: "an Ingress that is kept",
    fixture: "route/ingresses",
    path: "kubernetes/apps/page.yaml",
    from: "---\n",
    to: `${INGRESS}---\n`,
    fault: /both an Ingress and a route/,
  },
  {
    name: "an unrelated new object",
    fixture: "route/ingresses",
    path: "kubernetes/apps/several.yaml",
    from: "kind: HTTPRoute",
    to: "kind: GRPCRoute",
    fault: /this step may only change Ingresses and routes/,
  },
  {
    name: "a release that keeps its Ingress",
    fixture: "route/both",
    path: "kubernetes/apps/app.yaml",
    from: "    route:",
    to: "    ingress:\n      app:\n        className: inside\n        hosts:\n          - host: app.example.com\n            paths: [{ path: /, service: { identifier: app, port: 8080 } }]\n        labels: {}\n    route:",
    fault: /both an Ingress and a route/,
  },
];

describe("migrate route", () => {
  for (const { name, fixture, path, from, to, fault } of CASES) {
    it(`is not proven with ${name}`, () => {
      const proof = proofWith(route, contextOf(fixture), path, from, to);
      assert.equal(proof.status, "fails");
      assert.match(proof.failures.map(({ message }) => message).join("\n"), fault);
    });
  }

  it("is not proven if an Ingress that should be kept is removed", () => {
    const { changes } = route.plan(contextOf("route/values"));
    const kept = contextOf("route/values", true);
    const { proof } = prove(route, kept, { changes, notes: [] });
    assert.match(
      proof.failures.map(({ message }) => message).join("\n"),
      /an Ingress that should be kept was removed/,
    );
  });

  it("keeps the Ingresses next to the routes with --keep-ingress", () => {
    const fixture = join(FIXTURES, "route/ingress-routes/before");
    const command = [join(ROOT, "tools/cli/main.ts"), "migrate", "route", fixture, "--keep-ingress"];
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stdout, /^\+kind: HTTPRoute$/m);
    assert.doesNotMatch(stdout, /^-(?!--)/m);
    assert.match(stdout, /its record follows the Ingress/);
  });

  it("reads a host from the name of the Helm release, which begins with its target namespace", () => {
    const context = contextOf("route/essential");
    const path = "kubernetes/apps/books/helmrelease.yaml";
    const text = fileText(context.repository, path) ?? "";
    const repository = context.repository.with(
      new Map([[path, text.replace("  interval: 30m\n", "  interval: 30m\n  targetNamespace: library\n")]]),
    );
    const { notes } = route.plan({ ...context, repository, clusters: buildRepository(repository).clusters });
    const messages = notes.map(({ message }) => message).join("\n");
    assert.match(messages, /^library-books\.example\.com: moves/m);
    assert.doesNotMatch(messages, /^books\.example\.com/m);
  });

  it("reads Traefik's rules: brackets first, then &&, then ||", () => {
    const names = (rule: string): unknown => {
      const alternatives = parseRule(rule);
      return typeof alternatives === "string"
        ? alternatives
        : alternatives.map((matchers) => matchers.map(({ name, args }) => `${name} ${args.join(" ")}`));
    };
    assert.deepEqual(names("Host(`a`) || Host(`b`) && Path(`/c`)"), [["Host a"], ["Host b", "Path /c"]]);
    assert.deepEqual(names('(Host("a\\"") || Host(`b`)) && !Path(`/c`)'), [
      ['Host a"', "!Path /c"],
      ["Host b", "!Path /c"],
    ]);
    for (const rule of [
      "",
      "Host",
      "Host(`a`",
      "Host(`a`) Path(`/`)",
      "Host(a)",
      "Host(`a`) &&",
      "&& Host(`a`)",
    ])
      assert.equal(names(rule), `the rule ${rule} cannot be parsed`);
    const many = Array.from({ length: 9 }, () => "(Host(`a`) || Host(`b`))").join(" && ");
    assert.match(names(many) as string, /too many alternatives/);
  });
});

describe("the order of an IngressRoute's rules", () => {
  const request = (path: string, more: Mapping = {}, name = "b", host = "a"): Ranked["served"] => ({
    host,
    match: matchOf({
      path: { type: path.endsWith("$") ? "Exact" : "PathPrefix", value: path.replace("$", "") },
      ...more,
    }),
    backends: [{ kind: "Service", name, port: 80, weight: 1 }],
    middlewares: [],
  });
  const header = { headers: [{ name: "X", value: "y" }] };
  const kept = (first: Ranked["served"], second: Ranked["served"]): boolean =>
    reordered([
      { served: second, rank: 1 },
      { served: first, rank: 2 },
    ]).length === 0;

  it("is kept if the more specific rule comes first", () => {
    assert.ok(kept(request("/api"), request("/", {}, "c")));
    assert.ok(kept(request("/api$"), request("/api", {}, "c")));
    assert.ok(kept(request("/api", { method: "GET" }), request("/api", header, "c")));
    assert.ok(kept(request("/", header), request("/", {}, "c")));
  });

  it("changes if the first rule is less specific and both can match", () => {
    assert.ok(!kept(request("/"), request("/api", {}, "c")));
    assert.ok(!kept(request("/", header), request("/api", {}, "c")));
    assert.ok(!kept(request("/api", header), request("/api", header, "c")));
    assert.ok(!kept(request("/api"), request("/api$", {}, "c")));
  });

  it("is uncertain where Traefik and the Gateway API disagree: a longer path, or a method", () => {
    const [method, path] = [request("/a", { method: "GET" }), request("/a/b", {}, "c")];
    assert.ok(!kept(method, path));
    assert.ok(!kept(path, method));
  });

  it("does not matter if no request matches both, or the answer is the same", () => {
    assert.ok(kept(request("/"), request("/api")));
    assert.ok(kept(request("/"), request("/api", {}, "c", "other")));
    assert.ok(kept(request("/api"), request("/apis", {}, "c")));
    assert.ok(kept(request("/api$"), request("/api/more", {}, "c")));
    assert.ok(kept(request("/", { method: "GET" }), request("/api", { method: "PUT" }, "c")));
  });
});

describe("migrate gateway-provider", () => {
  for (const [name, from, to] of [
    ["a different label", "gateway=internal", "gateway=external"],
    ["the experimental channel", "experimentalChannel: false", "experimentalChannel: true"],
    ["the chart's own Gateway", "gateway:\n      enabled: false", "gateway:\n      enabled: true"],
    ["a different port", "port: 443", "port: 444"],
    ["more replicas", "replicas: 3", "replicas: 4"],
  ] as const) {
    it(`is not proven with ${name}`, () => {
      const context = contextOf("gateway-provider/essential");
      const proof = proofWith(gatewayProvider, context, "kubernetes/apps/inside.yaml", from, to);
      assert.match(
        proof.failures.map(({ message }) => message).join("\n"),
        /something other than the values for its Gateway has changed/,
      );
    });
  }
});
