import assert from "node:assert/strict";
import { answer, readQuestion } from "../../../tools/sandbox/network/dns-message.ts";
import { addressesOf } from "../../../tools/sandbox/network/names.ts";
import { type Gateway, type NetworkObjects } from "../../../tools/sandbox/network/objects.ts";

const metadata = (name: string, labels: Record<string, string> = {}) => ({
  name,
  namespace: "apps",
  uid: name,
  labels,
});
const route = (name: string, hostnames: readonly string[], gateway: string) => ({
  metadata: metadata(name),
  spec: { hostnames, parentRefs: [{ name: gateway }] },
});
const gateway = (name: string, value: string) => ({
  metadata: metadata(name),
  spec: {},
  status: { addresses: [{ type: "IPAddress", value }] },
});

const objects: NetworkObjects = {
  services: new Map([
    ["apps/web", { metadata: metadata("web"), spec: { clusterIP: "10.96.3.4" } }],
    ["apps/headless", { metadata: metadata("headless"), spec: { clusterIP: "None" } }],
  ]),
  slices: new Map([
    [
      "apps/headless-1",
      {
        metadata: metadata("headless-1", { "kubernetes.io/service-name": "headless" }),
        endpoints: [
          { addresses: ["10.244.0.7"], hostname: "one" },
          { addresses: ["10.244.0.8"], conditions: { ready: false } },
        ],
      },
    ],
  ]),
  gateways: new Map<string, Gateway>([
    ["apps/wide", gateway("wide", "10.98.0.1")],
    ["apps/narrow", gateway("narrow", "10.98.0.2")],
    ["apps/new", { metadata: metadata("new"), spec: {} }],
  ]),
  routes: new Map([
    ["apps/any", route("any", ["*.example.org"], "wide")],
    ["apps/one", route("one", ["one.example.org"], "narrow")],
    ["apps/late", route("late", ["late.example.com"], "new")],
  ]),
  ingresses: new Map(),
};

describe("sandbox: names in a cluster's network", () => {
  const cases: [string, readonly string[] | undefined][] = [
    ["web.apps.svc.cluster.local", ["10.96.3.4"]],
    ["web.other.svc.cluster.local", undefined],
    ["headless.apps.svc.cluster.local", ["10.244.0.7"]],
    ["one.headless.apps.svc.cluster.local", ["10.244.0.7"]],
    ["two.headless.apps.svc.cluster.local", undefined],
    ["one.example.org", ["10.98.0.2"]],
    ["two.example.org", ["10.98.0.1"]],
    ["example.org", undefined],
    ["late.example.com", undefined],
  ];
  for (const [name, addresses] of cases) {
    it(`${name} is ${addresses?.join() ?? "unknown"}`, () => {
      assert.deepEqual(addressesOf(name, objects), addresses);
    });
  }

  it("are queried and answered as in RFC 1035", () => {
    const question = Buffer.from("\x03web\x04apps\x00", "latin1");
    const query = Buffer.concat([
      Buffer.from("abcd01000001000000000000", "hex"),
      question,
      Buffer.from("00010001", "hex"),
    ]);
    assert.equal(readQuestion(Buffer.from("abcd", "hex")), undefined);
    const read = readQuestion(query);
    assert.equal(read?.name, "web.apps");
    const found = answer(query, read, ["10.96.3.4"]).toString("hex");
    assert.ok(found.startsWith("abcd85800001000100000000"));
    assert.ok(found.endsWith("c00c000100010000000500040a600304"));
    assert.equal(answer(query, read, undefined).readUInt16BE(2), 0x8583);
    assert.equal(answer(query, read, []).readUInt16BE(2), 0x8580);
  });
});
