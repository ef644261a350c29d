import assert from "node:assert/strict";
import { route } from "../../../../tools/migrate/steps/route/step.ts";
import type { StepResult } from "../../../../tools/migrate/run.ts";
import { messages, resultOf, type Files } from "../planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors", middlewares: true } } } };

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ledger
  namespace: shop
  creationTimestamp: null
spec:
  ingressClassName: wan
  rules:
    - host: ledger.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ledger
                port:
                  number: 80
`;
const ROUTE = `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: ledger
  namespace: shop
  annotations:
    kubernetes.io/ingress.class: wan
spec:
  routes:
    - kind: Rule
      match: Host(\`ledger.example.org\`)
      middlewares:
        - name: lan-only
      services:
        - name: ledger
          port: 80
`;
const RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ledger
  namespace: shop
spec:
  chart:
    spec:
      chart: app-template
      version: 4.4.0
      sourceRef:
        kind: HelmRepository
        name: charts
  values:
    service:
      ledger:
        ports:
          http:
            port: 80
    ingress:
      ledger:
        className: wan
        hosts:
          - host: ledger.example.org
            paths:
              - path: /
                pathType: Prefix
                service:
                  identifier: ledger
`;
const ALLOW = 'annotations: { nginx.ingress.kubernetes.io/whitelist-source-range: "192.0.2.0/24" }';

/** A document, the line after which a field is added, and the field's path. */
const MISPLACED: readonly (readonly [string, string, string, string])[] = [
  [INGRESS, "  ingressClassName: wan", `  ${ALLOW}`, "spec.annotations"],
  [INGRESS, "    - host: ledger.example.org", `      ${ALLOW}`, "spec.rules[0].annotations"],
  [INGRESS, "          - path: /", `            ${ALLOW}`, "spec.rules[0].http.paths[0].annotations"],
  [INGRESS, "kind: Ingress", ALLOW, "annotations"],
  [INGRESS, "  namespace: shop", '  annotation: { team: "9" }', "metadata.annotation"],
  [INGRESS, "  namespace: shop", "  finalizers: [shop.example.org/audit]", "metadata.finalizers"],
  [INGRESS, "          - path: /", "            type: Exact", "spec.rules[0].http.paths[0].type"],
  [ROUTE, "spec:", `  ${ALLOW}`, "spec.annotations"],
  [ROUTE, "    - kind: Rule", "      middleware: [{ name: login }]", "spec.routes[0].middleware"],
  [ROUTE, "        - name: lan-only", "          options: 4", "spec.routes[0].middlewares[0].options"],
  [RELEASE, "          - host: ledger.example.org", `            ${ALLOW}`, "hosts[0].annotations"],
  [RELEASE, "                pathType: Prefix", `                ${ALLOW}`, "hosts[0].paths[0].annotations"],
];
const planned = (text: string): StepResult => {
  const files: Files = { "shop/ledger.yaml": text };
  return resultOf(route, files, OPTIONS);
};

describe("migrate route: a field that its API does not have", () => {
  for (const [document, after, field, path] of MISPLACED)
    it(`keeps ${/kind: (\w+)/.exec(document)?.[1]} with ${path}`, () => {
      const text = document.replace(`${after}\n`, () => `${after}\n${field}\n`);
      const line = text.split("\n").indexOf(field) + 1;
      const result = planned(text);
      assert.deepEqual(result.plan.changes, []);
      const refused = messages(result, "refused").join("\n");
      assert.ok(refused.includes(`${path} (shop/ledger.yaml:${line}) is not a field of`), refused);
    });

  it("does not keep the same objects without it", () => {
    for (const text of [INGRESS, ROUTE, RELEASE]) assert.equal(planned(text).plan.changes.length, 1, text);
  });
});
