import assert from "node:assert/strict";
import { loadPins } from "../../config/pins.ts";
import { parseConfig } from "../../config/parse.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { planPlatform } from "../../platform/plan.ts";
import { clusterHolding } from "../support/cluster.ts";
import { GATEWAY } from "../support/configuration.ts";
import { allowed, podOf, type Connection, type Outside, type Pod } from "../support/reachability.ts";

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
  const values = Object.fromEntries(
    Object.entries(CONFIG).map(([key, value]) => [key, JSON.stringify(value)]),
  );
  const { parts } = await planPlatform({
    stack: "test",
    config: { ...parseConfig({ values, secrets: {} }), secrets: {}, gatusAuthorizations: new Map() },
    pins: loadPins(),
    cluster: { ...clusterHolding(), serves: () => Promise.resolve(true) },
    recorded: () => Promise.resolve([]),
  });
  return parts.flatMap(({ objects }) => objects);
}

const neighbour = (namespace: string, app: string, port: number, protocol: "TCP" | "UDP" = "TCP"): Pod => ({
  namespace,
  labels: { app },
  ports: [{ name: "app", containerPort: port, protocol }],
});

/** Who can reach what: the expected answer first. */
function expectations(objects: readonly KubeObject[]): readonly (readonly [boolean, string, Connection])[] {
  const pods = (namespace: string, name: string): Pod =>
    podOf(
      objects.find(
        ({ kind, metadata }) =>
          kind === "Deployment" && metadata.namespace === namespace && metadata.name === name,
      ) ?? assert.fail(name),
    );
  const traefik = pods("network", "traefik-gateway-external");
  const internal = pods("observability", "traefik-gateway-internal");
  const gatus = pods("observability", "gatus");
  const internet: Outside = { ip: "198.51.100.7" };
  // It runs on the network of its node.
  const apiServer: Outside = { ip: "192.0.2.10" };
  const prometheus = neighbour("monitoring", "prometheus", 9090);
  const stranger = neighbour("default", "stranger", 8080);
  // Next to Traefik and to Gatus, which must not close the ports of others.
  const webhook = neighbour("network", "webhook", 10250);
  const database = neighbour("observability", "postgres", 5432);
  const app = neighbour("media", "app", 8080);
  const resolver = neighbour("kube-system", "coredns", 53, "UDP");
  const row = (
    expected: boolean,
    from: readonly [string, Pod | Outside],
    to: readonly [string, Pod | Outside],
    [port, protocol = "TCP"]: readonly [string | number, ("TCP" | "UDP")?],
  ) => {
    const target = to[1];
    const number =
      typeof port === "number"
        ? port
        : "ports" in target
          ? target.ports.find(({ name }) => name === port)?.containerPort
          : undefined;
    assert.ok(number !== undefined, `${to[0]} has the port ${port}`);
    const connection = { from: from[1], to: target, port: number, protocol };
    return [expected, `${from[0]} -> ${to[0]} ${port}/${protocol}`, connection] as const;
  };
  const [yes, no] = [true, false];
  const entry = (["web", "websecure", "mqtt"] as const).map((port) =>
    row(yes, ["internet", internet], ["Traefik", traefik], [port]),
  );
  return [
    ...entry,
    row(yes, ["internet", internet], ["Traefik", traefik], ["websecure-http3", "UDP"]),
    row(yes, ["internet", internet], ["Traefik", traefik], ["dns", "UDP"]),
    row(no, ["internet", internet], ["Traefik", traefik], ["dns", "TCP"]),
    row(no, ["internet", internet], ["Traefik", traefik], ["web", "UDP"]),
    row(no, ["internet", internet], ["Traefik", traefik], ["ping"]),
    row(no, ["internet", internet], ["Traefik", traefik], ["metrics"]),
    row(no, ["internet", internet], ["Traefik", traefik], [6060]),
    row(yes, ["Prometheus", prometheus], ["Traefik", traefik], ["metrics"]),
    row(no, ["Prometheus", prometheus], ["Traefik", traefik], ["ping"]),
    row(no, ["stranger", stranger], ["Traefik", traefik], ["ping"]),
    row(yes, ["Gatus", gatus], ["Traefik", traefik], ["websecure"]),
    row(yes, ["Gatus", gatus], ["internal Traefik", internal], ["websecure"]),
    row(yes, ["internet", internet], ["internal Traefik", internal], ["web"]),
    row(yes, ["Prometheus", prometheus], ["internal Traefik", internal], ["metrics"]),
    row(no, ["internet", internet], ["internal Traefik", internal], ["metrics"]),
    row(no, ["Gatus", gatus], ["internal Traefik", internal], ["ping"]),
    row(no, ["stranger", stranger], ["internal Traefik", internal], ["web", "UDP"]),
    row(yes, ["Traefik", traefik], ["app", app], [8080]),
    row(yes, ["Traefik", traefik], ["Gatus", gatus], ["http"]),
    // The verification asks Gatus through the API server, whose address no policy can know.
    row(yes, ["API server", apiServer], ["Gatus", gatus], ["http"]),
    row(yes, ["Prometheus", prometheus], ["Gatus", gatus], ["http"]),
    row(no, ["stranger", stranger], ["Gatus", gatus], ["filter-health"]),
    row(no, ["stranger", stranger], ["Gatus", gatus], ["labelled-health"]),
    row(no, ["API server", apiServer], ["Gatus", gatus], ["filter-health"]),
    row(no, ["Traefik in Gatus's namespace", internal], ["Gatus", gatus], ["labelled-health"]),
    row(no, ["stranger", stranger], ["Gatus", gatus], ["http", "UDP"]),
    row(no, ["stranger", stranger], ["Gatus", gatus], [6060]),
    row(yes, ["Gatus", gatus], ["database", database], [5432]),
    row(yes, ["Gatus", gatus], ["DNS", resolver], [53, "UDP"]),
    row(yes, ["Traefik", traefik], ["DNS", resolver], [53, "UDP"]),
    row(yes, ["Gatus's sidecars", gatus], ["API server", apiServer], [6443]),
    row(yes, ["Traefik", traefik], ["API server", apiServer], [6443]),
    row(yes, ["internal Traefik", internal], ["API server", apiServer], [6443]),
    row(yes, ["API server", apiServer], ["webhook", webhook], [10250]),
    row(yes, ["stranger", stranger], ["database", database], [5432]),
    row(yes, ["stranger", stranger], ["app", app], [8080]),
  ];
}

interface PolicySpec {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly Rule[];
}
interface Rule {
  readonly from?: readonly object[];
  readonly ports?: readonly { readonly port?: string; readonly protocol: string }[];
}

const without = <T>(list: readonly T[], index: number): T[] => list.toSpliced(index, 1);

/** Every change of one rule, port, selector or type of a policy, by description. */
function changes(spec: PolicySpec): readonly (readonly [string, PolicySpec])[] {
  const { ingress, policyTypes } = spec;
  const rule = (index: number, changed: Rule): PolicySpec => ({
    ...spec,
    ingress: ingress.with(index, changed),
  });
  return [
    ["selects every pod of the namespace", { ...spec, podSelector: {} }],
    ["selects no pod", { ...spec, podSelector: { matchLabels: { app: "none" } } }],
    ["also closes connections from the pods", { ...spec, policyTypes: [...policyTypes, "Egress"] }],
    ["has a rule that opens everything", { ...spec, ingress: [...ingress, {}] }],
    ...ingress.flatMap((each, index): readonly (readonly [string, PolicySpec])[] => [
      [`lacks rule ${index}`, { ...spec, ingress: without(ingress, index) }],
      [
        `has rule ${index} for pods of its namespace only`,
        rule(index, { ...each, from: [{ podSelector: {} }] }),
      ],
      [`has rule ${index} for every port`, rule(index, { ...each, ports: [] })],
      ...(each.from === undefined
        ? []
        : [[`has rule ${index} for everyone`, rule(index, { ...each, from: [] })] as const]),
      ...(each.ports ?? []).flatMap((port, at) => [
        [`lacks port ${port.port}`, rule(index, { ...each, ports: without(each.ports ?? [], at) })] as const,
        [
          `has port ${port.port} with the other protocol`,
          rule(index, {
            ...each,
            ports: (each.ports ?? []).with(at, {
              ...port,
              protocol: port.protocol === "TCP" ? "UDP" : "TCP",
            }),
          }),
        ] as const,
      ]),
    ]),
  ];
}

describe("the platform's NetworkPolicies, evaluated by cyclonus", function () {
  this.timeout(600_000);
  let policies: readonly KubeObject[];
  let expected: ReturnType<typeof expectations>;

  before(async () => {
    const objects = await planned();
    policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    expected = expectations(objects);
  });

  /** The rows that the policies do not fulfil. */
  async function broken(candidates: readonly KubeObject[]): Promise<readonly string[]> {
    const results = await allowed(
      candidates,
      expected.map(([, , connection]) => connection),
    );
    assert.equal(results.length, expected.length);
    return expected.flatMap(([wanted, name], index) => (results[index] === wanted ? [] : [name]));
  }

  it("let through what the platform needs, and nothing else", async () => {
    assert.equal(policies.length, 3);
    assert.deepEqual(await broken(policies), []);
  });

  it("close nothing of what they do not select, and without them everything is open", async () => {
    const closed = expected.filter(([wanted]) => !wanted).map(([, name]) => name);
    assert.deepEqual(await broken([]), closed);
  });

  it("have no rule, port or selector that could change without a wrong answer", async () => {
    let tried = 0;
    for (const [index, policy] of policies.entries())
      for (const [change, spec] of changes(policy.spec as PolicySpec)) {
        const wrong = await broken(policies.with(index, { ...policy, spec }));
        assert.notDeepEqual(wrong, [], `NetworkPolicy ${policy.metadata.name} ${change}`);
        tried += 1;
      }
    assert.ok(tried > 40, `${tried} changes`);
  });
});
