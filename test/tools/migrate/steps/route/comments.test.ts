import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { messages, resultOf, written, type Files } from "../../planning.ts";

const OPTIONS = { route: { gateways: { traefik: { name: "front", namespace: "doors" } } } };
const APPS = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n";

/** An Ingress with two paths. */
const ingress = (aboveSecond: string, annotations = ""): Files => ({
  "apps.yaml": APPS,
  "web.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: apps
${annotations}spec:
  ingressClassName: traefik
  rules:
    - host: web.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
          ${aboveSecond}
          - path: "/shutdown"
            pathType: Exact
            backend: { service: { name: guard, port: { number: 80 } } }
`,
});

/** The same as values of app-template. */
const release = (aboveSecond: string, annotations = ""): Files => ({
  "apps.yaml": APPS,
  "web.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  chart:
    spec: { chart: app-template, version: 4.1.1, sourceRef: { kind: HelmRepository, name: charts } }
  values:
    service:
      web: { ports: { http: { port: 80 } } }
      guard: { ports: { http: { port: 80 } } }
    ingress:
      web:
        className: traefik
${annotations.replace(/^(?=.)/gm, "      ")}        hosts:
          - host: web.example.com
            paths:
              - path: /
                service: { identifier: web, port: http }
              ${aboveSecond}
              - path: /shutdown
                pathType: Exact
                service: { identifier: guard, port: http }
`,
});
const textIn = (files: Files, path: string): string => {
  const { [path]: text } = files;
  return typeof text === "string" ? text : "";
};

const DROPPED = `  annotations:
    example.com/team: media
    # example.com/widget.type: web
    # example.com/widget.url: http://web.apps
    cert-manager.io/cluster-issuer: letsencrypt
    # example.com/last: "true"
`;

describe("migrate route: comments in an Ingress", () => {
  it("on an entry point of an IngressRoute come above the parentRef for its listener", () => {
    const gateways = {
      traefik: { name: "front", namespace: "doors", entryPoints: { websecure: "https", guests: "visitors" } },
    };
    const files = {
      "apps.yaml": APPS,
      "web.yaml": `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: web
  namespace: apps
spec:
  # Both are needed.
  entryPoints:
    - websecure
    - guests # also from the network of visitors
  routes:
    - match: Host(\`web.example.com\`)
      kind: Rule
      services:
        - name: web
          port: 80
`,
    };
    const text = written(
      resultOf(route, files, { route: { defaultClass: "traefik", gateways } }),
      "web.yaml",
    );
    assert.match(text, / {2}# Both are needed\.\n {2}parentRefs:\n/);
    assert.match(
      text,
      /sectionName: https\n {4}# also from the network of visitors\n {4}- name: front\n.*\n {6}sectionName: visitors/,
    );
  });

  for (const [name, files] of [
    ["an Ingress", ingress],
    ["values of app-template", release],
  ] as const) {
    it(`on a path of ${name} come above its match`, () => {
      const result = resultOf(route, files("# Must stay exact: the guard answers."), OPTIONS);
      assert.match(
        written(result, "web.yaml"),
        /\n( *)# Must stay exact: the guard answers\.\n\1- path:\n.*type: Exact\n.*value: "?\/shutdown"?\n/,
      );
    });

    it(`stay among the annotations of ${name} if they are annotations that are switched off`, () => {
      const result = resultOf(route, files("# said of a path", DROPPED), OPTIONS);
      assert.match(
        written(result, "web.yaml"),
        /annotations:\n( +)example\.com\/team: media\n\1# example\.com\/widget\.type: web\n\1# example\.com\/widget\.url: http:\/\/web\.apps\n\1# example\.com\/last: "true"\n(?! *#)/,
      );
    });

    it(`keep ${name} as it is if they are entries that are switched off, with no place in a route`, () => {
      for (const off of ["# - path: /media", "# pathType: Prefix", "#- /media"]) {
        const result = resultOf(route, files(off), OPTIONS);
        assert.deepEqual(result.plan.changes, []);
        assert.match(messages(result, "refused").join(), new RegExp(`would lose this: .*${off}`));
        const accepted = resultOf(route, files(off), { ...OPTIONS, acceptLoss: ["comment"] });
        assert.ok(!written(accepted, "web.yaml").includes(off));
        assert.match(messages(accepted, "lost").join(), new RegExp(off));
      }
    });
  }

  for (const [name, files] of [
    ["an Ingress", ingress],
    ["values of app-template", release],
  ] as const)
    it(`on an annotation of ${name} that goes away are lost with it`, () => {
      const annotations = `  annotations:
    # Certificates by DNS.
    cert-manager.io/cluster-issuer: letsencrypt
    # For the dashboard.
    example.com/team: media
    # A long upload.
    traefik.ingress.kubernetes.io/router.observability.accesslogs: "false" # first
`;
      const options = { ...OPTIONS, acceptLoss: ["annotation"] };
      const result = resultOf(route, files("# said of a path", annotations), options);
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "refused").join(),
        /would lose this: .*# Certificates by DNS\..*# A long upload\..*# first/,
      );
      const accepted = resultOf(route, files("# said of a path", annotations), {
        ...options,
        acceptLoss: ["annotation", "comment"],
      });
      assert.match(
        written(accepted, "web.yaml"),
        /annotations:\n( +)# For the dashboard\.\n\1example\.com\/team: media\n(?! *#)/,
      );
      assert.doesNotMatch(written(accepted, "web.yaml"), /Certificates|upload|# first/);
      const lines = textIn(files("# said of a path", annotations), "web.yaml").split("\n");
      const lost = accepted.plan.notes.filter(
        ({ kind, message }) => kind === "lost" && message.includes("comment"),
      );
      assert.deepEqual(
        lost.map(({ position }) => lines[(position?.line ?? 0) - 1]?.trim()),
        [
          "# Certificates by DNS.",
          "# A long upload.",
          'traefik.ingress.kubernetes.io/router.observability.accesslogs: "false" # first',
        ],
      );
    });

  const OFF = `    # Switched off for now:
    # nginx.ingress.kubernetes.io/auth-url: |-
    #   https://login.example.com/auth

    #   and so on
    # nginx.ingress.kubernetes.io/auth-snippet: |
    #   proxy_set_header X-A $b;
`;

  for (const [name, files] of [
    ["an Ingress", ingress],
    ["values of app-template", release],
  ] as const) {
    it(`stay in ${name} as a whole if they are switched off among annotations that stay`, () => {
      const annotations = `  annotations:\n    example.com/team: media\n${OFF}`;
      const result = resultOf(route, files("# said of a path", annotations), OPTIONS);
      assert.match(
        written(result, "web.yaml"),
        /annotations:\n( +)example\.com\/team: media\n\1# Switched off for now:\n\1# \S+auth-url: \|-\n\1# {3}https:\S+\n\1# {3}and so on\n\1# \S+auth-snippet: \|\n\1# {3}proxy_set_header X-A \$b;\n(?! *#)/,
      );
    });

    it(`stay in the first column of ${name}, so that they fit once their # is gone`, () => {
      const off = '#      example.com/login: "https://login.example.com"\n';
      const annotations = `  annotations:\n${off}    example.com/team: media\n`;
      const given = files("# said of a path", annotations);
      const path = "web.yaml";
      const text = textIn(given, path).replace(/^ +(?=# {2})/m, "");
      const after = written(resultOf(route, { ...given, [path]: text }, OPTIONS), path);
      assert.match(after, /annotations:\n# {6}example\.com\/login: .*\n +example\.com\/team: media\n/);
      assert.match(after, /\n +# said of a path\n/);
    });

    it(`go from ${name} as a whole if no annotation stays`, () => {
      for (const annotations of [
        `  annotations:\n    cert-manager.io/cluster-issuer: letsencrypt\n${OFF}`,
        `  # annotations:\n${OFF.replaceAll("    #", "  #  ")}`,
      ]) {
        const accepted = resultOf(route, files("# said of a path", annotations), {
          ...OPTIONS,
          acceptLoss: ["comment"],
        });
        assert.doesNotMatch(written(accepted, "web.yaml"), /auth-|login|and so on|proxy_set_header|Switched/);
        assert.match(
          messages(accepted, "lost").join("\n"),
          /Switched off for now: .*auth-url: \|- .*login\.example\.com.* and so on .*auth-snippet: .*X-A/,
        );
      }
    });
  }

  it("come above the fields of the route that say the same", () => {
    const text = textIn(ingress("# said of a path"), "web.yaml")
      .replace("  ingressClassName", "  # Only at home.\n  ingressClassName")
      .replace("    - host: web", "    # The name for guests.\n    - host: web")
      .replace('path: "/shutdown"', 'path: "/shutdown" # by hand')
      .replace(
        "            backend: { service: { name: guard",
        "            # Who answers.\n            backend: { service: { name: guard",
      );
    const result = resultOf(route, { ...ingress(""), "web.yaml": text }, OPTIONS);
    const after = written(result, "web.yaml");
    assert.match(after, /\n {2}# Only at home\.\n {2}parentRefs:\n/);
    assert.match(after, /\n {4}# The name for guests\.\n {4}- web\.example\.com\n/);
    assert.match(after, /\n( +)# said of a path\n\1# by hand\n\1- path:\n/);
    assert.match(after, /\n( +)# Who answers\.\n\1backendRefs:\n\1 {2}- name: guard\n/);
  });

  it("of a tls section go with it", () => {
    const text = textIn(ingress("# said of a path"), "web.yaml").replace(
      "  rules:",
      "  # By the old issuer.\n  tls: [{ hosts: [web.example.com] }]\n  rules:",
    );
    const result = resultOf(route, { ...ingress(""), "web.yaml": text }, OPTIONS);
    assert.match(messages(result, "refused").join(), /would lose this: .*# By the old issuer\./);
  });

  it("of an IngressRoute come above what its rules become", () => {
    const text = `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: web
  namespace: apps
  annotations:
    kubernetes.io/ingress.class: traefik
spec:
  routes:
    # Everything.
    - kind: Rule
      match: Host(\`web.example.com\`)
      # Of the app.
      services:
        - name: web
          port: 80 # plain
    # The guard answers.
    - kind: Rule
      match: Host(\`web.example.com\`) && Path(\`/shutdown\`)
      services:
        - name: guard
          port: 80
      # Signed in only.
      middlewares:
        - name: login
`;
    const gateways = { traefik: { ...OPTIONS.route.gateways.traefik, middlewares: true } };
    const result = resultOf(route, { "apps.yaml": APPS, "web.yaml": text }, { route: { gateways } });
    const after = written(result, "web.yaml");
    assert.match(after, /\n( +)# Everything\.\n\1# Of the app\.\n\1- backendRefs:\n/);
    assert.match(after, /\n( +)# plain\n\1port: 80\n/);
    assert.match(after, /\n( +)# The guard answers\.\n\1- path:\n( +)type: Exact\n/);
    assert.match(after, /\n( +)# Signed in only\.\n\1- type: ExtensionRef\n/);
  });
});

describe("migrate route: comments on annotations of ingress-nginx", () => {
  const nginx = (annotations: string): Files => ({
    "apps.yaml": APPS,
    "web.yaml": textIn(ingress("# said of a path", `  annotations:\n${annotations}`), "web.yaml").replace(
      "ingressClassName: traefik",
      "ingressClassName: nginx",
    ),
  });
  const options = {
    acceptLoss: ["setting", "path-prefix"],
    route: { gateways: { nginx: { ...OPTIONS.route.gateways.traefik, middlewares: true } } },
  };

  it("come above the fields of the Middleware that say the same", () => {
    const files = nginx(`    # The kind of login.
    nginx.ingress.kubernetes.io/auth-type: basic
    # Who may log in.
    nginx.ingress.kubernetes.io/auth-secret: guests
    nginx.ingress.kubernetes.io/auth-realm: hello # the greeting
    # Not too often.
    nginx.ingress.kubernetes.io/limit-rps: "5"
`);
    const after = written(resultOf(route, files, options), "web.yaml");
    assert.match(after, /^apiVersion: gateway/);
    assert.match(
      after,
      /spec:\n {2}# The kind of login\.\n {2}basicAuth:\n {4}# Who may log in\.\n {4}secret: guests\n {4}# the greeting\n {4}realm: hello\n/,
    );
    assert.match(after, /rateLimit:\n {4}# Not too often\.\n {4}average: 5\n/);
  });

  it("come above the filter that says the same", () => {
    const files = nginx(`    # As the app knows itself.
    nginx.ingress.kubernetes.io/upstream-vhost: app.example.com
`);
    const after = written(resultOf(route, files, options), "web.yaml");
    assert.match(after, /filters:\n( +)# As the app knows itself\.\n\1- type: URLRewrite\n/);
  });

  it("come above the field of the TraefikService that says the same", () => {
    const annotations = `    # It has its own certificate.
    nginx.ingress.kubernetes.io/backend-protocol: HTTPS
`;
    const files = nginx(annotations);
    const one = textIn(files, "web.yaml").replaceAll("name: guard", "name: web");
    const after = written(resultOf(route, { ...files, "web.yaml": one }, options), "web.yaml");
    assert.match(after, /kind: TraefikService\n[^]*\n( +)# It has its own certificate\.\n\1scheme: https\n/);
  });

  it("follow an endpoint for Gatus to the route that takes it", () => {
    for (const files of [ingress, release]) {
      const annotations = `  annotations:
    # Seen from outside.
    gatus.home-operations.com/endpoint: |
      url: https://two.example.com
`;
      const text = textIn(files("# said of a path", annotations), "web.yaml");
      const first = /^( *)- host: web\.example\.com\n/m.exec(text)?.[1] ?? "";
      const host = text
        .slice(text.indexOf(`${first}- host`))
        .replace("web.example.com", "two.example.com")
        .replace("/shutdown", "/the-start")
        .replace("# said of a path", "# said of another");
      const result = resultOf(route, { "apps.yaml": APPS, "web.yaml": `${text}${host}` }, OPTIONS);
      const after = written(result, "web.yaml");
      assert.deepEqual(messages(result, "refused"), []);
      assert.match(
        after,
        /web-2[^]*\n( +)# Seen from outside\.\n\1gatus\.home-operations\.com\/endpoint: \|\n[^]*two\.example\.com/,
      );
      assert.match(after, /\n( +)# said of another\n\1- path:\n.*Exact\n.*\/the-start/);
    }
  });
});

describe("comments at the end of a mapping or list, which explain none of its entries", () => {
  const object = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: apps
  labels:
    app: web
    # The chart adds more.
  # There is no login here: the app has its own.
spec:
  ingressClassName: traefik
  rules:
    - host: web.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
    # The hosts of guests are in guests.yaml.
`;
  const options = { ...OPTIONS, acceptLoss: ["comment"] };

  it("stay at its end in the route", () => {
    const text = written(resultOf(route, { "apps.yaml": APPS, "web.yaml": object }, options), "web.yaml");
    assert.match(
      text,
      /\n {4}app: web\n {4}# The chart adds more\.\n {2}# There is no login here: the app has its own\.\nspec:\n/,
      text,
    );
    assert.match(text, /\n {10}port: 80\n {4}# The hosts of guests are in guests\.yaml\.\n$/, text);
  });

  it("stay at its end in the values of a release", () => {
    const files = release("# It must not be stopped.\n              # Not even by hand.", "");
    const given = (files["web.yaml"] as string) + "        # No login: the app has its own.\n";
    const text = written(resultOf(route, { ...files, "web.yaml": given }, options), "web.yaml");
    assert.match(text, /\n {8}# No login: the app has its own\.\n$/, text);
  });
});

describe("migrate route: comments on rules of an IngressRoute that become one", () => {
  const files: Files = {
    "apps.yaml": APPS,
    "web.yaml": `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: web
  namespace: apps
  annotations: { kubernetes.io/ingress.class: traefik }
spec:
  routes:
    # For everyone.
    - match: Host(\`web.example.com\`)
      kind: Rule
      priority: 100
      services: [{ name: web, port: 80 }]
    # At home; its priority is lower.
    - match: Host(\`web.example.net\`)
      kind: Rule
      priority: 90
      services: [{ name: web, port: 80 }]
`,
  };

  it("come above their own hosts, and the loss of a priority quotes what still mentions it", () => {
    const result = resultOf(route, files, { ...OPTIONS, acceptLoss: ["setting"] });
    assert.match(
      written(result, "web.yaml"),
      /hostnames:\n( +)# For everyone\.\n\1- web\.example\.com\n\1# At home; its priority is lower\.\n\1- web\.example\.net\n *rules:\n *-/,
    );
    assert.deepEqual(
      messages(result, "lost").filter((message) => message.includes("mentions")),
      [
        "the priority of the rule Host(`web.example.net`), which its comment still mentions: # At home; its priority is lower.",
      ],
    );
  });
});
