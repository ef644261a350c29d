import assert from "node:assert/strict";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../tools/migrate/run.ts";
import { ingressWith, messages, resultOf, type Files } from "./planning.ts";

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
