import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { configSchema, SECRET_KEYS, type SecretKey } from "../../config/schema.ts";
import { parseConfig } from "../../config/parse.ts";
import { EdgefirstError } from "../../lib/errors.ts";

const PROJECT = join(import.meta.dirname, "../..");
const CLUSTER = { context: "edge" };
const GATEWAY = { name: "external", namespace: "network", className: "traefik" };

/** The values in the form in which the engine passes them. */
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

function errorsIn(config: Readonly<Record<string, unknown>>, secrets: readonly SecretKey[] = []): string {
  try {
    parseConfig(raw(config, secrets));
  } catch (error) {
    assert(error instanceof EdgefirstError, String(error));
    return error.message;
  }
  return "";
}

describe("configuration", () => {
  it("fills in every default if only the cluster is set", () => {
    const config = parseConfig(raw({ cluster: CLUSTER }));
    assert.deepEqual(config.gateways, []);
    assert.equal(config.gatus.install, false);
    assert.equal(config.gatewayApi.install, true);
    assert.equal(config.flux, undefined);
  });

  it("treats {} as not set, as declared in Pulumi.yaml", () => {
    assert.equal(parseConfig(raw({ cluster: CLUSTER, flux: {} })).flux, undefined);
  });

  it("takes a login of Gatus only if the verification still reads the results, or skips them", () => {
    const login = { basic: { username: "ann" } };
    const gatus = { install: true, login };
    const errors = errorsIn({ cluster: CLUSTER, gatus });
    assert.match(errors, /gatusPasswordHash: missing, but gatus\.login needs it/);
    assert.match(errors, /gatus\.login: keeps the verification from Gatus's results/);
    const skip = { verification: { skip: { gatus: "it needs a login" } } };
    assert.doesNotMatch(errorsIn({ cluster: CLUSTER, gatus, ...skip }), /keeps the verification/);
    const wrong = errorsIn({ cluster: CLUSTER, gatus, ...skip }, ["gatusPasswordHash"]);
    assert.match(wrong, /gatusPasswordHash: is not a bcrypt hash in base64/);
    const oidc = { oidc: { issuerUrl: "https://id.example.com", clientId: "gatus" } };
    const without = errorsIn({ cluster: CLUSTER, gatus: { install: true, login: oidc }, ...skip });
    assert.match(without, /gatusClientSecret: missing/);
    assert.match(without, /gatus\.hostname: missing; gatus\.login\.oidc returns to it/);
  });

  it("takes a login of Gatus with an existing Secret instead of the stack's own", () => {
    const skip = { verification: { skip: { gatus: "it needs a login" } } };
    const basic = { username: "ann" };
    const oidc = { issuerUrl: "https://id.example.com", clientId: "gatus" };
    const errorsOf = (login: object): string => {
      const gatus = { install: true, hostname: "status.example.com", login };
      return errorsIn({ cluster: CLUSTER, gateways: [GATEWAY], gatus, ...skip });
    };
    for (const more of [{ secret: "status" }, { secret: "status", key: "status-login" }])
      for (const login of [{ basic: { ...basic, ...more } }, { oidc: { ...oidc, ...more } }])
        assert.equal(errorsOf(login), "", JSON.stringify(login));
    for (const login of [{ basic: { ...basic, key: "hash" } }, { oidc: { ...oidc, key: "client" } }])
      assert.match(
        errorsOf(login),
        /edgefirst:gatus\.login\.(basic|oidc)\.key: .* expected secret next to it/,
      );
    assert.match(errorsOf({ basic: { ...basic, passwordHash: "h" } }), /gatus\.login/);
  });

  it("requires the secrets of the notifications, and a URL for the webhook", () => {
    const errors = errorsIn({ cluster: CLUSTER, notify: { webhook: true, pushover: true } });
    for (const key of ["notifyWebhook", "pushoverToken", "pushoverUserKey"])
      assert.match(
        errors,
        new RegExp(`edgefirst:${key}: missing, but .* is on; set it with: pulumi config set`),
      );
    const wrong = errorsIn({ cluster: CLUSTER, notify: { webhook: true } }, ["notifyWebhook"]);
    assert.match(wrong, /edgefirst:notifyWebhook: is not an http or https URL/);
    assert.doesNotMatch(wrong, /xxx/);
  });

  it("checks windows, ignored objects and the stack's own checks", () => {
    const errors = errorsIn({
      cluster: CLUSTER,
      gate: {
        windows: [
          { days: ["monday"], from: "9:00", zone: "Mars/Olympus" },
          { from: "08:00", to: "08:00", zone: "UTC" },
        ],
      },
      verification: { ignore: { "HelmRelease media/app": { reason: "because", owner: "", until: "never" } } },
      checks: {
        queries: { Errors: { query: "x", max: 1 }, errors: { query: "x" } },
        http: { home: { url: "https://user:password@example.com" } },
        jobs: { smoke: { namespace: "n", image: "i", attempts: 0 } },
      },
    });
    for (const expected of [
      'edgefirst:gate.windows[0].days[0]: "monday" is not valid',
      'edgefirst:gate.windows[0].from: "9:00" is not valid; expected a time in quotes',
      'edgefirst:gate.windows[0].zone: "Mars/Olympus" is not valid; expected the name of a time zone',
      "expected a window whose `to` differs from its `from`",
      'edgefirst:verification.ignore.HelmRelease media/app.reason: "because" is not valid; expected a reason',
      'edgefirst:verification.ignore.HelmRelease media/app.owner: "" is not valid',
      'edgefirst:verification.ignore.HelmRelease media/app.until: "never" is not valid; expected a date in quotes',
      "is not valid; expected a query with min or max",
      "edgefirst:checks.http.home.url: ",
      "edgefirst:checks.jobs.smoke.attempts: 0 is not valid",
    ])
      assert.ok(errors.includes(expected), `${expected}\nis not in\n${errors}`);
    assert.match(
      errors,
      /edgefirst:checks\.queries\.Errors: "Errors" is not valid; expected a lower-case name/,
    );
    assert.equal(
      errorsIn({ cluster: CLUSTER, checks: { queries: { errors: { query: "x", max: 1 } } } }).split("\n")[1],
      "- edgefirst:checks.prometheus: missing; required with edgefirst:checks.queries",
    );
  });

  it("reports a soak that can never pass together with the other errors, before any cluster is read", () => {
    const errors = errorsIn({
      cluster: CLUSTER,
      notify: { webhook: true },
      verification: { soak: "30m" },
    });
    assert.match(errors, /has 2 errors/);
    assert.match(errors, /verification\.soak: 30m is not shorter than the timeout of 30m/);
    assert.equal(errorsIn({ cluster: CLUSTER, verification: { soak: "30m", timeout: "1h" } }), "");
  });

  it("reports all errors at once, with path, value and expectation", () => {
    const errors = errorsIn({
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
      "8 errors",
      "edgefirst:cluster.context: missing; expected string",
      "edgefirst:cluster.contxt: unknown key",
      'edgefirst:gateways[0].name: "EXTERNAL" is not valid; expected a lower-case DNS label',
      'edgefirst:gateways[0].https.port: "443" is not valid; expected number',
      'edgefirst:flux.source.ref.tag: "latest" is not valid; expected a fixed tag, not "latest"',
      'edgefirst:flux.root.mode: "watch" is not valid; expected one of "observe"|"manage"',
      'edgefirst:flux.root.path: "kubernetes" is not valid; expected a path inside the repository',
      "edgefirst:surprise: unknown key",
    ])
      assert.ok(errors.includes(expected), `${expected}\nis not in\n${errors}`);
  });

  it("reports what to do about a key from an earlier release", () => {
    const errors = errorsIn({ cluster: CLUSTER, gateways: [{ ...GATEWAY, gatus: { enabled: false } }] });
    assert.match(
      errors,
      /edgefirst:gateways\[0\]\.gatus\.enabled: removed, because it did nothing: .*annotate each route/,
    );
    assert.doesNotMatch(errors, /spelling/);
  });

  const crossKey: readonly [string, Record<string, unknown>, string][] = [
    [
      "a page of Gatus without a Gateway",
      { gatus: { install: true, hostname: "status.example.com" } },
      "edgefirst:gateways is empty",
    ],
    [
      "a Gateway for Gatus that does not exist",
      { gateways: [GATEWAY], gatus: { install: true, gateway: "internal" } },
      "no entry of edgefirst:gateways has the name internal",
    ],
    [
      "Pushover without secrets",
      { gatus: { install: true, pushover: true } },
      "edgefirst:pushoverToken: missing",
    ],
  ];
  for (const [what, config, expected] of crossKey)
    it(`refuses ${what}`, () => {
      const errors = errorsIn({ cluster: CLUSTER, ...config });
      assert.ok(errors.includes(expected), errors);
    });

  it("refuses malformed secrets without revealing them", () => {
    const { values } = raw({ cluster: CLUSTER });
    const secrets = {
      pushoverToken: "canary\n",
      pushoverUserKey: "u".repeat(30),
      sopsAgeKey: "canary",
      gatusCredentials: "https://x canary",
    };
    assert.throws(
      () => parseConfig({ values, secrets }),
      ({ message }: Error) =>
        message.includes("edgefirst:pushoverToken: has 7 characters; expected 30") &&
        message.includes("edgefirst:sopsAgeKey: is not an age private key") &&
        message.includes("edgefirst:gatusCredentials: has the wrong format; expected one line per Gatus") &&
        !message.includes("pushoverUserKey") &&
        !message.includes("canary"),
    );
  });

  it("refuses labels and listeners that the API server would reject in the middle of an update", () => {
    const errors = errorsIn({
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
      assert.ok(errors.includes(expected), `${expected}\nis not in\n${errors}`);
  });

  it("accepts the quantities that Kubernetes accepts", () => {
    const errors = (memory: string) =>
      errorsIn({ cluster: CLUSTER, gatus: { install: true, storage: { type: "sqlite", size: memory } } });
    for (const valid of ["65536Ki", "0.5Gi", "1", "500m", "1k", "2T"]) assert.equal(errors(valid), "", valid);
    for (const invalid of ["64ki", "64K", "64mi", "Mi", "-1", "1 Gi"])
      assert.match(errors(invalid), /gatus\.storage\.size.*quantity/, invalid);
  });

  it("accepts Pushover once both secrets are set", () => {
    assert.equal(
      errorsIn({ cluster: CLUSTER, gatus: { install: true, pushover: true } }, [
        "pushoverToken",
        "pushoverUserKey",
      ]),
      "",
    );
  });

  it("needs no secrets for Pushover if they are in an existing Secret", () => {
    const pushover = { secret: "notify" };
    const existing = { gatus: { install: true, pushover }, alerting: { install: true, pushover } };
    assert.equal(errorsIn({ cluster: CLUSTER, ...existing }), "");
    // The program sends these itself, without the cluster.
    const errors = errorsIn({ cluster: CLUSTER, ...existing, notify: { pushover: true } });
    assert.match(errors, /edgefirst:pushoverToken: missing/);
    assert.match(
      errorsIn({ cluster: CLUSTER, gatus: { install: true, pushover: { name: "notify" } } }),
      /edgefirst:gatus\.pushover.*true, false or \{ secret \}/,
    );
    for (const key of ["", "../token", "a b"]) {
      const gatus = { install: true, pushover: { secret: "notify", token: key } };
      assert.match(errorsIn({ cluster: CLUSTER, gatus }), /edgefirst:gatus\.pushover/, key);
    }
  });

  it("accepts the committed stacks", () => {
    for (const stack of ["edge", "main"]) {
      const { config } = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      const plain = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
      );
      assert.equal(errorsIn(plain), "", stack);
    }
  });

  it("has each key declared in Pulumi.yaml, and each declared key in the schema", () => {
    const { config } = parse(readFileSync(join(PROJECT, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, unknown>;
    };
    const known = [...Object.keys(configSchema.shape), ...SECRET_KEYS].map((key) => `edgefirst:${key}`);
    assert.deepEqual(Object.keys(config).sort(), known.sort());
  });

  it("returns a configuration or errors that name a key for any input, and never crashes", () => {
    const values = fc.dictionary(
      fc.constantFrom(...Object.keys(configSchema.shape), "other"),
      fc.oneof(fc.string(), fc.json()),
    );
    fc.assert(
      fc.property(values, (random) => {
        try {
          parseConfig({ values: random, secrets: {} });
        } catch (error) {
          assert(error instanceof EdgefirstError, String(error));
          assert.match(error.message, /edgefirst:/);
        }
      }),
      { numRuns: 2000 },
    );
  }).timeout(60_000);

  it("names every invalid key among valid ones", () => {
    const committed = ["edge", "main"].map((stack) => {
      const { config } = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
      };
      return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
      );
    });
    const unknown = fc.stringMatching(/^zz[a-z]{1,8}$/);
    const invalidKeys = fc.uniqueArray(
      fc.oneof(fc.constantFrom(...Object.keys(configSchema.shape)), unknown),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(fc.constantFrom(...committed), invalidKeys, (valid, keys) => {
        const errors = errorsIn({ ...valid, ...Object.fromEntries(keys.map((key) => [key, 7])) });
        for (const key of keys) assert.match(errors, new RegExp(`edgefirst:${key}\\b`));
        assert.doesNotMatch(errors, /\n\s+at /);
      }),
      { numRuns: 2000 },
    );
  }).timeout(60_000);
});
