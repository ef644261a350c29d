import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, ingressWith, kustomization, messages, resultOf, type Files } from "../../planning.ts";

const FLUX = "kustomize.toolkit.fluxcd.io/";
const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };
const tea = (annotations: object): object =>
  ingressWith({
    name: "tea",
    namespace: "den",
    host: "tea.example.com",
    ingressClassName: "wan",
    annotations,
  });
const files = (object: object, spec: object = {}): Files => ({
  "flux/den.yaml": kustomization("den", "./den", spec),
  "den/tea.yaml": object,
});
const release = (annotations: object, marks: object = {}): object => {
  const values = {
    service: { app: { controller: "tea", ports: { http: { port: 80 } } } },
    ingress: {
      app: {
        annotations,
        className: "wan",
        hosts: [
          { host: "tea.example.com", paths: [{ path: "/", service: { identifier: "app", port: "http" } }] },
        ],
      },
    },
  };
  const made = helmRelease("tea", "den", "app-template", values) as { metadata: object };
  return { ...made, metadata: { ...made.metadata, annotations: marks } };
};
/** What the report says about deleting something by hand. */
const byHand = (all: Files, options: object = OPTIONS): string => {
  const result = resultOf(route, all, options);
  assert.equal(result.plan.changes.length, 1, messages(result, "refused").join());
  return messages(result, "cutover")
    .filter((message) => message.includes("delete it by hand"))
    .join();
};

describe("migrate route: Ingresses that Flux does not treat as others", () => {
  it("names those that stay on the cluster, and why", () => {
    assert.match(
      byHand(files(tea({ [`${FLUX}prune`]: "disabled" }))),
      /^tea\.example\.com: Flux does not delete Ingress den\/tea \(kustomize.*\/prune: disabled\), so .* delete it by hand/,
    );
    assert.match(
      byHand(files(tea({}), { prune: false })),
      /Flux does not delete Ingress den\/tea, because Kustomization flux-system\/den does not prune/,
    );
    assert.match(
      byHand(files(release({ "helm.sh/resource-policy": "keep" }))),
      /Helm does not delete the Ingress/,
    );
    for (const object of [tea({}), release({}), release({}, { [`${FLUX}prune`]: "disabled" })])
      assert.equal(byHand(files(object)), "");
    const kept = { route: { ...OPTIONS.route, keepIngress: true } };
    assert.equal(byHand(files(tea({ [`${FLUX}prune`]: "disabled" })), kept), "");
  });

  it("leaves those whose change Flux would not apply", () => {
    for (const [object, reason] of [
      [
        tea({ [`${FLUX}reconcile`]: "disabled" }),
        /would not create its route, which takes over .*reconcile: disabled/,
      ],
      [tea({ [`${FLUX}ssa`]: "Ignore" }), /would not create its route, which takes over .*ssa: Ignore/],
      [
        release({}, { [`${FLUX}reconcile`]: "disabled" }),
        /does not change its HelmRelease \(.*reconcile: disabled\)/,
      ],
      [
        release({}, { [`${FLUX}ssa`]: "IfNotPresent" }),
        /does not change its HelmRelease \(.*ssa: IfNotPresent\)/,
      ],
    ] as const) {
      const result = resultOf(route, files(object), OPTIONS);
      assert.deepEqual(result.plan.changes, []);
      assert.match(messages(result, "refused").join(), reason);
    }
    assert.equal(byHand(files(tea({ [`${FLUX}ssa`]: "IfNotPresent" }))), "");
  });
});
