import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { formatPath, parsePath } from "../../policy/engine/path.ts";
import { RULES } from "../../policy/engine/registry.ts";
import { runRules, type RuleReport } from "../../policy/engine/run.ts";
import { UNKNOWN, withUnknowns } from "../../policy/engine/unknown.ts";

describe("runRules", () => {
  const NOW = new Date("2026-03-10T12:00:00Z");
  const run = (...objects: KubeObject[]): RuleReport => runRules({ host: "repository", objects, now: NOW });
  const EXEMPT = "edgefirst.dev/exempt.image-pinned";

  it("names rule, object and path, and refers to the object by identity", () => {
    const object = pod({});
    const found = run(object).findings.filter(({ rule }) => rule === "image-pinned");
    assert.deepEqual(
      found.map(({ path, enforcement }) => [formatPath(path), enforcement]),
      [["spec.containers[0].image", "mandatory"]],
    );
    assert.ok(found.every((finding) => finding.object === object));
  });

  it("counts the findings that an exemption covers, and keeps its reason", () => {
    const report = run(pod({ [EXEMPT]: "built on this node; owner=ann; until=2026-03-10" }));
    assert.deepEqual([...report.exempted], [["image-pinned", 1]]);
    const found = report.findings.flatMap(({ exemption }) => exemption ?? []);
    assert.deepEqual(
      found.map(({ reason, owner }) => [reason, owner]),
      [["built on this node", "ann"]],
    );
  });

  it("reports a recommendation as a warning in a repository, unless the rule's level is set", () => {
    const bare = { ...pod({}), spec: { containers: [{ name: "web", image: "app:1.0" }] } };
    const level = (host: "stack" | "repository", settings = {}): string | undefined =>
      runRules({ host, objects: [bare], settings, now: NOW }).findings.find(
        ({ rule }) => rule === "workload-probes",
      )?.enforcement;
    assert.deepEqual(
      [
        level("repository"),
        level("repository", { "workload-probes": "mandatory" }),
        level("repository", { "workload-probes": { requireDifferentProbes: true } }),
        level("stack"),
      ],
      ["advisory", "mandatory", "advisory", "mandatory"],
    );
  });

  it("finds nothing in an object of any kind without a spec, which adds its metadata to one of another owner", () => {
    const kinds = RULES.flatMap((rule) => rule.kinds).filter(
      ({ group, kind }) => !`${group}/${kind}`.includes("*") && kind !== "Stack",
    );
    const report = run(
      ...kinds.map(({ group, kind }) => ({
        apiVersion: group === "" ? "v1" : `${group}/v1`,
        kind,
        metadata: { name: "web", namespace: "media", annotations: { note: "mine" } },
      })),
    );
    assert.deepEqual(
      report.findings.map(({ rule, object, message }) => [rule, object.kind, message]),
      [],
    );
  });

  it("limits an exemption to its path", () => {
    const exempted = (path: string) =>
      run(pod({ [EXEMPT]: `reason; owner=ann; until=never; path=${path}` })).exempted.get("image-pinned");
    assert.equal(exempted("spec.containers[0]"), 1);
    assert.equal(exempted("spec.containers[1]"), undefined);
  });

  for (const [value, says] of [
    ["owner=ann; until=2027-01-01", "no reason"],
    ["; owner=ann; until=2027-01-01", "no reason"],
    ["reason; until=2027-01-01", "no owner"],
    ["reason; owner=ann", "no expiry date"],
    ["reason; owner=ann; until=2026-03-09", "expired on 2026-03-09"],
    ["reason; owner=ann; until=soon", "neither a date"],
    ["reason; owner=ann; until=2027-01-01; path=a..b", "not a path"],
    ["reason; owner=ann; until=2027-01-01; color=red", '"color"'],
  ] as const)
    it(`reports "${value}" as an exemption that is not valid`, () => {
      const report = run(pod({ [EXEMPT]: value }));
      const found = report.findings.filter(({ rule }) => rule === "exemption");
      assert.deepEqual(
        found.map(({ path, message }) => [path.join("|"), message.includes(says)]),
        [[`metadata|annotations|${EXEMPT}`, true]],
      );
      assert.equal(report.exempted.size, 0);
    });

  it("reports an exemption from an unknown rule", () => {
    const { findings } = run(pod({ "edgefirst.dev/exempt.image-pined": "r; owner=a; until=never" }));
    assert.ok(findings.some(({ message }) => message.includes("no rule image-pined")));
  });

  it("reports what it could not evaluate, and the findings for the rest", () => {
    const containers = [
      { name: "a", image: "a" },
      { name: "b", image: UNKNOWN },
    ];
    const object = withUnknowns({ ...pod({}), spec: { containers } });
    const report = run(object);
    const mine = <T extends { rule: string }>(all: readonly T[]) =>
      all.filter(({ rule }) => rule === "image-pinned");
    assert.deepEqual(
      mine(report.findings).map(({ path }) => formatPath(path)),
      ["spec.containers[0].image"],
    );
    assert.deepEqual(
      mine(report.notEvaluated).map(({ path }) => formatPath(path)),
      ["spec.containers[1].image"],
    );
  });

  it("follows the configured level of a rule", () => {
    const levels = (level: string) => {
      const { findings } = runRules({
        host: "repository",
        objects: [pod({})],
        settings: {
          "image-pinned": level,
          resources: { enforcementLevel: "mandatory", required: ["limits.cpu"] },
        },
      });
      return new Set(
        findings
          .filter(({ rule }) => rule === "image-pinned" || rule === "resources")
          .map(
            ({ rule, enforcement, message }) =>
              `${rule} ${enforcement} ${/limits\.\w+/.exec(message)?.[0] ?? ""}`,
          ),
      );
    };
    assert.deepEqual(
      levels("advisory"),
      new Set(["image-pinned advisory ", "resources mandatory limits.cpu"]),
    );
    assert.deepEqual(levels("disabled"), new Set(["resources mandatory limits.cpu"]));
  });

  it("refuses settings that no rule has", () => {
    const settings = (value: Record<string, unknown>) => () =>
      runRules({ host: "stack", objects: [], settings: value });
    assert.throws(settings({ "image-pinned": { digest: true } }), /not valid.*digest.*image-pinned/s);
    assert.throws(settings({ nothing: {} }), /not valid.*nothing/s);
  });
});

describe("paths of findings", () => {
  it("can be parsed back from their formatted form", () => {
    for (const path of [
      ["spec", "containers", 0, "image"],
      ["metadata", "annotations", 'a.b/c"d'],
      [0, "a"],
    ])
      assert.deepEqual(parsePath(formatPath(path)), path);
    for (const text of ["", "a..b", "a[", "a[x]"]) assert.equal(parsePath(text), undefined);
  });
});

function pod(annotations: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", annotations },
    spec: { containers: [{ name: "a", image: "app:latest" }] },
  };
}
