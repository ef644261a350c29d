import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILTER_PROGRAM } from "../../../components/gatus/endpoint-filter.ts";
import { waitUntil } from "../../../tools/sandbox/processes.ts";
import { freePort } from "../../../tools/sandbox/ports.ts";
import { skip } from "../../support/skip.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** k8s-sidecar's image has Python and PyYAML; this machine may not. */
const canRun = spawnSync("python3", ["-c", "import yaml"]).status === 0;
const WAIT = { timeoutMs: 30_000 };
const GOOD = { name: "app", group: "media", url: "https://app.example.com", conditions: ["[STATUS] == 200"] };

describe("the filter for endpoints", function () {
  this.timeout(60_000);
  let dir: string;
  before(function () {
    if (canRun) return;
    skip(this, "there is no Python with PyYAML on PATH");
  });
  beforeEach(() => {
    dir = temporaryDirectory("edgefirst-filter-");
    mkdirSync(join(dir, "in"));
    writeFileSync(join(dir, "endpoints.py"), FILTER_PROGRAM);
  });

  /** The endpoints that Gatus gets, and what the sidecar logs. */
  function run(files: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, "in", name), content);
    const env = { ...process.env, FRAGMENTS: join(dir, "in"), OUTPUT: join(dir, "out.yaml"), ...more };
    const { status, stderr } = spawnSync("python3", [join(dir, "endpoints.py")], { env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { endpoints } = JSON.parse(readFileSync(join(dir, "out.yaml"), "utf8")) as { endpoints: object[] };
    return { endpoints, log: stderr };
  }
  const fragment = (...endpoints: object[]): string => JSON.stringify({ endpoints });

  it("passes on endpoints of ConfigMaps with every field that is safe", () => {
    const full = {
      ...GOOD,
      interval: "30s",
      method: "POST",
      headers: { Accept: "application/json" },
      client: { insecure: true, timeout: "5s" },
      alerts: [{ type: "pushover", "failure-threshold": 3, "send-on-resolved": true }],
      ui: { "hide-url": true },
    };
    const dns = {
      name: "dns",
      url: "192.0.2.1",
      dns: { "query-type": "A", "query-name": "example.com" },
      conditions: ["[DNS_RCODE] == NOERROR"],
    };
    assert.deepEqual(run({ "a.yaml": fragment(full, dns), "readme.txt": "x" }), {
      endpoints: [full, dns],
      log: "",
    });
  });

  for (const [what, hostile] of [
    ["is not YAML", "endpoints: ["],
    ["is not a map", "- a"],
    ["has no endpoints", "alerting: { pushover: { application-token: x } }"],
    [
      "sets other sections",
      'storage: { type: memory }\nsecurity: {}\nendpoints: [{ name: x, url: "https://x" }]',
    ],
    ["has no conditions", fragment({ ...GOOD, name: "x", conditions: [] })],
    ["has a condition that is none", fragment({ ...GOOD, name: "x", conditions: ["[STATUS] = 200"] })],
    ["has a URL of an unknown kind", fragment({ ...GOOD, name: "x", url: "ftp://example.com" })],
    ["has a URL that Go cannot parse", fragment({ ...GOOD, name: "x", url: "https://example.com/%zz" })],
    ["has a port that is none", fragment({ ...GOOD, name: "x", url: "https://example.com:http" })],
    [
      "asks a registrar too often",
      fragment({ ...GOOD, name: "x", interval: "1m", conditions: ["[DOMAIN_EXPIRATION] > 720h"] }),
    ],
    ["has a name that is none", fragment({ ...GOOD, name: [5] })],
    [
      "has a DNS query without a name",
      fragment({ ...GOOD, name: "x", url: "1.1.1.1", dns: { "query-type": "A" } }),
    ],
    ["nests without end", `endpoints: ${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["is a document too many", "endpoints: []\n---\nendpoints: []"],
    ["has a tag of Python", "endpoints: !!python/object/apply:os.system ['false']"],
  ] as const)
    it(`leaves out an endpoint, and no other, if a ConfigMap ${what}`, () => {
      const { endpoints, log } = run({ "a-hostile.yaml": hostile, "b-good.yml": fragment(GOOD) });
      assert.deepEqual(endpoints, [GOOD]);
      assert.match(log, /left out: a-hostile\.yaml/);
    });

  for (const [what, field] of [
    ["is unknown", { ssh: { username: "root" } }],
    ["is not a duration", { interval: "5" }],
    ["is a longer duration than Go accepts", { interval: "99999999999999h" }],
    ["would probe without a pause", { interval: "1ms" }],
    ["is not a boolean", { enabled: "maybe" }],
    ["has another type", { headers: ["a"] }],
    ["is an alert that Gatus refuses", { alerts: [{ type: ["a"] }, "x"] }],
  ] as const)
    it(`leaves out a field that ${what}, but not its endpoint`, () => {
      const { endpoints, log } = run({ "a.yaml": fragment({ ...GOOD, ...field }) });
      assert.deepEqual(endpoints, [GOOD]);
      assert.match(
        log,
        new RegExp(`left out: a\\.yaml field "${Object.keys(field).join()}" of endpoint 0 "app"`),
      );
    });

  it("leaves out files of the container, and alerts' texts that Gatus refuses", () => {
    const client = { insecure: true, tls: { "certificate-file": "/var/run/secrets/token" } };
    const alerts = [{ type: "pushover", description: 'a"b' }];
    const { endpoints } = run({ "a.yaml": fragment({ ...GOOD, client, alerts }) });
    assert.deepEqual(endpoints, [{ ...GOOD, client: { insecure: true }, alerts: [{ type: "pushover" }] }]);
  });

  it("passes on each key once, after the configured and the discovered ones", () => {
    writeFileSync(join(dir, "discovered.yaml"), fragment({ ...GOOD, name: "route" }));
    const more = { RESERVED: '["self_gatus"]', DISCOVERED: join(dir, "discovered.yaml") };
    const files = {
      "a.yaml": fragment(GOOD, { ...GOOD, name: "App" }, { ...GOOD, name: "gatus", group: "self" }),
      "b.yaml": fragment({ ...GOOD, name: "a.p.p" }, { ...GOOD, name: "route" }, { ...GOOD, name: "b" }),
    };
    const { endpoints, log } = run(files, more);
    const [route, ...rest] = endpoints;
    assert.deepEqual(route, { ...GOOD, name: "route" });
    assert.deepEqual(rest, [GOOD, { ...GOOD, name: "a.p.p" }, { ...GOOD, name: "b" }]);
    assert.equal(log.match(/the name and group of another one/g)?.length, 3);
  });

  /** What gatus-sidecar writes for these routes. */
  function discover(endpoints: readonly object[], more: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(dir, "discovered.yaml"), fragment(...endpoints));
    return run({}, { DISCOVERED: join(dir, "discovered.yaml"), ...more });
  }

  it("keeps both of two routes with one name, whatever their order", () => {
    const routes = ["b", "a"].map((host) => ({ ...GOOD, url: `https://${host}.example.com/` }));
    const expected = [routes[1], { ...routes[0], name: "app b.example.com" }];
    assert.deepEqual(discover(routes).endpoints, expected);
    assert.deepEqual(discover(routes.toReversed()).endpoints, expected);
  });

  it("probes hostnames without a certificate over plain HTTP, and no others", () => {
    const PLAIN_HTTP = JSON.stringify({ "*.example.com": 80, "tls.example.com": 0, "odd.example.org": 8080 });
    const expected: Readonly<Record<string, string>> = {
      "https://app.example.com": "http://app.example.com",
      "https://app.example.com/a?b#c": "http://app.example.com/a?b#c",
      "https://a.b.example.com/": "http://a.b.example.com/",
      "https://odd.example.org/a": "http://odd.example.org:8080/a",
    };
    const unchanged = [
      "https://tls.example.com",
      "https://app.example.com:8443",
      "https://example.com",
      "https://app.example.com.evil.org",
      "http://app.example.com",
      "tcp://app.example.com:1",
    ];
    const urls = [...Object.keys(expected), ...unchanged];
    const { endpoints } = discover(
      urls.map((url) => ({ ...GOOD, name: url, url })),
      { PLAIN_HTTP },
    );
    const probed = new Map((endpoints as (typeof GOOD)[]).map(({ name, url }) => [name, url]));
    for (const url of urls) assert.equal(probed.get(url), expected[url] ?? url);
  });

  it("reads texts at which other YAML loaders fail", () => {
    const odd = ["=", "0x_", "2026-99-99", "<<", "1:99"];
    writeFileSync(
      join(dir, "discovered.yaml"),
      `endpoints:\n${odd.map((text) => `- { name: ${text}, url: "https://a", conditions: ["a == ${text}"] }`).join("\n")}`,
    );
    const { endpoints } = run({}, { DISCOVERED: join(dir, "discovered.yaml") });
    assert.deepEqual(endpoints.map((endpoint) => (endpoint as typeof GOOD).name).sort(), odd.sort());
  });

  it("lets no endpoint read a variable of Gatus's container", () => {
    const body = "${STORAGE_URL} $HOME $$HOME $";
    const { endpoints } = run({ "a.yaml": fragment({ ...GOOD, body }) });
    assert.deepEqual(endpoints, [{ ...GOOD, body: "$${STORAGE_URL} $$HOME $$HOME $$" }]);
  });

  it("dates the file so that Gatus notices it even in the second in which it has read the former one", () => {
    const before = Math.floor(Date.now() / 1_000);
    run({ "a.yaml": fragment(GOOD) });
    assert.ok(Math.floor(statSync(join(dir, "out.yaml")).mtimeMs / 1_000) > before);
    assert.ok(statSync(join(dir, "out.yaml")).mtimeMs <= Date.now() + 1_000);
  });

  it("leaves the file as it was if nothing changes", () => {
    run({ "a.yaml": fragment(GOOD) });
    const before = readFileSync(join(dir, "out.yaml"));
    writeFileSync(join(dir, "out.yaml"), before);
    assert.deepEqual(run({ "b.yaml": "endpoints: [" }).endpoints, [GOOD]);
    assert.deepEqual(readFileSync(join(dir, "out.yaml")), before);
  });

  it("follows its sources, and is healthy while it does", async () => {
    const port = await freePort();
    const [DISCOVERED, OUTPUT] = [join(dir, "discovered.yaml"), join(dir, "out.yaml")];
    const env = { ...process.env, FRAGMENTS: join(dir, "in"), DISCOVERED, OUTPUT, PORT: String(port) };
    const child = spawn("python3", [join(dir, "endpoints.py")], { env });
    const written = () => (existsSync(OUTPUT) ? readFileSync(OUTPUT, "utf8") : "");
    const shows = (name: string) => () => Promise.resolve(written().includes(`"${name}"`));
    try {
      await waitUntil("the first file", () => Promise.resolve(written() === '{"endpoints": []}'), WAIT);
      writeFileSync(DISCOVERED, fragment({ ...GOOD, name: "route" }));
      await waitUntil("the route", shows("route"), WAIT);
      writeFileSync(join(dir, "in", "a.yaml"), fragment({ ...GOOD, name: "labelled" }));
      await waitUntil("the ConfigMap", shows("labelled"), WAIT);
      assert.ok(written().includes('"route"'));
      assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    } finally {
      child.kill();
      await once(child, "exit");
    }
  });
});
