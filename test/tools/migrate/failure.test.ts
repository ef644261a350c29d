import assert from "node:assert/strict";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../tools/migrate/run.ts";
import { prove } from "../../../tools/migrate/proof.ts";
import { noChangeAllowed, type FileChange, type Step } from "../../../tools/migrate/step.ts";
import { ingressWith, messages, resultOf, withRepository, type Files } from "./planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
const app = (name: string, host = `${name}.example.net`): object =>
  ingressWith({ name, namespace: "den", host, ingressClassName: "wan" });
const patch = (name: string): object => app(name, `${name}.home.example.net`);
const NAMES = ["tea", "film", "till", "lamp"];
const files = (...patched: readonly string[]): Files => ({
  ...Object.fromEntries(NAMES.map((name) => [`base/${name}.yaml`, app(name)])),
  "base/kustomization.yaml": { resources: NAMES.map((name) => `${name}.yaml`) },
  ...Object.fromEntries(patched.map((name) => [`home/${name}.yaml`, patch(name)])),
  "home/kustomization.yaml": {
    resources: ["../base"],
    patches: patched.map((name) => ({ path: `${name}.yaml` })),
  },
});
const moved = ({ plan }: StepResult): readonly string[] => plan.changes.map(({ path }) => path).sort();

describe("a step that would replace an object that a patch names", () => {
  it("leaves only that object, and names the patch", () => {
    const result = resultOf(route, files("tea", "lamp"), OPTIONS);
    assert.deepEqual(moved(result), ["base/film.yaml", "base/till.yaml"]);
    assert.equal(result.proof.status, "holds");
    for (const name of ["tea", "lamp"])
      assert.ok(
        messages(result, "refused").some((message) =>
          message.includes(`home/${name}.yaml:1 patches Ingress ${name}, which the step replaces`),
        ),
        messages(result, "refused").join("\n"),
      );
  });

  it("replaces all without one", () => {
    assert.equal(moved(resultOf(route, files(), OPTIONS)).length, NAMES.length);
  });
});

describe("a step that would break a build with one of its files", () => {
  const config = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: den }\n`;
  const overlays = ["blue", "red"];
  const given: Files = {
    ...Object.fromEntries(NAMES.map((name) => [`home/red/${name}.yaml`, config(name)])),
    "base/kustomization.yaml": { resources: [] },
    "home/blue/kustomization.yaml": { resources: ["../../base"] },
    "home/red/kustomization.yaml": { resources: ["../../base", ...NAMES.map((name) => `${name}.yaml`)] },
    "home/kustomization.yaml": { resources: overlays },
  };
  const base = "base/kustomization.yaml";
  /** Adds an object to the base that two overlays include, which Kustomize rejects. */
  const broken: readonly FileChange[] = [
    { path: base, text: "resources: [shared.yaml]\n" },
    { path: "base/shared.yaml", text: config("shared") },
  ];
  const commented: readonly FileChange[] = NAMES.map((name) => ({
    path: `home/red/${name}.yaml`,
    text: `# Known.\n${config(name)}`,
  }));
  const stepWith = (changes: readonly FileChange[]): Step => ({
    id: "comments",
    title: "",
    risk: { level: "low", phrase: "" },
    live: [],
    plan: ({ selected }) => ({ changes: changes.filter(({ path }) => selected(path)), notes: [] }),
    whyForbidden: noChangeAllowed,
  });

  it("leaves only that file, although every object of the build would be missing", () => {
    const result = resultOf(stepWith([...broken, ...commented]), given);
    assert.deepEqual(moved(result), NAMES.map((name) => `home/red/${name}.yaml`).sort());
    assert.equal(result.proof.status, "holds");
    assert.match(messages(result, "refused").join("\n"), /ConfigMap den\/shared exists already/);
  });

  it("names the cause, and only counts what is missing for it", () => {
    const path = "home/blue/kustomization.yaml";
    const twice = stepWith([{ path, text: "resources: [../../base, ../red/tea.yaml]\n" }]);
    const { proof, plan } = withRepository(given, {}, (context) => ({
      ...prove(twice, context, twice.plan(context)),
      plan: twice.plan(context),
    }));
    assert.equal(plan.changes.length, 1);
    assert.deepEqual(
      proof.failures.map(({ message }) => message),
      [
        "ConfigMap den/tea exists already: the build includes this file twice",
        `home: without this build, ${NAMES.length} objects would be missing, such as ConfigMap den/tea`,
      ],
    );
    assert.deepEqual(proof.gaps, []);
  });
});
