import assert from "node:assert/strict";
import { parseYaml } from "../../../../tools/gitops/yaml/parse.ts";
import { SourceFile } from "../../../../tools/gitops/yaml/source.ts";
import type { Mapping } from "../../../../tools/gitops/yaml/values.ts";
import { otherIngresses } from "../../../../tools/migrate/steps/route/other-charts.ts";

/** The paths of the Ingresses that are listed for these values, in flow style. */
const listed = (values: string): readonly string[] => {
  const { documents } = parseYaml(new SourceFile("release.yaml", `spec: { values: ${values} }\n`));
  return otherIngresses(documents[0]?.value as Mapping, "other").map(
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
