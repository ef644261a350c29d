import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, ingressWith, messages, resultOf, type Files } from "../../planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
const provides = (policy: string): object => ({
  route: { gateways: { wan: { ...OPTIONS.route.gateways.wan, provides: [policy] } } },
});

const SHOP = ingressWith({ name: "till", namespace: "shop", ingressClassName: "wan" });
const ROUTE = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name: "till", namespace: "shop", annotations: { "kubernetes.io/ingress.class": "wan" } },
  spec: {
    routes: [{ kind: "Rule", match: "Host(`till.example.net`)", services: [{ name: "till", port: 80 }] }],
  },
};
const RELEASE = helmRelease("till", "shop", "app-template", {
  service: { till: { controller: "till", ports: { http: { port: 80 } } } },
  ingress: {
    till: {
      className: "wan",
      hosts: [{ host: "till.example.net", paths: [{ path: "/", service: { identifier: "till" } }] }],
    },
  },
});

const kyverno = (rule: object, spec: object = {}): object => ({
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name: "doormen" },
  spec: { ...spec, rules: [{ name: "one", ...rule }] },
});
const match = (resources: object): object => ({ match: { any: [{ resources }] } });
const INGRESSES = match({ kinds: ["networking.k8s.io/v1/Ingress"] });
const ROUTES = match({ kinds: ["traefik.io/v1alpha1/IngressRoute"] });
const CHECK = { validate: { failureAction: "Enforce", pattern: { spec: { tls: [{ hosts: ["?*"] }] } } } };
const mutation = (annotations: object): object => ({
  mutate: { patchStrategicMerge: { metadata: { annotations } } },
});
const LIMIT = mutation({ "+(nginx.ingress.kubernetes.io/whitelist-source-range)": "192.0.2.0/24" });
const TILE = mutation({ "+(gethomepage.dev/enabled)": "true" });

const RESOURCES = { apiGroups: ["networking.k8s.io"], apiVersions: ["v1"], resources: ["ingresses"] };
const vap = (resourceRules: readonly object[]): object => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: "doormen" },
  spec: { matchConstraints: { resourceRules }, validations: [{ expression: "has(object.spec.tls)" }] },
});
const binding = (spec: object): object => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name: "doormen" },
  spec: { policyName: "doormen", validationActions: ["Deny"], ...spec },
});
const constraint = (matched: object, spec: object = {}): object => ({
  apiVersion: "constraints.gatekeeper.sh/v1beta1",
  kind: "K8sHttpsOnly",
  metadata: { name: "doormen" },
  spec: { match: matched, ...spec },
});
const KINDS = [{ apiGroups: ["extensions", "networking.k8s.io"], kinds: ["Ingress"] }];
const assign = (location: string, value: unknown): object => ({
  apiVersion: "mutations.gatekeeper.sh/v1",
  kind: location.startsWith("metadata") ? "AssignMetadata" : "Assign",
  metadata: { name: "doormen" },
  spec: {
    match: { kinds: [{ apiGroups: ["*"], kinds: ["Ingress"] }] },
    location,
    parameters: { assign: { value } },
  },
});

/** Policies that protect an Ingress, and the Ingress that stays. */
const PROTECTING: readonly (readonly [string, readonly object[], object])[] = [
  ["Kyverno enforces a pattern", [kyverno({ ...INGRESSES, ...CHECK })], SHOP],
  [
    "Kyverno enforces a pattern, and a chart renders the Ingress",
    [kyverno({ ...INGRESSES, ...CHECK })],
    RELEASE,
  ],
  [
    "Kyverno enforces a pattern, in the older notation",
    [
      kyverno(
        { match: { resources: { kinds: ["Ing*"] } }, validate: { pattern: {} } },
        { validationFailureAction: "enforce" },
      ),
    ],
    SHOP,
  ],
  ["Kyverno adds an allow list", [kyverno({ ...INGRESSES, ...LIMIT })], SHOP],
  [
    "Kyverno adds an allow list unless an annotation that it does not have is set",
    [
      kyverno({
        ...INGRESSES,
        exclude: { any: [{ resources: { annotations: { "example.net/public": "true" } } }] },
        ...LIMIT,
      }),
    ],
    SHOP,
  ],
  [
    "Kyverno adds an allow list by a JSON patch, also to routes, which ignore it",
    [
      kyverno({
        ...match({ kinds: ["Ingress", "HTTPRoute"] }),
        mutate: {
          patchesJson6902:
            "- op: add\n  path: /metadata/annotations/nginx.ingress.kubernetes.io~1auth-url\n  value: http://gate",
        },
      }),
    ],
    SHOP,
  ],
  [
    "Kyverno adds a Middleware",
    [
      kyverno({
        ...ROUTES,
        mutate: { patchStrategicMerge: { spec: { routes: [{ middlewares: [{ name: "login" }] }] } } },
      }),
    ],
    ROUTE,
  ],
  [
    "Kyverno adds TLS options by a JSON patch",
    [
      kyverno({
        ...ROUTES,
        mutate: {
          patchesJson6902: "- op: add\n  path: /spec/tls\n  value:\n    options: { name: mutual }\n",
        },
      }),
    ],
    ROUTE,
  ],
  [
    "Kyverno adds an empty tls and a Middleware",
    [
      kyverno({
        ...ROUTES,
        mutate: {
          patchesJson6902:
            "- op: add\n  path: /spec/tls\n  value: {}\n- op: add\n  path: /spec/routes/0/middlewares\n  value: [{ name: login }]\n",
        },
      }),
    ],
    ROUTE,
  ],
  ["the API server denies", [vap([RESOURCES]), binding({})], SHOP],
  ["Gatekeeper denies", [constraint({ kinds: KINDS })], SHOP],
  ["Gatekeeper denies in the namespaces", [constraint({ kinds: KINDS, namespaces: ["sh*"] })], SHOP],
  ["Gatekeeper sets a field", [assign("spec.tls", [{ hosts: ["till.example.net"] }])], SHOP],
  [
    "Gatekeeper sets an annotation",
    [assign('metadata.annotations."nginx.ingress.kubernetes.io/auth-url"', "http://gate")],
    SHOP,
  ],
];

/** Policies without which an Ingress is as protected as with them. */
const HARMLESS: readonly (readonly [string, readonly object[], object])[] = [
  ["another kind", [kyverno({ ...ROUTES, ...CHECK })], SHOP],
  ["a subresource", [kyverno({ ...match({ kinds: ["Ingress/status"] }), ...CHECK })], SHOP],
  [
    "another namespace",
    [kyverno({ ...match({ kinds: ["Ingress"], namespaces: ["den*"] }), ...CHECK })],
    SHOP,
  ],
  ["another name", [kyverno({ ...match({ kinds: ["Ingress"], names: ["tea"] }), ...CHECK })], SHOP],
  [
    "an annotation that it does not have",
    [kyverno({ ...match({ kinds: ["Ingress"], annotations: { "example.net/login": "true" } }), ...LIMIT })],
    SHOP,
  ],
  ["routes as well", [kyverno({ ...match({ kinds: ["Ingress", "HTTPRoute"] }), ...CHECK })], SHOP],
  ["everything", [kyverno({ ...match({ kinds: ["*"] }), ...CHECK })], SHOP],
  [
    "an exclusion of the namespace",
    [kyverno({ ...INGRESSES, exclude: { any: [{ resources: { namespaces: ["shop"] } }] }, ...CHECK })],
    SHOP,
  ],
  [
    "a binding to another namespace",
    [
      vap([RESOURCES]),
      binding({
        matchResources: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "den" } },
        },
      }),
    ],
    SHOP,
  ],
  [
    "the API server denies routes, too",
    [
      vap([RESOURCES, { ...RESOURCES, apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes"] }]),
      binding({}),
    ],
    SHOP,
  ],
  ["an excluded namespace", [constraint({ kinds: KINDS, excludedNamespaces: ["shop"] })], SHOP],
  ["all kinds", [constraint({})], SHOP],
];

/** Policies that do something without which the route is not less safe. */
const OTHER: readonly (readonly [string, readonly object[], object])[] = [
  ["Kyverno audits", [kyverno({ ...INGRESSES, validate: { pattern: {} } })], SHOP],
  ["Kyverno adds an annotation", [kyverno({ ...ROUTES, ...TILE })], ROUTE],
  [
    "Kyverno adds an empty tls",
    [kyverno({ ...ROUTES, mutate: { patchStrategicMerge: { spec: { "+(tls)": {} } } } })],
    ROUTE,
  ],
  [
    "Kyverno adds an empty tls by a JSON patch",
    [kyverno({ ...ROUTES, mutate: { patchesJson6902: "- op: add\n  path: /spec/tls\n  value: {}\n" } })],
    ROUTE,
  ],
  ["the API server warns", [vap([RESOURCES]), binding({ validationActions: ["Warn"] })], SHOP],
  ["Gatekeeper warns", [constraint({ kinds: KINDS }, { enforcementAction: "warn" })], SHOP],
];

const files = (policies: readonly object[], ingress: object): Files => ({
  "policies/doormen.yaml": policies,
  "shop/till.yaml": ingress,
});

describe("migrate route: an admission policy that does not match HTTPRoutes", () => {
  for (const [what, policies, ingress] of PROTECTING)
    it(`keeps an Ingress if ${what}, unless the Gateway's policies do the same`, () => {
      const result = resultOf(route, files(policies, ingress), OPTIONS);
      assert.deepEqual(result.plan.changes, []);
      const [refused = ""] = messages(result, "refused");
      const name = /^(\w+ doormen) \(policies\/doormen\.yaml:1\) (?:rejects|writes) /.exec(refused)?.[1];
      assert.ok(name !== undefined, refused);
      const asked = resultOf(route, files(policies, ingress), provides(name));
      assert.equal(asked.plan.changes.length, 1, messages(asked, "refused").join("\n"));
    });

  for (const [what, policies, ingress] of HARMLESS)
    it(`says nothing about ${what}`, () => {
      const result = resultOf(route, files(policies, ingress), OPTIONS);
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
      assert.ok(!messages(result, "cutover").join("\n").includes("doormen"));
    });

  for (const [what, policies, ingress] of OTHER)
    it(`is on the cutover list if ${what}`, () => {
      const result = resultOf(route, files(policies, ingress), OPTIONS);
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join("\n"));
      assert.match(
        messages(result, "cutover").join("\n"),
        /^\w+ doormen \(policies\/doormen\.yaml:1\) matches Ingress(?:es|Routes) and not HTTPRoutes, so it will not apply to the route/m,
      );
    });
});
