import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { messages, resultOf, written, type Files } from "../../planning.ts";

const OPTIONS = { route: { gateways: { traefik: { name: "front", namespace: "doors" } } } };

const ingress = (metadata: string): Files => ({
  "web.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: apps
${metadata}spec:
  ingressClassName: traefik
  rules:
    - host: web.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
`,
});

const release = (shared: string, annotations: string): Files => ({
  "web.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  chart:
    spec: { chart: app-template, version: 4.1.1, sourceRef: { kind: HelmRepository, name: charts } }
  values:
    defaultPodOptions:
      annotations: &shared
${shared}    service:
      web: { ports: { http: { port: 80 } } }
    ingress:
      web:
        className: traefik
        annotations:
${annotations}        hosts:
          - host: web.example.com
            paths:
              - path: /
                service: { identifier: web, port: http }
`,
});

const OWN = `          <<: *shared # for every app
          # Asked for by the owner.
          example.com/own: 'yes' # a string
`;

describe("migrate route: merge keys", () => {
  it("stay in the annotations of a release, with their comment and the text of the other entries", () => {
    const result = resultOf(route, release('        example.com/shared: "1"\n', OWN), OPTIONS);
    assert.equal(result.proof.status, "holds");
    const text = written(result, "web.yaml");
    assert.ok(text.includes(`        annotations:\n${OWN}`), text);
    assert.equal(text.split("example.com/shared").length, 2);
  });

  it("keep the object if they use the anchor of a mapping that loses an entry", () => {
    const metadata = `  annotations: &shared
    example.com/shared: "1"
    traefik.ingress.kubernetes.io/router.pathmatcher: PathPrefix
  labels:
    example.com/own: 'yes' # a string
    <<: *shared
`;
    const kept = resultOf(route, ingress(metadata), OPTIONS);
    assert.deepEqual(kept.plan.changes, []);
    assert.match(messages(kept, "refused").join(), /web\.yaml:6: anchor &shared marks more than one line/);
  });

  it("keep the object if something that they bring would not move", () => {
    const shared = `        example.com/shared: "1"
        traefik.ingress.kubernetes.io/router.pathmatcher: Path
`;
    const kept = resultOf(route, release(shared, OWN), OPTIONS);
    assert.deepEqual(kept.plan.changes, []);
    assert.deepEqual(messages(kept, "refused"), [
      "unchanged: web.yaml:20: annotations has a merge key (<<), and of what that brings, traefik.ingress.kubernetes.io/router.pathmatcher would not move: write out what stays",
    ]);
  });
});

describe("migrate route: anchors of labels and annotations", () => {
  const kept: Readonly<Record<string, string>> = {
    "in block style": `  labels: &shared
    example.com/shared: "1"
  annotations:
    example.com/own: 'yes' # a string
    <<: *shared
`,
    "as an alias": `  labels: &shared
    example.com/shared: "1"
  annotations: *shared
`,
    "in braces": `  labels: &shared { example.com/shared: &one "1", example.com/own: *one }
  annotations: {example.com/shared: '1'}
`,
    "in braces on several lines": `  labels: {
    example.com/shared: &one "1",
      example.com/own: *one
  }
`,
  };
  for (const [form, metadata] of Object.entries(kept))
    it(`stay ${form}`, () => {
      const result = resultOf(route, ingress(metadata), OPTIONS);
      assert.equal(result.proof.status, "holds");
      const text = written(result, "web.yaml");
      assert.ok(text.includes(`  namespace: apps\n${metadata}spec:`), text);
    });

  it("move with the values of a release", () => {
    const own = "          <<: *shared\n";
    const files = release('        example.com/shared: "1"\n', own);
    const source = files["web.yaml"];
    assert.ok(typeof source === "string");
    const text = source.replace(`annotations:\n${own}`, "annotations: *shared\n");
    const result = resultOf(route, { "web.yaml": text }, OPTIONS);
    assert.equal(result.proof.status, "holds");
    assert.match(written(result, "web.yaml"), /^ {6}web:\n {8}annotations: \*shared\n/m);
  });
});
