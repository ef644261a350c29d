import assert from "node:assert/strict";
import { parseYaml } from "../../../../../tools/gitops/yaml/parse.ts";
import { SourceFile } from "../../../../../tools/gitops/yaml/source.ts";
import type { Mapping } from "../../../../../tools/gitops/yaml/values.ts";
import { route } from "../../../../../tools/migrate/steps/route/step.ts";
import { helmRelease, resultOf, type Files } from "../../planning.ts";
import { otherIngresses } from "../../../../../tools/migrate/steps/route/release/other-charts.ts";

/** The paths of the Ingresses that are listed for these values, in flow style. */
const listed = (values: string): readonly string[] => {
  const { documents } = parseYaml(new SourceFile("release.yaml", `spec: { values: ${values} }\n`));
  return otherIngresses([documents[0]?.value as Mapping], "other").map(
    ({ message }) => message.split(" is left unchanged")[0] ?? "",
  );
};

describe("the Ingresses of other charts", () => {
  it("are listed where charts write them", () => {
    for (const [values, expected] of [
      ["{ ingress: { enabled: true, host: a.example.com } }", ["ingress"]],
      ["{ server: { ingress: { enabled: true } } }", ["server.ingress"]],
      // rook-ceph-cluster
      [
        "{ ingress: { dashboard: { ingressClassName: internal, host: { name: rook.example.com } } } }",
        ["ingress.dashboard"],
      ],
      [
        "{ ingress: { main: { enabled: true }, admin: { enabled: true } } }",
        ["ingress.main", "ingress.admin"],
      ],
    ] as const)
      assert.deepEqual(listed(values), expected, values);
  });

  it("are not listed if they are off or empty", () => {
    for (const values of [
      "{ ingress: { enabled: false, host: a.example.com } }",
      "{ ingress: { enabled: false, main: { host: a.example.com } } }",
      "{ ingress: { main: { enabled: false, ingressClassName: internal } } }",
      "{ ingress: { dashboard: {}, annotations: { example.com/host: a } } }",
    ])
      assert.deepEqual(listed(values), [], values);
  });
});

describe("the Ingresses that a patch adds to a release", () => {
  const files = (chart: string, ingress: object): Files => ({
    "den/kustomization.yaml": { resources: ["./tea.yaml"], patches: [{ path: "./at-home.yaml" }] },
    "den/tea.yaml": helmRelease("tea", "den", chart, { image: "tea" }),
    "den/at-home.yaml": {
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "tea", namespace: "den" },
      spec: { values: { ingress } },
    },
  });
  const listedIn = (chart: string, ingress: object): readonly string[] => {
    const { plan } = resultOf(route, files(chart, ingress));
    assert.deepEqual(plan.changes, []);
    return plan.notes.map(({ kind, message, position }) => `${kind} ${position?.file ?? ""} ${message}`);
  };

  it("are listed with their place, for app-template and for other charts", () => {
    assert.deepEqual(
      listedIn("app-template", { tea: { className: "wan", hosts: [{ host: "tea.example.net" }] } }),
      [
        "refused den/at-home.yaml ingress.tea of HelmRelease den/tea is written in a patch: write it into the release's own file first, or replace it by hand",
      ],
    );
    const [other = "", ...more] = listedIn("longhorn", { enabled: true, host: "tea.example.net" });
    assert.match(other, /^left den\/at-home\.yaml ingress is left unchanged/);
    assert.deepEqual(more, []);
  });

  it("are listed next to the release's own", () => {
    const all = files("app-template", { tea: { className: "wan" } });
    const own = helmRelease("tea", "den", "app-template", { ingress: { pot: { className: "lan" } } });
    const { plan } = resultOf(route, { ...all, "den/tea.yaml": own });
    assert.deepEqual(plan.notes.map(({ position }) => position?.file).sort(), [
      "den/at-home.yaml",
      "den/tea.yaml",
    ]);
  });

  it("are not listed if they are off", () => {
    assert.deepEqual(listedIn("app-template", { tea: { enabled: false } }), []);
  });
});
