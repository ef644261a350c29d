import assert from "node:assert/strict";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../tools/gitops/yaml/file-text.ts";
import { buildRepository } from "../../../tools/gitops/flux/repository-build.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import { annotate } from "../../../tools/migrate/steps/annotate/step.ts";
import { probes } from "../../../tools/migrate/steps/probes/step.ts";
import type { Step, StepContext } from "../../../tools/migrate/step.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/migrate");
const APPS = "kubernetes/apps";

function contextOf(fixture: string, selected: StepContext["selected"] = () => true): StepContext {
  const repository = new Repository(join(FIXTURES, fixture, "before"));
  const { clusters } = buildRepository(repository);
  return { repository, clusters, selected, options: readOptions(repository) };
}

/** The proof of a step's plan with a different text for one file. */
function failuresWith(step: Step, fixture: string, path: string, spoil: (text: string) => string): string {
  const context = contextOf(fixture);
  const { changes } = step.plan(context);
  const planned = changes.find((change) => change.path === path)?.text ?? fileText(context.repository, path);
  assert.ok(planned !== undefined, `${path} is not there`);
  const text = spoil(planned);
  assert.notEqual(text, planned, `${path} is not spoilt`);
  const others = changes.filter((change) => change.path !== path);
  return prove(step, context, { changes: [...others, { path, text }], notes: [] })
    .proof.failures.map(({ message }) => message)
    .join("\n");
}

interface Case {
  readonly name: string;
  readonly path: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly fault: RegExp;
}

function refuses(step: Step, fixture: string, cases: readonly Case[]): void {
  for (const { name, path, from, to, fault } of cases)
    it(`fails for ${name}`, () => {
      const failures = failuresWith(step, fixture, `${APPS}/${path}`, (text) => text.replace(from, to));
      assert.match(failures, fault);
    });
}

describe("the proof of migrate annotate", () => {
  refuses(annotate, "annotate/endpoints", [
    {
      name: "a different condition",
      path: "wiki/route.yaml",
      from: "[RESPONSE_TIME] < 500",
      to: "[RESPONSE_TIME] < 900",
      fault: /endpoint handbook \(.*\) would be new/,
    },
    {
      name: "a different group",
      path: "shop/all.yaml",
      from: "name: till",
      to: "name: till\n            group: internal",
      fault: /endpoint internal\/till \(.*\) would be new/,
    },
    {
      name: "an endpoint missing from its route",
      path: "wiki/route.yaml",
      from: / {4}gatus\.home-operations\.com\/endpoint[^]*?(?=^spec)/m,
      to: "",
      fault: /endpoint handbook \(.*\) would no longer be monitored/,
    },
    {
      name: "a route that is no longer monitored",
      path: "wiki/route.yaml",
      from: /enabled: "true"(?=\nspec)/,
      to: 'enabled: "false"',
      fault: /endpoint wiki-files \(.*\) would no longer be monitored/,
    },
    {
      name: "a change to another annotation on a route",
      path: "wiki/route.yaml",
      from: "  annotations:\n",
      to: '  annotations:\n    example.net/other: "1"\n',
      fault: /HTTPRoute .*: something other than gatus-sidecar's annotations has changed/,
    },
    {
      name: "different values in a release",
      path: "shop/all.yaml",
      from: "port: 8080",
      to: "port: 8081",
      fault: /HelmRelease .*: something other than gatus-sidecar's annotations has changed/,
    },
    {
      name: "a removed route",
      path: "wiki/route.yaml",
      from: /^---[^]*/m,
      to: "",
      fault: /HTTPRoute .*wiki-files \(removed\): this step may only remove ConfigMaps with endpoints/,
    },
    {
      name: "a new object",
      path: "wiki/route.yaml",
      from: /$/,
      to: "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n",
      fault: /ConfigMap .*more \(added\): this step must not add objects/,
    },
  ]);

  it("keeps a ConfigMap if --only excludes its route", () => {
    const context = contextOf("annotate/endpoints", (path) => !path.endsWith("wiki/route.yaml"));
    const { changes, notes } = annotate.plan(context);
    assert.deepEqual(
      changes.filter(({ path }) => path.includes("/wiki/")),
      [],
    );
    assert.match(
      notes.map(({ message }) => message).join("\n"),
      /wiki-endpoints is kept: .*wiki\/route\.yaml would have to change too, but --only excludes it/,
    );
    const refused = { ...context, isRefused: (path: string) => path.endsWith("wiki/route.yaml") };
    assert.match(
      annotate
        .plan(refused)
        .notes.map(({ message }) => message)
        .join("\n"),
      /wiki\/route\.yaml would have to change too, but another line of this report says why it stays/,
    );
  });
});

describe("the proof of migrate annotate without gatus-sidecar", () => {
  it("fails if a ConfigMap is removed", () => {
    const failures = failuresWith(annotate, "annotate/unwatched", "kubernetes/kustomization.yaml", (text) =>
      text.replace("  - endpoints.yaml\n", ""),
    );
    assert.match(failures, /the route would not be monitored/);
  });
});

describe("the proof of migrate probes", () => {
  refuses(probes, "probes/containers", [
    {
      name: "an undocumented path",
      path: "documented.yaml",
      from: "path: /health",
      to: "path: /made/up",
      fault: /container app would get different probes/,
    },
    {
      name: "a less patient probe",
      path: "bare.yaml",
      from: "failureThreshold: 180",
      to: "failureThreshold: 1",
      fault: /container app would get different probes/,
    },
    {
      name: "different values in a release",
      path: "bare.yaml",
      from: "port: 8080",
      to: "port: 8081",
      fault: /something other than its probes has changed/,
    },
    {
      name: "a different image",
      path: "bare.yaml",
      from: 'tag: "1.0"',
      to: 'tag: "1.1"',
      fault: /something other than its probes has changed/,
    },
  ]);

  it("only changes selected files", () => {
    const { changes } = probes.plan(contextOf("probes/containers", (path) => path.endsWith("/bare.yaml")));
    assert.deepEqual(
      changes.map(({ path }) => path),
      [`${APPS}/bare.yaml`],
    );
  });
});
