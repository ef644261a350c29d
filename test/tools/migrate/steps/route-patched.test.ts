import assert from "node:assert/strict";
import { stringify } from "yaml";
import { route } from "../../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../../tools/migrate/run.ts";
import { ingressWith, messages, resultOf } from "../planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
const moved = ({ plan }: StepResult): readonly string[] => plan.changes.map(({ path }) => path);

describe("migrate route: what a patch for all Ingresses sets", () => {
  const set = (apiVersion: string, kind: string): object => ({
    target: { kind },
    patch: stringify({
      apiVersion,
      kind,
      metadata: { name: "any", annotations: { "example.net/owner": "ann" } },
    }),
  });
  const INGRESSES = set("networking.k8s.io/v1", "Ingress");
  const ROUTES = set("gateway.networking.k8s.io/v1", "HTTPRoute");
  const planned = (more: object): StepResult =>
    resultOf(
      route,
      {
        "den/tea.yaml": ingressWith({ name: "tea", namespace: "den", ingressClassName: "wan" }),
        "den/kustomization.yaml": { resources: ["tea.yaml"], ...more },
      },
      OPTIONS,
    );

  it("keeps them as long as it does not reach their routes", () => {
    const result = planned({ patches: [INGRESSES] });
    assert.deepEqual(moved(result), []);
    assert.match(
      messages(result, "refused").join(),
      /its HTTPRoute would not have annotation example\.net\/owner, which a patch sets: extend the patch to HTTPRoutes first/,
    );
  });

  it("moves with them if it does, or if it is set for all objects", () => {
    for (const more of [
      { patches: [INGRESSES, ROUTES] },
      { commonAnnotations: { "example.net/owner": "ann" } },
      { commonLabels: { owner: "ann" } },
    ])
      assert.deepEqual(moved(planned(more)), ["den/tea.yaml"], JSON.stringify(more));
  });
});
