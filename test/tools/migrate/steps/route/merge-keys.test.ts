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

  it("keep the object if they use an anchor that would move", () => {
    const metadata = `  labels: &shared
    example.com/shared: "1"
  annotations:
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
