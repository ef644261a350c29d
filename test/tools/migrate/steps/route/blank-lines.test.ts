import assert from "node:assert/strict";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { resultOf, written } from "../../planning.ts";

const OPTIONS = { route: { gateways: { wan: { name: "front", namespace: "doors" } } } };

const indent = (text: string, by: string): string => text.replace(/^(?=.)/gm, by);
/** An entry in `ingress` that moves if its class is `wan`. */
const entry = (name: string, className: string): string => `${name}:
  className: ${className}
  hosts:
    - host: ${name}.example.net
      paths:
        - path: /
          service: { identifier: tea, port: 80 }
`;
const SERVICE = "service:\n  tea:\n    ports: { http: { port: 80 } }\n";
const STORE = "persistence:\n  tea: { type: emptyDir }\n";
const release = (values: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: tea
  namespace: den
spec:
  chart:
    spec:
      chart: app-template
      version: 4.4.0
      sourceRef: { kind: HelmRepository, name: charts }
  values:
${indent(values, "    ")}`;

/** The keys of the values and of what is below `ingress` and `route`, with `_` for a blank line. */
function shape(values: string): string {
  const text = written(resultOf(route, { "den/tea.yaml": release(values) }, OPTIONS), "den/tea.yaml");
  const lines = text
    .slice(text.indexOf("  values:\n") + 10)
    .split("\n")
    .slice(0, -1);
  return lines
    .flatMap((line) => (line === "" ? "_" : (/^ {4}(?: {2})?([a-z]+):/.exec(line)?.[1] ?? [])))
    .filter((key) => key !== "ports" && key !== "parentRefs")
    .join(" ");
}

const ingress = (separator: string, ...entries: readonly string[]): string =>
  `ingress:\n${indent(entries.join(separator), "  ")}`;
const MOVES = entry("moves", "wan");
const LATER = entry("later", "wan");
const STAYS = entry("stays", "lan");

describe("migrate route: blank lines in values", () => {
  it("come before the route if they separate the values", () => {
    for (const [order, expected] of [
      [[MOVES, STAYS], "ingress stays _ route moves"],
      [[STAYS, MOVES], "ingress stays _ route moves"],
    ] as const) {
      const own = ingress("", ...order);
      assert.equal(shape(`${SERVICE}\n${own}\n${STORE}`), `service tea _ ${expected} _ persistence tea`);
      assert.equal(shape(`${SERVICE}\n${own}`), `service tea _ ${expected}`);
      assert.equal(shape(`${own}\n${SERVICE}`), `${expected} _ service tea`);
    }
  });

  it("do not come before it if they do not", () => {
    const own = ingress("", STAYS, MOVES);
    assert.equal(shape(`${SERVICE}${own}${STORE}`), "service tea ingress stays route moves persistence tea");
    assert.equal(
      shape(`${SERVICE}${ingress("\n", STAYS, MOVES)}${STORE}`),
      "service tea ingress stays route moves persistence tea",
    );
  });

  it("separate the routes as they separated the Ingresses", () => {
    assert.equal(shape(`${SERVICE}\n${ingress("\n", MOVES, LATER)}`), "service tea _ route moves _ later");
    assert.equal(shape(`${SERVICE}\n${ingress("", MOVES, LATER)}`), "service tea _ route moves later");
    assert.equal(
      shape(`${SERVICE}\n${ingress("\n", MOVES, STAYS, LATER)}\n${STORE}`),
      "service tea _ ingress stays _ route moves _ later _ persistence tea",
    );
  });

  it("are not left at the start of what stays", () => {
    assert.equal(
      shape(`${SERVICE}\n${ingress("\n", MOVES, STAYS)}`),
      "service tea _ ingress stays _ route moves",
    );
  });
});

describe("migrate route: the form of an Ingress", () => {
  it("keeps the order of its metadata, and the blank line above its spec", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  namespace: den
  labels:
    app: tea
  name: tea

spec:
  ingressClassName: wan
  rules:
    - host: tea.example.net
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: tea, port: { number: 80 } } }
`;
    const moved = written(resultOf(route, { "den/tea.yaml": text }, OPTIONS), "den/tea.yaml");
    assert.match(
      moved,
      /metadata:\n {2}namespace: den\n {2}labels:\n {4}app: tea\n {2}name: tea\n\nspec:\n {2}parentRefs/,
    );
  });
});

describe("migrate route: blank lines between labels and annotations", () => {
  const TLS = 'traefik.ingress.kubernetes.io/router.tls: "true"';
  const ENTRY = "traefik.ingress.kubernetes.io/router.entrypoints: websecure";
  const ISSUER = "cert-manager.io/cluster-issuer: acme";
  const LABELS = "labels:\n  team: den\n\n  tier: front\n";
  const ANNOTATIONS = `annotations:

  look.example.org/on: "true"
  # how it looks
  look.example.org/theme: dark

  # shown on the page
  page.example.org/show: "true"
  ${TLS}
  page.example.org/text: |
    one

    two


  # one more group


  # page.example.org/hidden: "true"
  last.example.org/one: "1"

  ${ENTRY}

  last.example.org/two: "2"

  ${ISSUER}
`;
  const STAYING = ANNOTATIONS.replace(`  ${TLS}\n`, "")
    .replace(`  ${ENTRY}\n\n`, "")
    .replace(/\n {2}cert.*\n$/, "");
  const OWN = {
    route: {
      gateways: {
        wan: {
          name: "front",
          namespace: "doors",
          elsewhere: true,
          entryPoints: { websecure: "https" },
          httpsListeners: ["https"],
        },
      },
    },
  };

  it("stay in values", () => {
    const own = entry("moves", "wan").replace(
      "  hosts:",
      `${indent(`${ANNOTATIONS}\n${LABELS}`, "  ")}  hosts:`,
    );
    const values = `${SERVICE}\ningress:\n${indent(own, "  ")}`;
    const result = resultOf(route, { "den/tea.yaml": release(values) }, OWN);
    const text = written(result, "den/tea.yaml");
    const kept = indent(`${STAYING}\n${LABELS}`, "        ");
    assert.ok(text.includes(`      moves:\n${kept}        parentRefs:`), text);
  });

  it("stay in the metadata of an object", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: tea

  namespace: den
${indent(`${LABELS}\n${ANNOTATIONS}`, "  ")}spec:
  ingressClassName: wan
  rules:
    - host: tea.example.net
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: tea, port: { number: 80 } } }
`;
    const moved = written(resultOf(route, { "den/tea.yaml": text }, OWN), "den/tea.yaml");
    assert.ok(
      moved.includes(
        `metadata:\n  name: tea\n\n  namespace: den\n${indent(`${LABELS}\n${STAYING}`, "  ")}spec:`,
      ),
      moved,
    );
  });
});
