import assert from "node:assert/strict";
import fc from "fast-check";
import type { KubeObject } from "../../kube/objects.ts";
import { RULES } from "../../policy/engine/registry.ts";
import { runRules } from "../../policy/engine/run.ts";

/** Field names that rules read, so that junk gets past the rules' first checks. */
const NAMES = [
  ..."spec template values controllers containers initContainers image probes route service rules parentRefs".split(
    " ",
  ),
  ..."hostnames backendRefs listeners tls certificateRefs allowedRoutes namespaces chart chartRef sourceRef".split(
    " ",
  ),
  ..."name kind namespace data endpoints conditions postBuild substituteFrom dependsOn metadata labels".split(
    " ",
  ),
  ..."app port ports securityContext resources volumes roleRef verbs ref url path ingress hosts host".split(
    " ",
  ),
];

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom("app-template", "traefik"),
    ),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** Annotations and labels that rules read, with any value. */
const marks = fc.oneof(
  fc.dictionary(
    fc.constantFrom(
      "gatus.home-operations.com/enabled",
      "gatus.home-operations.com/endpoint",
      "gatus.io/enabled",
      "kustomize.toolkit.fluxcd.io/prune",
      "edgefirst.dev/exempt.image-pinned",
    ),
    fc.oneof(tree, fc.constantFrom("true", "a: [b", "reason; owner=a; until=never; path=a[")),
    { noNullPrototype: true },
  ),
  fc.constant(null),
);

describe("rules over junk", function () {
  this.timeout(30_000);
  const kinds = RULES.flatMap((rule) => rule.kinds).filter(({ kind }) => kind !== "*");

  it("never fail on a field of the wrong type", () => {
    const object = fc.record({
      annotations: marks,
      labels: marks,
      kind: fc.constantFrom(...kinds),
      fields: fc.dictionary(fc.constantFrom(...NAMES), tree, { noNullPrototype: true }),
    });
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 4 }), (made) => {
        const objects = made.map(({ kind, fields, annotations, labels }, index) => ({
          ...fields,
          apiVersion: kind.group === "" ? "v1" : `${kind.group}/v1`,
          kind: kind.kind,
          metadata: { name: `n${index}`, namespace: "media", annotations, labels },
        }));
        const { notEvaluated } = runRules({
          host: "repository",
          objects: objects as unknown as KubeObject[],
        });
        assert.deepEqual(
          notEvaluated
            .filter(({ reason }) => reason.startsWith("the rule failed"))
            .map(({ rule, reason }) => `${rule}: ${reason}`),
          [],
        );
      }),
      { numRuns: 3000 },
    );
  });
});
