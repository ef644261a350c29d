import assert from "node:assert/strict";
import { checkPushoverSecret } from "../../../components/shared/pushover.ts";
import { STACK_LABEL, type KubeObject } from "../../../kube/objects.ts";
import { clusterHolding } from "../../support/cluster.ts";

const KEYS = { secret: "notify", token: "APP", userKey: "USER" };
const READER = { namespace: "observability", sender: "Gatus", consequence: "Gatus would not start" };
const secret = (data: Readonly<Record<string, string>>, namespace = "observability"): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "notify", namespace },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])),
});
const found = (...live: KubeObject[]) => checkPushoverSecret(KEYS, READER, clusterHolding(...live));
const GOOD = { APP: "a".repeat(30), USER: "u".repeat(30) };

describe("an existing Secret for Pushover", () => {
  it("is accepted with both keys, whatever else it has, and with the newline that a file ends with", async () => {
    assert.deepEqual(await found(secret({ ...GOOD, APP: `${GOOD.APP}\n`, other: "x" })), []);
  });

  it("is reported if it does not exist in the namespace, with the command that creates it", async () => {
    const findings = await found(secret(GOOD, "elsewhere"));
    assert.deepEqual(
      findings.map(({ severity, message }) => `${severity}: ${message}`),
      [
        "warning: Secret observability/notify, with the keys for Pushover, does not exist on test: Gatus would not start.",
      ],
    );
    assert.match(
      findings[0]?.hint ?? "",
      /kubectl --context test --namespace observability create secret generic notify --from-literal APP=TOKEN --from-literal USER=USER_KEY$/,
    );
  });

  it("is reported without a key, and with one of another length, without any part of it", async () => {
    assert.match((await found(secret({ APP: GOOD.APP })))[0]?.message ?? "", /has no key USER on test/);
    assert.match((await found(secret({})))[0]?.message ?? "", /has no keys APP, USER on test/);
    const findings = await found(secret({ ...GOOD, USER: "canary" }));
    assert.match(
      findings[0]?.message ?? "",
      /^Key USER of Secret observability\/notify on test has 6 characters: Gatus would send no alerts/,
    );
    assert.doesNotMatch(JSON.stringify(findings), /canary/);
  });

  it("is refused if a stack declares it, which would delete it", async () => {
    const own = secret(GOOD);
    const live = { ...own, metadata: { ...own.metadata, labels: { [STACK_LABEL]: "edge" } } };
    const [finding] = await found(live);
    assert.match(
      `${finding?.severity}: ${finding?.message}`,
      /^error: .* belongs to stack edge, which would delete it/,
    );
  });

  it("is not read if the stack has the keys, or sends no alerts", async () => {
    const none = clusterHolding();
    assert.deepEqual(await checkPushoverSecret({ token: "t", userKey: "u" }, READER, none), []);
    assert.deepEqual(await checkPushoverSecret(undefined, READER, none), []);
  });
});
