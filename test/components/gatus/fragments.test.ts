import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRAGMENTS_PROGRAM } from "../../../components/gatus/fragments.ts";

/** The sidecar's image has Python and PyYAML; this machine may not. */
const canRun = spawnSync("python3", ["-c", "import yaml"]).status === 0;
const GOOD = { name: "app", group: "media", url: "https://app.example.com", conditions: ["[STATUS] == 200"] };

(canRun ? describe : () => undefined)("the endpoints of labelled ConfigMaps", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "edgefirst-fragments-"));
    mkdirSync(join(dir, "in"));
    writeFileSync(join(dir, "fragments.py"), FRAGMENTS_PROGRAM);
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  /** The endpoints that Gatus gets, and what the sidecar logs. */
  function run(files: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}) {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, "in", name), content);
    const env = { ...process.env, FOLDER: join(dir, "in"), OUTPUT: join(dir, "out.yaml"), ...more };
    const { status, stderr } = spawnSync("python3", [join(dir, "fragments.py")], { env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const { endpoints } = JSON.parse(readFileSync(join(dir, "out.yaml"), "utf8")) as { endpoints: object[] };
    return { endpoints, log: stderr };
  }
  const fragment = (...endpoints: object[]): string => JSON.stringify({ endpoints });

  it("are passed on with every field that is safe", () => {
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
    ["has an unknown field", fragment({ ...GOOD, name: "x", ssh: { username: "root" } })],
    ["has no conditions", fragment({ ...GOOD, name: "x", conditions: [] })],
    ["has a condition that is none", fragment({ ...GOOD, name: "x", conditions: ["[STATUS] = 200"] })],
    ["has an interval that is none", fragment({ ...GOOD, name: "x", interval: 5 })],
    ["has a URL of an unknown kind", fragment({ ...GOOD, name: "x", url: "ftp://example.com" })],
    ["has a name that is none", fragment({ ...GOOD, name: 5 })],
    [
      "has a file of the container",
      fragment({ ...GOOD, name: "x", client: { tls: { "certificate-file": "/x" } } }),
    ],
    [
      "has an alert that is refused",
      fragment({ ...GOOD, name: "x", alerts: [{ type: "pushover", description: 'a"b' }] }),
    ],
    [
      "has a DNS query without a name",
      fragment({ ...GOOD, name: "x", url: "1.1.1.1", dns: { "query-type": "A" } }),
    ],
    ["nests without end", `endpoints: ${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["is a document too many", "endpoints: []\n---\nendpoints: []"],
    ["has a tag of Python", "endpoints: !!python/object/apply:os.system ['false']"],
  ] as const)
    it(`are left out, and the others are not, if a fragment ${what}`, () => {
      const { endpoints, log } = run({ "a-hostile.yaml": hostile, "b-good.yml": fragment(GOOD) });
      assert.deepEqual(endpoints, [GOOD]);
      assert.match(log, /left out: a-hostile\.yaml/);
    });

  it("have each key once, after the configured and the discovered ones", () => {
    writeFileSync(join(dir, "discovered.yaml"), fragment({ ...GOOD, name: "route" }));
    const more = { RESERVED: '["self_gatus"]', DISCOVERED: join(dir, "discovered.yaml") };
    const files = {
      "a.yaml": fragment(GOOD, { ...GOOD, name: "App" }, { ...GOOD, name: "gatus", group: "self" }),
      "b.yaml": fragment({ ...GOOD, name: "a.p.p" }, { ...GOOD, name: "route" }, { ...GOOD, name: "b" }),
    };
    const { endpoints, log } = run(files, more);
    assert.deepEqual(endpoints, [GOOD, { ...GOOD, name: "a.p.p" }, { ...GOOD, name: "b" }]);
    assert.equal(log.match(/the name and group of another one/g)?.length, 3);
  });

  it("cannot read a variable of Gatus's container", () => {
    const body = "${STORAGE_URL} $HOME $$HOME $";
    const { endpoints } = run({ "a.yaml": fragment({ ...GOOD, body }) });
    assert.deepEqual(endpoints, [{ ...GOOD, body: "$${STORAGE_URL} $$HOME $$HOME $$" }]);
  });

  it("leave the file as it was if nothing changes", () => {
    run({ "a.yaml": fragment(GOOD) });
    const before = readFileSync(join(dir, "out.yaml"));
    writeFileSync(join(dir, "out.yaml"), before);
    assert.deepEqual(run({ "b.yaml": "endpoints: [" }).endpoints, [GOOD]);
    assert.deepEqual(readFileSync(join(dir, "out.yaml")), before);
  });
});
