import assert from "node:assert/strict";
import { stringify } from "yaml";
import { gatewayProvider } from "../../../../tools/migrate/steps/gateway-provider/step.ts";
import { messages, resultOf } from "../planning.ts";

const release = (values: object): object => ({
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: { name: "door", namespace: "doors" },
  spec: {
    chart: {
      spec: { chart: "traefik", version: "41.0.2", sourceRef: { kind: "HelmRepository", name: "traefik" } },
    },
    values: { logs: { general: { level: "INFO" } }, ...values },
  },
});
const service = (targetPort: unknown, selector?: object, namespace = "doors"): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "lan", namespace },
  spec: { selector, ports: [{ port: 443, ...(targetPort === undefined ? {} : { targetPort }) }] },
});
const TRAEFIK = { "app.kubernetes.io/name": "traefik" };

const plan = (
  values: object,
  more: Readonly<Record<string, object>> = {},
  ports: Readonly<Record<string, number>> = { web: 80, websecure: 443 },
): ReturnType<typeof resultOf> =>
  resultOf(
    gatewayProvider,
    { "doors/door.yaml": release(values), ...more },
    { "gateway-provider": { releases: { "doors/door": { labelSelector: "a=b", ports } } } },
  );

/** Values that would send requests to the port that an entry point leaves, and what the step says of each. */
const FIXED: readonly (readonly [object, RegExp])[] = [
  [
    { ports: { web: { port: 8000, containerPort: 8000 }, websecure: { containerPort: "8443" } } },
    /\(web from 8000 to 80, websecure from 8443 to 443\).*: ports\.web\.containerPort is 8000, ports\.websecure\.containerPort is 8443\. /,
  ],
  [{ ports: { websecure: { targetPort: 8443 } } }, /: ports\.websecure\.targetPort is 8443\. /],
  [{ ports: { websecure: { targetPort: 8000 } } }, /: ports\.websecure\.targetPort is 8000\. /],
  [
    { ports: { lan: { port: 9000, expose: { default: true }, targetPort: 8443 } } },
    /: ports\.lan\.targetPort is 8443\. /,
  ],
  [
    { hostNetwork: true, ports: { web: { port: 8000, hostPort: 8000 } } },
    /: ports\.web\.hostPort is 8000, which must be the entry point's port as hostNetwork is true\. /,
  ],
  [{ deployment: { healthchecksPort: 8000 } }, /: deployment\.healthchecksPort is 8000\. /],
  [{ startupProbe: { tcpSocket: { port: 8443 } } }, /: startupProbe\.tcpSocket\.port is 8443\. /],
  [
    { deployment: { podAnnotations: { "prometheus.io/port": "8000" } } },
    /: deployment\.podAnnotations\.prometheus\.io\/port is 8000\. /,
  ],
  [
    { additionalArguments: ["--log.level=INFO", "--entrypoints.WEB.address=:8000/tcp"] },
    /: the argument --entrypoints\.WEB\.address=:8000\/tcp\. /,
  ],
];
const FREE: readonly (readonly [string, object])[] = [
  ["names of ports", { ports: { web: { targetPort: "web" }, websecure: { targetPort: "web" } } }],
  [
    "the new ports",
    { ports: { web: { containerPort: 80, targetPort: 80, hostPort: 80 } }, hostNetwork: true },
  ],
  ["a port of the node", { ports: { web: { hostPort: 8000 }, websecure: { hostPort: 443 } } }],
  ["ports that stay", { ports: { metrics: { port: 9100, containerPort: 9100 }, lan: { targetPort: 9100 } } }],
  ["an entry point that is off", { ports: { metrics: null } }],
  ["arguments with the new port", { additionalArguments: ["--entryPoints.web.address=:80"] }],
  ["ports of others", { deployment: { healthchecksPort: 8080 }, startupProbe: { httpGet: { port: 8080 } } }],
];

describe("migrate gateway-provider: values that name the present port of an entry point", () => {
  for (const [values, expected] of FIXED)
    it(`keep the release as it is: ${JSON.stringify(values)}`, () => {
      const result = plan(values);
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused")[0] ?? "", expected);
    });
  for (const [what, values] of FREE)
    it(`${what} are none`, () => {
      const result = plan(values);
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
    });

  it("name one that an entry point still has", () => {
    const result = plan({ ports: { websecure: { targetPort: 8000 } } }, {}, { websecure: 443 });
    assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
  });
});

describe("migrate gateway-provider: Services in front of Traefik's pods", () => {
  it("that send to the present port keep the release as it is", () => {
    const lan = service(8443, { ...TRAEFIK, "app.kubernetes.io/managed-by": "Helm" });
    const result = plan({}, { "doors/lan.yaml": lan });
    assert.deepEqual(result.plan.changes, []);
    assert.match(messages(result, "refused")[0] ?? "", /: Service doors\/lan sends to 8443\. /);
    const own = plan({}, { "doors/lan.yaml": service(undefined, TRAEFIK) }, { websecure: 8444 });
    assert.equal(own.plan.changes.length, 1, "443 is not the present port");
  });

  for (const [what, one] of [
    ["send to a name", service("websecure", TRAEFIK)],
    ["select other pods", service(8443, { app: "tea" })],
    ["select nothing", service(8443)],
    ["are in another namespace", service(8443, TRAEFIK, "den")],
  ] as const)
    it(`that ${what} change nothing`, () => {
      const result = plan({}, { "doors/lan.yaml": one });
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
    });
});

describe("migrate gateway-provider: Services in the release's extraObjects", () => {
  const extra = (selector: object, targetPort: unknown = 8443): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "lan" },
    spec: { selector, ports: [{ port: 443, targetPort }] },
  });
  const template = { "app.kubernetes.io/name": '{{ include "traefik.name" . }}' };

  for (const [what, object] of [
    ["as a mapping", extra(TRAEFIK)],
    ["with a template as its label", extra(template)],
    ["as a text", stringify(extra(TRAEFIK))],
  ] as const)
    it(`that send to the present port keep the release as it is, ${what}`, () => {
      const result = plan({ extraObjects: [object] });
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused")[0] ?? "", /: Service lan in extraObjects sends to 8443\. /);
    });

  for (const [what, object] of [
    ["send to a name", extra(TRAEFIK, "websecure")],
    ["select other pods", extra({ "example.com/app": "tea", ...template })],
    ["select nothing", extra({})],
    ["are in another namespace", { ...extra(TRAEFIK), metadata: { name: "lan", namespace: "den" } }],
    ["cannot be read", "a: {{ b"],
  ] as const)
    it(`that ${what} change nothing`, () => {
      const result = plan({ extraObjects: [object] });
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
    });
});

describe("migrate gateway-provider: a port that another entry point has", () => {
  for (const [what, values, ports] of [
    ["in the values", { ports: { lan: { port: 443 } } }, { websecure: 443 }],
    ["by default", {}, { web: 8080 }],
    ["in the options", {}, { web: 443, websecure: 443 }],
  ] as const)
    it(`keeps the release as it is: ${what}`, () => {
      const result = plan(values, {}, ports);
      assert.deepEqual(result.plan.changes, []);
      assert.match(
        messages(result, "refused")[0] ?? "",
        /entry point web(secure)? would move from \d+ to (8080|443), where entry point (lan|traefik|websecure) listens/,
      );
    });

  it("is free if the other one is off, moves as well or is of another protocol", () => {
    for (const [values, ports] of [
      [{ ports: { traefik: null } }, { web: 8080 }],
      [{ ports: { lan: { port: 443 } } }, { websecure: 443, lan: 8443 }],
      [{ ports: { dns: { port: 443, protocol: "UDP" } } }, { websecure: 443 }],
    ] as const) {
      const result = plan(values, {}, ports);
      assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
    }
  });
});

describe("migrate gateway-provider: a Traefik in the node's network", () => {
  it("leaves the node's present ports, which the report says", () => {
    const [said = ""] = messages(plan({ hostNetwork: true }), "runbook").filter((one) =>
      one.includes("node's"),
    );
    assert.match(said, /8000 and 8443 of each node/);
    assert.doesNotMatch(messages(plan({}), "runbook").join(), /of each node/);
  });
});
