import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeObject } from "../../kube/objects.ts";
import { parseConfig } from "../../config/parse.ts";
import { planPlatform } from "../../platform/plan.ts";
import { checkPolicies } from "../../platform/policies.ts";
import { loadPins } from "../../config/pins.ts";
import { clusterHolding } from "../support/cluster.ts";
import { gatewayApiDirectory } from "../support/engine.ts";
import { stackConfig } from "../support/stack-config.ts";

/** The objects in the state of a stack without one. */
const NONE = () => Promise.resolve([]);

const PROJECT = join(import.meta.dirname, "../..");

/** Turns on every part of the platform, on top of a committed stack. */
const EVERYTHING = {
  gatus: {
    install: true,
    labelledConfigMaps: true,
    discover: { services: true },
    storage: { type: "sqlite" },
  },
  alerting: { install: true, pushover: false },
};

describe("the platform's own policies", () => {
  for (const stack of ["edge", "main"])
    for (const [name, more] of Object.entries({ "as committed": {}, "with every part": EVERYTHING }))
      it(`pass for ${stack} ${name}, and exemptions are counted`, async () => {
        const messages = policyMessages(await plan(stack, more));
        assert.deepEqual(
          messages.filter((message) => !message.startsWith("Exempt from policies")),
          [],
        );
        const all = "workload-probes (1)";
        if (name !== "as committed") assert.ok(messages.some((message) => message.includes(all)));
      });

  it("report a breach of a mandatory rule, with object, path and remediation", () => {
    const pod: KubeObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "network" },
      spec: { containers: [{ name: "c", image: "app" }] },
    };
    const findings = checkPolicies([pod], {});
    assert.ok(findings.every(({ severity }) => severity === "error"));
    const pinned = findings.find(({ message }) => message.startsWith("Policy image-pinned: Pod network/p"));
    assert.match(pinned?.message ?? "", /spec\.containers\[0\]\.image/);
    assert.match(pinned?.hint ?? "", /digest/);
    assert.ok(
      !findings.some(({ message }) => message.startsWith("Policy resources")),
      "advisory rules are left to the pack",
    );
  });

  it("use the rule settings of the stack, like the pack", () => {
    const values = {
      policies: '{ "image-pinned": { "requireDigest": true }, "workload-probes": "advisory" }',
    };
    const cluster = '{ "context": "edge" }';
    const { policies } = parseConfig({ values: { cluster, ...values }, secrets: {} });
    const pod: KubeObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "network" },
      spec: { containers: [{ name: "c", image: "app:1.0" }] },
    };
    const rules = checkPolicies([pod], policies).map(({ message }) => message.split(":", 1)[0]);
    assert.ok(
      rules.includes("Policy image-pinned") && !rules.includes("Policy workload-probes"),
      rules.join(),
    );
    for (const [wrong, expected] of [
      ['{ "image-pined": "advisory" }', /edgefirst:policies\.image-pined: unknown key/],
      ['{ "image-pinned": { "digest": true } }', /edgefirst:policies\.image-pinned\.digest: unknown key/],
      [
        '{ "image-pinned": "loud" }',
        /edgefirst:policies\.image-pinned\.enforcementLevel: "loud" is not valid/,
      ],
    ] as const)
      assert.throws(() => parseConfig({ values: { cluster, policies: wrong }, secrets: {} }), expected);
  });
});

function policyMessages({ findings }: Awaited<ReturnType<typeof planPlatform>>): string[] {
  return findings
    .map(({ message }) => message)
    .filter((message) => message.startsWith("Policy ") || message.startsWith("Exempt from policies"));
}

async function plan(stack: string, more: Readonly<Record<string, unknown>>) {
  const file = parse(readFileSync(join(PROJECT, `Pulumi.${stack}.yaml`), "utf8")) as {
    config: Readonly<Record<string, object>>;
  };
  const own = Object.fromEntries(
    Object.entries(file.config).map(([key, value]) => [key.replace("edgefirst:", ""), value]),
  );
  const flux = own.flux as { root: object };
  const values = {
    ...own,
    flux: { ...flux, root: { ...flux.root, mode: "manage" } },
    gatewayApi: { source: await gatewayApiDirectory() },
    ...more,
  };
  return planPlatform({
    stack,
    config: stackConfig(values),
    pins: loadPins(),
    cluster: clusterHolding(),
    recorded: NONE,
  });
}
