import assert from "node:assert/strict";
import { route } from "../../../../tools/migrate/steps/route/step.ts";
import { messages, resultOf, written, type Files } from "../planning.ts";

const OPTIONS = { route: { gateways: { traefik: { name: "front", namespace: "doors" } } } };
const APPS = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n";

/** An Ingress with two paths. */
const ingress = (aboveSecond: string, annotations = ""): Files => ({
  "apps.yaml": APPS,
  "web.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: apps
${annotations}spec:
  ingressClassName: traefik
  rules:
    - host: web.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: web, port: { number: 80 } } }
          ${aboveSecond}
          - path: "/shutdown"
            pathType: Exact
            backend: { service: { name: guard, port: { number: 80 } } }
`,
});

/** The same as values of app-template. */
const release = (aboveSecond: string, annotations = ""): Files => ({
  "apps.yaml": APPS,
  "web.yaml": `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: apps
spec:
  chart:
    spec: { chart: app-template, version: 4.1.1, sourceRef: { kind: HelmRepository, name: charts } }
  values:
    service:
      web: { ports: { http: { port: 80 } } }
      guard: { ports: { http: { port: 80 } } }
    ingress:
      web:
        className: traefik
${annotations.replace(/^(?=.)/gm, "      ")}        hosts:
          - host: web.example.com
            paths:
              - path: /
                service: { identifier: web, port: http }
              ${aboveSecond}
              - path: /shutdown
                pathType: Exact
                service: { identifier: guard, port: http }
`,
});
const DROPPED = `  annotations:
    example.com/team: media
    # example.com/widget.type: web
    # example.com/widget.url: http://web.apps
    cert-manager.io/cluster-issuer: letsencrypt
    # example.com/last: "true"
`;

describe("migrate route: comments in an Ingress", () => {
  for (const [name, files] of [
    ["an Ingress", ingress],
    ["values of app-template", release],
  ] as const) {
    it(`on a path of ${name} come above its match`, () => {
      const result = resultOf(route, files("# Must stay exact: the guard answers."), OPTIONS);
      assert.match(
        written(result, "web.yaml"),
        /\n( *)# Must stay exact: the guard answers\.\n\1- path:\n.*type: Exact\n.*value: "?\/shutdown"?\n/,
      );
    });

    it(`stay among the annotations of ${name} if they are annotations that are switched off`, () => {
      const result = resultOf(route, files("# said of a path", DROPPED), OPTIONS);
      assert.match(
        written(result, "web.yaml"),
        /annotations:\n( +)example\.com\/team: media\n\1# example\.com\/widget\.type: web\n\1# example\.com\/widget\.url: http:\/\/web\.apps\n\1# example\.com\/last: "true"\n(?! *#)/,
      );
    });

    it(`keep ${name} as it is if they are entries that are switched off, with no place in a route`, () => {
      for (const off of ["# - path: /media", "# pathType: Prefix", "#- /media"]) {
        const result = resultOf(route, files(off), OPTIONS);
        assert.deepEqual(result.plan.changes, []);
        assert.match(messages(result, "refused").join(), new RegExp(`would lose this: .*${off}`));
        const accepted = resultOf(route, files(off), { ...OPTIONS, acceptLoss: ["comment"] });
        assert.ok(!written(accepted, "web.yaml").includes(off));
        assert.match(messages(accepted, "lost").join(), new RegExp(off));
      }
    });
  }
});
