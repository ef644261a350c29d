import assert from "node:assert/strict";
import { components } from "../../../../tools/migrate/steps/components/step.ts";
import { kustomization, messages, resultOf, written, type Files } from "../planning.ts";

const TEMPLATE = "kubernetes/shared/templates/gatus/external";
const USER = "kubernetes/home/apps/web/kustomization.yaml";

const KUSTOMIZE = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

const files = (user: string): Files => ({
  "kubernetes/home/flux/apps.yaml": kustomization("apps", "./kubernetes/home/apps/web", {
    targetNamespace: "web",
  }),
  [USER]: user,
  "kubernetes/home/apps/web/web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n",
  [`${TEMPLATE}/kustomization.yaml`]: `${KUSTOMIZE}resources:\n  - ./endpoint.yaml\n`,
  [`${TEMPLATE}/endpoint.yaml`]: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: endpoint\n",
});
const after = (user: string, more: Files = {}): string =>
  written(resultOf(components, { ...files(user), ...more }), USER);

describe("migrate components: comments in the list of a template's user", () => {
  it("move with the template's entry if they are about it", () => {
    assert.equal(
      after(`resources:
  - ./web.yaml
  # watched from outside
  - ../../../shared/templates/gatus/external
`),
      `resources:
  - ./web.yaml
components:
  # watched from outside
  - ../../../shared/components/gatus/external
`,
    );
  });

  it("stay in the list if they are resources that are commented out", () => {
    for (const off of ["# - ./pushsecret.yaml", "#- ./pushsecret.yaml", "# - path: ./patch.yaml"])
      assert.equal(
        after(`resources:
  - ./web.yaml
  ${off}
  - ../../../shared/templates/gatus/external
`),
        `resources:
  - ./web.yaml
  ${off}
components:
  - ../../../shared/components/gatus/external
`,
      );
  });

  it("keep the file as it is if the list would be removed with them", () => {
    const only = `resources:
  # - ./pushsecret.yaml
  - ../../../shared/templates/gatus/external
`;
    assert.equal(after(only), "");
  });

  it("make no component that nothing would include", () => {
    const entry = "../../../shared/templates/gatus/external";
    const result = resultOf(components, files(`resources: [./web.yaml, ${entry}]\n`));
    assert.deepEqual(result.plan.changes, []);
    assert.equal(result.proof.status, "holds");
    assert.match(
      messages(result, "left").join("\n"),
      /^its entry there cannot be replaced: .*flow style[^\n]*$/,
    );
  });

  it("head the same entries, which keep their order", () => {
    const volsync = "kubernetes/shared/templates/volsync/aws";
    const more = {
      [`${volsync}/kustomization.yaml`]: `${KUSTOMIZE}resources:\n  - ./claim.yaml\n`,
      [`${volsync}/claim.yaml`]: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: claim\n",
    };
    const lines = (kind: string, ...names: readonly string[]): string =>
      names.map((name) => `  - ../../../shared/${kind}/${name}\n`).join("");
    for (const names of [
      ["volsync/aws", "gatus/external"],
      ["gatus/external", "volsync/aws"],
    ])
      assert.equal(
        after(`resources:\n  - ./web.yaml\n  # Templates\n${lines("templates", ...names)}`, more),
        `resources:\n  - ./web.yaml\ncomponents:\n  # Templates\n${lines("components", ...names)}`,
      );
  });
});

describe("migrate components: documents", () => {
  const user = "resources:\n  - ./web.yaml\n  - ../../../shared/templates/gatus/external\n";
  const component = "kubernetes/shared/components/gatus/external";
  const named = (more: Files): { readonly left: readonly string[]; readonly removed: boolean } => {
    const { plan } = resultOf(components, { ...files(user), ...more });
    const left = plan.notes.filter(({ message }) => message.includes("if this line says how to include it"));
    return {
      left: left.map(({ position }) => `${position?.file ?? ""}:${position?.line ?? 0}`),
      removed: plan.changes.some(({ path, text }) => path.startsWith(TEMPLATE) && text === undefined),
    };
  };

  it("that are copied into the component and still name the template are listed, and do not keep it", () => {
    const readme = "# Outside\n\nresources:\n  - ../../../shared/templates/gatus/external\n";
    assert.deepEqual(named({ [`${TEMPLATE}/README.md`]: readme }), {
      left: [`${component}/README.md:4`],
      removed: true,
    });
    assert.deepEqual(named({ [`${TEMPLATE}/README.md`]: "# Outside\n\nWatches gatus/external.\n" }).left, []);
  });

  it("elsewhere keep the template if they name its path", () => {
    assert.deepEqual(named({ "docs/gatus.md": `Include ${TEMPLATE}.\n` }), { left: [], removed: false });
  });
});

it("migrate components: is proven if a file of the template that no Kustomization reads moves with it", () => {
  const user = "resources:\n  - ./web.yaml\n  - ../../../shared/templates/gatus/external\n";
  const spare = `${TEMPLATE}/spare/map.yaml`;
  const more = {
    [`${TEMPLATE}/spare/kustomization.yaml`]: `${KUSTOMIZE}resources:\n  - ./map.yaml\n`,
    [spare]: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: spare\n",
  };
  const { plan, proof } = resultOf(components, { ...files(user), ...more });
  assert.ok(plan.changes.some(({ path, text }) => path === spare && text === undefined));
  assert.deepEqual([proof.status, ...proof.gaps], ["holds"]);
});

describe("migrate components: a template that a task names with a variable", () => {
  it("is kept, and the line is named", () => {
    const left = (task: string): readonly string[] =>
      messages(
        resultOf(components, {
          ...files("resources:\n  - ./web.yaml\n  - ../../../shared/templates/gatus/external\n"),
          "Taskfile.yaml": `vars: { TEMPLATES: x }\ntasks: { add: "${task}" }\n`,
        }),
        "left",
      );
    const kept = `${TEMPLATE} is kept: this line refers to it`;
    assert.deepEqual(left("kubectl apply -k {{.TEMPLATES}}/gatus/external"), [kept]);
    assert.deepEqual(left("kubectl apply -f {{.TEMPLATES}}/external/endpoint.yaml"), [kept]);
    assert.deepEqual(left("kubectl apply -k {{.TEMPLATES}}/gatus/internal"), []);
  });
});
