import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubeClient } from "../../kube/kube-client.ts";
import { selects, type LabelSelector } from "../../kube/label-selector.ts";
import { sharedClient, START_TIMEOUT_MS } from "../support/sandbox.ts";

const KEYS = ["release", "example.com/tier", "team"];
const VALUES = ["a", "b", ""];
const NAMESPACE = "selectors";

/** Every set of labels with these keys and values. */
const LABELS = KEYS.reduce<Record<string, string>[]>(
  (sets, key) => sets.flatMap((set) => [set, ...VALUES.map((value) => ({ ...set, [key]: value }))]),
  [{}],
);

const key = fc.constantFrom(...KEYS);
const value = fc.constantFrom(...VALUES);
const requirement = fc.oneof(
  fc.record({ key, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  fc.record({
    key,
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
  }),
);
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: fc.dictionary(key, value, { maxKeys: 2 }),
    matchExpressions: fc.array(requirement, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

/** The selector as a query parameter (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors). */
function asQuery({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    return operator === "DoesNotExist" ? `!${key}` : `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  return [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(",");
}

describe("a label selector", function () {
  this.timeout(60_000);
  let client: KubeClient;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    client = await sharedClient(NAMESPACE);
    for (const [index, labels] of LABELS.entries()) {
      const metadata = { name: `labels-${index}`, namespace: NAMESPACE, labels };
      await client.apply({ apiVersion: "v1", kind: "ConfigMap", metadata }, { fieldManager: "test" });
    }
  });
  after(() => {
    client.close();
  });

  it("selects what the API server selects", async () => {
    await fc.assert(
      fc.asyncProperty(selector, async (chosen) => {
        const query = new URLSearchParams({ labelSelector: asQuery(chosen) });
        const path = `/api/v1/namespaces/${NAMESPACE}/configmaps?${query.toString()}`;
        const { items } = (await client.read(path)) as { items: { metadata: { name: string } }[] };
        const expected = items
          .map(({ metadata }) => metadata.name)
          .filter((name) => name.startsWith("labels-"));
        const found = LABELS.flatMap((labels, index) => (selects(chosen, labels) ? [`labels-${index}`] : []));
        assert.deepEqual(found.sort(), expected.sort(), asQuery(chosen));
      }),
      { numRuns: 200 },
    );
  });
});
