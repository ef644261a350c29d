import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { gatewayWith, helmRelease, listener, messages, resultOf, type Files } from "../../planning.ts";

const TARGET = "external-dns.alpha.kubernetes.io/target";
const ROUTE = {
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name: "till", namespace: "shop", annotations: { "kubernetes.io/ingress.class": "wan" } },
  spec: {
    routes: [{ kind: "Rule", match: "Host(`till.example.net`)", services: [{ name: "till", port: 80 }] }],
  },
};
const OPTIONS = {
  route: { gateways: { wan: { name: "front", namespace: "doors", redirectsToHttps: true } } },
};
const gateway = (annotations: object): object => {
  const metadata = { name: "front", namespace: "doors", annotations };
  return gatewayWith(metadata, "doors", [listener("http", "HTTP", 80), listener("https", "HTTPS", 443)]);
};
const notes = (
  kind: "refused" | "cutover",
  policy: object,
  {
    sources = ["traefik-proxy"],
    annotations = {},
  }: { sources?: readonly string[]; annotations?: object } = {},
): string => {
  const files: Files = {
    "apps/a.yaml": [
      helmRelease("names", "network", "external-dns", { policy: "sync", sources }),
      gateway(annotations),
      policy,
    ],
    "apps/till.yaml": ROUTE,
  };
  return messages(resultOf(route, files, OPTIONS), kind).join("\n");
};

const RULES = [
  {
    apiGroups: ["traefik.io"],
    apiVersions: ["v1alpha1"],
    operations: ["CREATE"],
    resources: ["ingressroutes"],
  },
];
const mutating = (mutation: object, resourceRules: readonly object[] = RULES): object => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingAdmissionPolicy",
  metadata: { name: "names" },
  spec: { matchConstraints: { resourceRules }, mutations: [mutation] },
});
const applied = (value: string): object => ({
  patchType: "ApplyConfiguration",
  applyConfiguration: {
    expression: `Object{ metadata: Object.metadata{ annotations: {"${TARGET}": ${value}} } }`,
  },
});
const kyverno = (mutate: object): object => ({
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name: "names" },
  spec: { rules: [{ name: "one", match: { any: [{ resources: { kinds: ["IngressRoute"] } }] }, mutate }] },
});

const POLICIES: Readonly<Record<string, object>> = {
  "an apply configuration": mutating(applied('"192.0.2.9"')),
  "a JSON patch in CEL": mutating({
    patchType: "JSONPatch",
    jsonPatch: {
      expression: `[JSONPatch{op: "add", path: "/metadata/annotations/${TARGET.replace("/", "~1")}", value: "192.0.2.9"}]`,
    },
  }),
  "a patch of Kyverno": kyverno({
    patchStrategicMerge: { metadata: { annotations: { [`+(${TARGET})`]: "192.0.2.9" } } },
  }),
  "a JSON patch of Kyverno": kyverno({
    patchesJson6902: `- op: add\n  path: /metadata/annotations/${TARGET.replace("/", "~1")}\n  value: "192.0.2.9"\n`,
  }),
  "an assignment of Gatekeeper": {
    apiVersion: "mutations.gatekeeper.sh/v1",
    kind: "AssignMetadata",
    metadata: { name: "names" },
    spec: {
      match: { kinds: [{ apiGroups: ["*"], kinds: ["IngressRoute"] }] },
      location: `metadata.annotations."${TARGET}"`,
      parameters: { assign: { value: "192.0.2.9" } },
    },
  },
};

describe("migrate route: annotations of external-dns that an admission policy writes", () => {
  for (const [what, policy] of Object.entries(POLICIES))
    it(`make a record that the route would lose: ${what}`, () => {
      assert.match(
        notes("refused", policy),
        /the DNS record of till\.example\.net: network\/names does not have the source gateway-httproute and would delete it/,
      );
      const both = { sources: ["traefik-proxy", "gateway-httproute"] };
      assert.match(notes("refused", policy, both), /the DNS target 192\.0\.2\.9 of till\.example\.net/);
      const ready = { ...both, annotations: { [TARGET]: "192.0.2.9" } };
      assert.equal(notes("refused", policy, ready), "");
      assert.match(
        notes("cutover", policy, ready),
        /names .* matches IngressRoutes and not HTTPRoutes.*: external-dns reads \S+\/target from the route's Gateway, so write that there$/m,
      );
    });

  it("count although their value is computed", () => {
    assert.match(
      notes("refused", mutating(applied("variables.target")), {
        sources: ["traefik-proxy", "gateway-httproute"],
      }),
      /the DNS target a value that MutatingAdmissionPolicy names computes of till/,
    );
  });

  it("do not count for other kinds", () => {
    const others = [{ ...RULES[0], resources: ["ingressroutetcps"] }];
    assert.equal(notes("refused", mutating(applied('"192.0.2.9"'), others)), "");
  });
});
