import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { configSchema, SECRET_KEYS, type SecretKey } from "../../config/schema.ts";
import { parseConfig } from "../../config/load.ts";
import { EdgefirstError } from "../../lib/errors.ts";

const PROJECT = join(import.meta.dirname, "../..");
const CLUSTER = { context: "edge" };
const GATEWAY = { name: "external", namespace: "network", className: "traefik" };

/** What the engine hands over for these values. */
function raw(config: Readonly<Record<string, unknown>>, secrets: readonly SecretKey[] = []) {
  const values = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return {
    values: Object.fromEntries(values) as Record<string, string>,
    secrets: Object.fromEntries(secrets.map((key) => [key, "x".repeat(30)])),
  };
}

function faultsOf(config: Readonly<Record<string, unknown>>, secrets: readonly SecretKey[] = []): string {
  try {
    parseConfig(raw(config, secrets));
  } catch (error) {
    assert(error instanceof EdgefirstError, String(error));
    return error.message;
  }
  return "";
}

describe("configuration", () => {
  it("fills in every default from the cluster alone", () => {
    const config = parseConfig(raw({ cluster: CLUSTER }));
    assert.deepEqual(config.gateways, []);
    assert.equal(config.gatus.install, false);
    assert.equal(config.gatewayApi.install, true);
    assert.equal(config.flux, undefined);
  });

  it("takes {} as not set, as Pulumi.yaml declares it", () => {
    assert.equal(parseConfig(raw({ cluster: CLUSTER, flux: {} })).flux, undefined);
  });

  it("reports every fault at once, with path, value and expectation", () => {
    const faults = faultsOf({
      cluster: { contxt: "edge" },
      gateways: [{ ...GATEWAY, name: "EXTERNAL", https: { port: "443" } }],
      flux: {
        source: {
          kind: "GitRepository",
          name: "repo",
          url: "https://example.com/repo",
          ref: { tag: "latest" },
        },
        root: { mode: "watch", path: "kubernetes" },
      },
      surprise: "1",
    });
    for (const expected of [
      "8 faults",
      "edgefirst:cluster.context: nothing is not valid; expected string",
      "edgefirst:cluster.contxt: unknown key",
      'edgefirst:gateways[0].name: "EXTERNAL" is not valid; expected a lower-case DNS label',
      'edgefirst:gateways[0].https.port: "443" is not valid; expected number',
      'edgefirst:flux.source.ref.tag: "latest" is not valid; expected a real tag, never latest',
      'edgefirst:flux.root.mode: "watch" is not valid; expected one of "observe"|"manage"',
      'edgefirst:flux.root.path: "kubernetes" is not valid; expected a path inside the repository',
      "edgefirst:surprise: unknown key",
    ])
      assert.ok(faults.includes(expected), `${expected}\nis not in\n${faults}`);
  });

  const spanning: readonly [string, Record<string, unknown>, string][] = [
    [
      "two Gateways of one class",
      { gateways: [GATEWAY, { ...GATEWAY, name: "internal" }] },
      "the class traefik is used more than once",
    ],
    [
      "one port for both listeners",
      { gateways: [{ ...GATEWAY, http: { port: 8443 }, https: { port: 8443 } }] },
      "are both 8443",
    ],
    [
      "Gatus' page without a Gateway",
      { gatus: { install: true, hostname: "status.example.com" } },
      "edgefirst:gateways is empty",
    ],
    [
      "a Gateway for Gatus that is not there",
      { gateways: [GATEWAY], gatus: { install: true, gateway: "internal" } },
      "no entry of edgefirst:gateways has the name internal",
    ],
    [
      "Pushover without its secrets",
      { gatus: { install: true, pushover: true } },
      "edgefirst:pushoverToken: nothing is set",
    ],
  ];
  for (const [what, config, expected] of spanning)
    it(`refuses ${what}`, () => {
      const faults = faultsOf({ cluster: CLUSTER, ...config });
      assert.ok(faults.includes(expected), faults);
    });

  it("refuses secrets of the wrong shape, and tells nothing of them", () => {
    const given = raw({ cluster: CLUSTER });
    const secrets = { pushoverToken: "canary\n", pushoverUserKey: "u".repeat(30), sopsAgeKey: "canary" };
    assert.throws(
      () => parseConfig({ ...given, secrets }),
      ({ message }: Error) =>
        message.includes("edgefirst:pushoverToken: has 7 characters; expected 30") &&
        message.includes("edgefirst:sopsAgeKey: is no age private key") &&
        !message.includes("pushoverUserKey") &&
        !message.includes("canary"),
    );
  });

  it("refuses what the API server would refuse half-way: labels, listeners", () => {
    const faults = faultsOf({
      cluster: CLUSTER,
      gateways: [
        {
          ...GATEWAY,
          allowedNamespaces: { matchLabels: { team: "a b" } },
          https: {
            hostnames: Array.from({ length: 64 }, (_, index) => ({ hostname: `h${index}.example.com` })),
          },
          traefik: { service: { annotations: { "not a key": "x" } } },
        },
      ],
      alerting: { install: false, ruleLabels: { "-": "x" } },
    });
    for (const expected of [
      "gateways[0].allowedNamespaces",
      "gateways[0].https.hostnames: ",
      "array to have <=63 items",
      "annotations.not a key",
      "alerting.ruleLabels.-",
    ])
      assert.ok(faults.includes(expected), `${expected}\nis not in\n${faults}`);
  });

  it("accepts Pushover once both secrets are set", () => {
    assert.equal(
      faultsOf({ cluster: CLUSTER, gatus: { install: true, pushover: true } }, [
        "pushoverToken",
        "pushoverUserKey",
      ]),
      "",
    );
  });

  it("accepts the committed stacks", () => {
    for (const stack of ["edge", "main"]) {
      const { config } = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      const plain = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
      );
      assert.equal(faultsOf(plain), "", stack);
    }
  });

  it("has each key declared in Pulumi.yaml, and each declared key in the schema", () => {
    const { config } = parse(readFileSync(join(PROJECT, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    const known = [...Object.keys(configSchema.shape), ...SECRET_KEYS].map((key) => `edgefirst:${key}`);
    assert.deepEqual(Object.keys(config).sort(), known.sort());
  });

  it("answers any input with a configuration or with named faults, never with a crash", () => {
    const values = fc.dictionary(
      fc.constantFrom(...Object.keys(configSchema.shape), "other"),
      fc.oneof(fc.string(), fc.json()),
    );
    fc.assert(
      fc.property(values, (given) => {
        try {
          parseConfig({ values: given, secrets: {} });
        } catch (error) {
          assert(error instanceof EdgefirstError, String(error));
          assert.match(error.message, /edgefirst:/);
        }
      }),
      { numRuns: 10_000 },
    );
  }).timeout(60_000);

  it("names every one of several faults, beside what is right", () => {
    const committed = ["edge", "main"].map((stack) => {
      const { config } = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
      );
    });
    const unknown = fc.stringMatching(/^zz[a-z]{1,8}$/);
    const faulty = fc.uniqueArray(fc.oneof(fc.constantFrom(...Object.keys(configSchema.shape)), unknown), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.constantFrom(...committed), faulty, (right, keys) => {
        const faults = faultsOf({ ...right, ...Object.fromEntries(keys.map((key) => [key, 7])) });
        for (const key of keys) assert.match(faults, new RegExp(`edgefirst:${key}\\b`));
        assert.doesNotMatch(faults, /\n\s+at /);
      }),
      { numRuns: 10_000 },
    );
  }).timeout(60_000);
});
