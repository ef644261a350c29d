import assert from "node:assert/strict";
import { loadPins } from "../../config/pins.ts";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { planPlatform } from "../../platform/plan.ts";
import { clusterHolding } from "../support/cluster.ts";
import { GATEWAY } from "../support/configuration.ts";
import { policyChanges, type PolicySpec } from "../support/policy-changes.ts";
import { allowed, podOf, type Connection, type Outside, type Pod } from "../support/reachability.ts";
import { stackConfig } from "../support/stack-config.ts";

const CONFIG = {
  cluster: { context: "test" },
  gatewayApi: { install: false },
  networkPolicies: { install: true },
  gateways: [
    {
      ...GATEWAY,
      traefik: {
        http3: true,
        entryPoints: [
          { name: "mqtt", port: 8883 },
          { name: "dns", port: 5353, protocol: "UDP" },
        ],
      },
    },
    // In Gatus's namespace, with ports that its Gateway does not share with the other.
    { ...GATEWAY, name: "internal", namespace: "observability", className: "traefik-internal" },
  ],
  gatus: {
    install: true,
    storage: { type: "postgres", secret: "gatus-app", key: "uri" },
    labelledConfigMaps: true,
  },
};

/** The objects of the stack. */
async function planned(): Promise<readonly KubeObject[]> {
  const { parts } = await planPlatform({
    stack: "test",
    config: stackConfig(CONFIG),
    pins: loadPins(),
    cluster: { ...clusterHolding(), serves: () => Promise.resolve(true) },
    recorded: () => Promise.resolve([]),
  });
  return parts.flatMap(({ objects }) => objects);
}

/** An app of another owner. */
const neighbour = (namespace: string, app: string, port: number, protocol: "TCP" | "UDP" = "TCP"): Pod => ({
  namespace,
  labels: { app },
  ports: [{ name: "app", containerPort: port, protocol }],
});

/** Who connects. */
const ENDS = {
  internet: { ip: "198.51.100.7" },
  // It runs on the network of its node.
  "API server": { ip: "192.0.2.10" },
  Prometheus: neighbour("monitoring", "prometheus", 9090),
  stranger: neighbour("default", "stranger", 8080),
  app: neighbour("media", "app", 8080),
  DNS: neighbour("kube-system", "coredns", 53, "UDP"),
  // Next to Traefik and to Gatus, which must not close the ports of others.
  webhook: neighbour("network", "webhook", 10250),
  database: neighbour("observability", "postgres", 5432),
} satisfies Readonly<Record<string, Pod | Outside>>;

/** The pods of the stack, by the namespace and name of their Deployments. */
const DEPLOYMENTS = {
  Traefik: "network/traefik-gateway-external",
  "internal Traefik": "observability/traefik-gateway-internal",
  Gatus: "observability/gatus",
} as const;

type End = keyof typeof ENDS | keyof typeof DEPLOYMENTS;
/** From, to, and a port by name or number, with its protocol unless that is TCP. */
type Row = readonly [End, End, string];

const PASSES: readonly Row[] = [
  ["internet", "Traefik", "web"],
  ["internet", "Traefik", "websecure"],
  ["internet", "Traefik", "websecure-http3/UDP"],
  ["internet", "Traefik", "mqtt"],
  ["internet", "Traefik", "dns/UDP"],
  ["internet", "internal Traefik", "web"],
  ["Gatus", "Traefik", "websecure"],
  ["Gatus", "internal Traefik", "websecure"],
  ["Prometheus", "Traefik", "metrics"],
  ["Prometheus", "internal Traefik", "metrics"],
  ["Traefik", "app", "8080"],
  ["Traefik", "Gatus", "http"],
  // The verification asks Gatus through the API server, whose address no policy can know.
  ["API server", "Gatus", "http"],
  ["Prometheus", "Gatus", "http"],
  ["Gatus", "database", "5432"],
  ["Gatus", "DNS", "53/UDP"],
  ["Traefik", "DNS", "53/UDP"],
  ["Gatus", "API server", "6443"],
  ["Traefik", "API server", "6443"],
  ["internal Traefik", "API server", "6443"],
  ["API server", "webhook", "10250"],
  ["stranger", "database", "5432"],
  ["stranger", "app", "8080"],
];

const BLOCKED: readonly Row[] = [
  ["internet", "Traefik", "dns/TCP"],
  ["internet", "Traefik", "web/UDP"],
  ["internet", "Traefik", "ping"],
  ["internet", "Traefik", "metrics"],
  ["internet", "Traefik", "6060"],
  ["Prometheus", "Traefik", "ping"],
  ["stranger", "Traefik", "ping"],
  ["internet", "internal Traefik", "metrics"],
  ["Gatus", "internal Traefik", "ping"],
  ["stranger", "internal Traefik", "web/UDP"],
  ["stranger", "Gatus", "filter-health"],
  ["stranger", "Gatus", "labelled-health"],
  ["API server", "Gatus", "filter-health"],
  ["internal Traefik", "Gatus", "labelled-health"],
  ["stranger", "Gatus", "http/UDP"],
  ["stranger", "Gatus", "6060"],
];
const ROWS = [...PASSES, ...BLOCKED];

/** The connections of {@link ROWS}. */
function connections(objects: readonly KubeObject[]): readonly Connection[] {
  const deployments = objects.filter(({ kind }) => kind === "Deployment");
  const end = (name: End): Pod | Outside => {
    if (name in ENDS) return ENDS[name as keyof typeof ENDS];
    const id = `Deployment ${DEPLOYMENTS[name as keyof typeof DEPLOYMENTS]}`;
    return podOf(deployments.find((each) => describeObject(each) === id) ?? assert.fail(id));
  };
  return ROWS.map(([from, to, wanted]) => {
    const [port = "", protocol = "TCP"] = wanted.split("/");
    return { from: end(from), to: end(to), ...portOf(end(to), port), protocol: protocol as "TCP" | "UDP" };
  });
}

function portOf(target: Pod | Outside, port: string): { readonly port: number } {
  if (/^\d+$/.test(port)) return { port: Number(port) };
  const named = "ports" in target ? target.ports.find(({ name }) => name === port) : undefined;
  return { port: (named ?? assert.fail(`there is no port ${port}`)).containerPort };
}

describe("the platform's NetworkPolicies, evaluated by cyclonus", function () {
  this.timeout(600_000);
  let policies: readonly KubeObject[];
  let tried: readonly Connection[];

  before(async () => {
    const objects = await planned();
    policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    tried = connections(objects);
  });

  /** The rows that the policies contradict. */
  async function broken(candidates: readonly KubeObject[]): Promise<readonly Row[]> {
    const results = await allowed(candidates, tried);
    assert.equal(results.length, ROWS.length);
    return ROWS.filter((row, index) => results[index] !== PASSES.includes(row));
  }

  it("let through what the platform needs, and nothing else", async () => {
    assert.equal(policies.length, 3);
    assert.deepEqual(await broken(policies), []);
  });

  it("close nothing of what they do not select, and without them everything is open", async () => {
    assert.deepEqual(await broken([]), BLOCKED);
  });

  it("have no rule, port or selector that could change without a wrong answer", async () => {
    let count = 0;
    for (const [index, policy] of policies.entries())
      for (const [change, spec] of policyChanges(policy.spec as PolicySpec)) {
        const wrong = await broken(policies.with(index, { ...policy, spec }));
        assert.notDeepEqual(wrong, [], `NetworkPolicy ${policy.metadata.name} ${change}`);
        count += 1;
      }
    assert.ok(count > 40, `${count} changes`);
  });
});
