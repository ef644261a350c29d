import assert from "node:assert/strict";
import type { KubeObject } from "../../../kube/objects.ts";
import { checkGatus, type GatusArgs } from "../../../components/gatus/gatus.ts";
import { loadPins } from "../../../config/pins.ts";
import { clusterHolding } from "../../support/cluster.ts";

const args: GatusArgs = {
  install: true,
  namespace: "observability",
  labels: {},
  endpoints: [],
  storage: { type: "memory" },
  discover: { httpRoutes: true, services: true },
  labelledConfigMaps: true,
  images: loadPins().images,
  gateways: [],
};

interface RouteOptions {
  readonly annotations?: Record<string, string>;
  readonly hostnames?: readonly string[];
  readonly gateway?: string;
}
const route = (
  namespace: string,
  name: string,
  { annotations, hostnames = ["app.example.com"], gateway = "external" }: RouteOptions = {},
): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name, namespace, ...(annotations && { annotations }) },
  spec: { parentRefs: [{ name: gateway, namespace: "network" }], hostnames },
});
const gateway = (name: string, endpoint: string): KubeObject => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name, namespace: "network", annotations: { "gatus.home-operations.com/endpoint": endpoint } },
});
const service = (namespace: string, name: string, annotations: Record<string, string>): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace, annotations },
});
const configMap = (
  name: string,
  text: string,
  labels: Record<string, string> = { "gatus.io/enabled": "true" },
) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "media", labels },
  data: { "config.yaml": text, "notes.txt": ":" },
});
const endpoint = { name: "whoami", url: "http://whoami", interval: "1m", conditions: ["[STATUS] == 200"] };
const grouped = (group: string) => ({
  annotations: { "gatus.home-operations.com/endpoint": `group: ${group}` },
});
const enabled = (value: string) => ({ annotations: { "gatus.home-operations.com/enabled": value } });

async function findings(overrides: Partial<GatusArgs>, ...live: KubeObject[]) {
  return checkGatus({ ...args, ...overrides }, clusterHolding(...live));
}
async function messages(overrides: Partial<GatusArgs>, ...live: KubeObject[]): Promise<string> {
  return (await findings(overrides, ...live))
    .map(({ severity, message }) => `${severity}: ${message}`)
    .join("\n");
}

describe("Gatus's check of the live cluster", () => {
  it("reports two routes with the same name in two namespaces, which the verification cannot distinguish", async () => {
    const found = await findings({}, route("a", "whoami"), route("b", "whoami"));
    assert.equal(found.length, 1);
    assert.equal(found[0]?.severity, "warning");
    assert.match(found[0].message, /HTTPRoute a\/whoami and HTTPRoute b\/whoami/);
  });

  const quiet: Record<string, readonly KubeObject[]> = {
    "have different groups in their annotations": [
      route("a", "whoami", grouped("a")),
      route("b", "whoami", grouped("b")),
    ],
    "inherit different groups from their Gateways": [
      gateway("external", "group: external"),
      gateway("internal", "group: internal"),
      route("a", "whoami"),
      route("b", "whoami", { gateway: "internal" }),
    ],
    "include one that is turned off": [route("a", "whoami"), route("b", "whoami", enabled("false"))],
    "include one that is turned off by a value that gatus-sidecar does not know": [
      route("a", "whoami"),
      route("b", "whoami", enabled("yes")),
    ],
    "include one without a hostname, and therefore without an endpoint": [
      route("a", "whoami"),
      route("b", "whoami", { hostnames: [] }),
    ],
  };
  for (const [title, live] of Object.entries(quiet))
    it(`finds nothing if routes with the same name ${title}`, async () => {
      assert.deepEqual(await findings({}, ...live), []);
    });

  it("prefers the Gateways that the stack declares over the live ones", async () => {
    const live = [gateway("external", "group: same"), gateway("internal", "group: same")];
    const routes = [route("a", "whoami"), route("b", "whoami", { gateway: "internal" })];
    assert.match(await messages({}, ...live, ...routes), /same_whoami/);
    const gateways = ["external", "internal"].map((name) => ({
      name,
      namespace: "network",
      endpoint: { group: name },
    }));
    assert.equal(await messages({ gateways }, ...live, ...routes), "");
  });

  it("refuses two configured endpoints with the same name, which Gatus would not accept", async () => {
    const other = { ...endpoint, url: "http://other" };
    assert.match(await messages({ endpoints: [endpoint, other] }), /^error: Gatus would reject its whole/);
  });

  it("includes endpoints from the configuration and from labelled ConfigMaps", async () => {
    const whoami = route("a", "whoami");
    assert.match(
      await messages({ endpoints: [endpoint] }, whoami),
      /the configured endpoint whoami and HTTPRoute/,
    );
    const labelled = configMap("whoami-gatus-ep", "endpoints: [{ name: whoami, url: 1.1.1.1 }]");
    assert.match(
      await messages({}, whoami, labelled),
      /^warning: HTTPRoute a\/whoami and ConfigMap media\/whoami-gatus-ep .* only the first/,
    );
    assert.equal(await messages({ labelledConfigMaps: false }, whoami, labelled), "");
    assert.equal(await messages({}, whoami, configMap("other", "endpoints: [{ name: whoami }]", {})), "");
  });

  it("includes its own page, only once if the route already exists", async () => {
    const page = {
      hostname: "status.example.com",
      url: "https://status.example.com",
      gateway: { name: "external", namespace: "network", sectionName: "web" },
    };
    assert.equal(await messages({ page }, route("observability", "gatus")), "");
    assert.match(await messages({ page }, route("other", "gatus")), /_gatus/);
  });

  it("includes Services only if annotated, and never in conflict with a route", async () => {
    const on = { "gatus.home-operations.com/enabled": "true" };
    assert.equal(await messages({}, service("a", "db", {}), service("b", "db", {})), "");
    assert.match(await messages({}, service("a", "db", on), service("b", "db", on)), /svc-db/);
    assert.equal(await messages({}, service("a", "db", on), route("b", "db")), "");
  });

  it("detects different names with the same key", async () => {
    assert.match(await messages({}, route("a", "a.b"), route("b", "a-b")), /_a-b/);
  });

  it("names an annotation or ConfigMap that cannot be read", async () => {
    const broken = { annotations: { "gatus.home-operations.com/endpoint": "- a list" } };
    assert.match(await messages({}, route("a", "whoami", broken)), /^warning: HTTPRoute a\/whoami/);
    assert.match(
      await messages({}, configMap("broken", "endpoints: [")),
      /^warning: ConfigMap media\/broken/,
    );
  });

  it("names the fields that the filter leaves out, of routes, ConfigMaps and Gateways", async () => {
    const fragment = { ssh: {}, client: { insecure: true, tls: {} }, ui: { badge: {} }, group: "a" };
    const annotations = { "gatus.home-operations.com/endpoint": JSON.stringify(fragment) };
    const all = /^warning: Gatus does not get the fields ssh, client\.tls, ui\.badge of (.*): the filter/;
    assert.equal(
      all.exec(await messages({}, route("a", "whoami", { annotations })))?.[1],
      "HTTPRoute a/whoami",
    );
    const labelled = configMap("x", JSON.stringify({ endpoints: [{ ...endpoint, ...fragment }] }));
    assert.equal(all.exec(await messages({}, labelled))?.[1], "ConfigMap media/x");
    const gateways = [{ name: "external", namespace: "network", endpoint: fragment }];
    assert.equal(all.exec(await messages({ gateways }))?.[1], "Gateway network/external");
    assert.equal(await messages({ gateways, discover: { httpRoutes: false, services: false } }), "");
    assert.equal(await messages({ endpoints: [{ ...endpoint, ...fragment }] }), "");
  });

  it("checks nothing if Gatus has another owner", async () => {
    assert.deepEqual(await findings({ install: false }, route("a", "whoami"), route("b", "whoami")), []);
  });
});
