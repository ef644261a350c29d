import assert from "node:assert/strict";
import { lintRepository } from "../../../tools/lint/lint.ts";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { build, kustomization } from "../../support/built-repository.ts";
import { withRepository } from "../migrate/planning.ts";

type Files = Readonly<Record<string, string>>;

const withSpec = (text: string, spec: string): string =>
  text.replace("prune: true", () => `prune: true, ${spec}`);

const map = (name: string, value: string, more = ""): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: "${name}", namespace: default${more} }\ndata: { value: "${value}" }\n`;

/** The values of all ConfigMaps, by name. */
function valuesIn(files: Files): unknown {
  const { clusters } = build(files);
  assert.deepEqual(
    clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
    [],
  );
  const found = clusters.flatMap(({ objects }) => objects.map(({ object }) => object));
  return Object.fromEntries(
    found
      .filter(({ kind }) => kind === "ConfigMap")
      .map(({ metadata, data }) => [(metadata as Mapping).name, (data as Mapping).value]),
  );
}

/** The substitution rule's findings about ConfigMaps, as `name variable`. */
const findingsIn = (files: Files): readonly string[] =>
  withRepository(files, {}, ({ repository }) =>
    lintRepository(repository)
      .findings.filter(({ rule, object }) => rule === "substitution" && object.startsWith("ConfigMap"))
      .map(({ object, message }) => `${object.split("/")[1]} ${/\$\{(\w+)/.exec(message)?.[1]}`)
      .sort(),
  );

describe("a root that applies itself", () => {
  const DEFAULTS = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: defaults, namespace: flux-system }
spec:
  patches:
    - patch: '[{ "op": "add", "path": "/data/zone", "value": "\${ZONE}" }]'
      target: { kind: ConfigMap }
  postBuild: { substitute: { ZONE: "\${ZONE}", FULL_NAME: "\${ZONE}-\${NUMBER}", GROWING: "x\${GROWING}" } }
`;
  const files = (selector: string, name = "${FULL_NAME}"): Files => ({
    "clusters/east/sync.yaml": withSpec(
      kustomization("sync", "./clusters/east"),
      'postBuild: { substitute: { ZONE: east, NUMBER: "00" } }',
    ),
    "clusters/east/own.yaml":
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: sync, namespace: flux-system }\nspec: { postBuild: { substitute: { ZONE: east } } }\n",
    "clusters/east/kustomization.yaml": `resources: [sync.yaml, map.yaml]
patches:
  - path: ../../defaults.yaml
    target: { kind: Kustomization, annotationSelector: "${selector}" }
  - path: own.yaml
`,
    "clusters/east/map.yaml": map("name", name),
    "defaults.yaml": DEFAULTS,
  });

  it("has the variables that a patch in its own directory gives it", () => {
    assert.deepEqual(valuesIn(files("example.com/defaults != disabled")), { name: "east-00" });
    assert.deepEqual(findingsIn(files("example.com/defaults != disabled")), []);
  });

  it("has the patches that a patch in its own directory gives it, with its own variables", () => {
    const { clusters } = build(files("example.com/defaults != disabled"));
    const found = clusters[0]!.objects.map(({ object }) => object).find(({ kind }) => kind === "ConfigMap");
    assert.deepEqual(found?.data, { value: "east-00", zone: "east" });
  });

  it("has none of a patch that does not select it", () => {
    assert.deepEqual(findingsIn(files("example.com/defaults = enabled")), ["name FULL_NAME"]);
    assert.deepEqual(findingsIn(files("example.com/defaults != disabled", "${NONE}")), ["name NONE"]);
  });
});

describe("a variable that only the parent on the cluster can replace", () => {
  const PATCH = `patches: [{ patch: '[{ "op": "add", "path": "/data/value", "value": "\${MAIL}" }]', target: { kind: ConfigMap, name: patched } }]`;
  const CHILD = `postBuild: { substitute: { APP: web, ADDRESS: "\${MAIL}" } }`;
  const SEALED =
    "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: secrets, namespace: flux-system }\nspec: { encryptedData: { MAIL: AgBx } }\n";
  const ENCRYPTED =
    "---\napiVersion: v1\nkind: Secret\nmetadata: { name: secrets, namespace: flux-system }\nstringData: { MAIL: 'ENC[AES256_GCM,data:x]' }\nsops: { mac: x }\n";
  const files = (child: string, { secret = SEALED, maps = map("patched", "x") } = {}): Files => ({
    "clusters/home/sync.yaml":
      kustomization("sync", "./clusters/home") +
      withSpec(
        kustomization("apps", "./apps"),
        "decryption: { provider: sops }, postBuild: { substituteFrom: [{ kind: Secret, name: secrets }] }",
      ),
    "clusters/home/secret.yaml": secret,
    "clusters/home/kustomization.yaml":
      'resources: [sync.yaml, secret.yaml]\npatches: [{ target: { kind: Kustomization, name: sync }, patch: \'[{ "op": "add", "path": "/spec/decryption", "value": { "provider": "sops" } }]\' }]\n',
    "apps/child.yaml": withSpec(kustomization("child", "./child"), child),
    "child/map.yaml": maps,
  });

  for (const [form, secret] of [
    ["a SealedSecret", SEALED],
    ["an encrypted Secret", ENCRYPTED],
  ] as const)
    it(`is not undefined in the child's patches, from ${form}`, () => {
      const given = files(`${CHILD}, ${PATCH}`, { secret });
      assert.deepEqual(valuesIn(given), { patched: "${MAIL}" });
      assert.deepEqual(findingsIn(given), []);
    });

  it("is not undefined in the child's prefix, its variables, and what these pass on to its own children", () => {
    const grandchild = withSpec(
      kustomization("grandchild", "./grandchild"),
      `${CHILD.replace("${MAIL}", "x")}, ${PATCH.replace("MAIL", "ADDRESS")}`,
    );
    const given = {
      ...files(`${CHILD}, namePrefix: "\${MAIL}-"`, { maps: map("patched", "${ADDRESS}") + grandchild }),
      "grandchild/map.yaml": map("patched", "x"),
    };
    assert.deepEqual(valuesIn(given), { "${MAIL}-patched": "${MAIL}", patched: "${MAIL}" });
    assert.deepEqual(findingsIn(given), []);
  });

  it("is the parent's in the child's patches, even if the child defines one with the name", () => {
    assert.deepEqual(valuesIn(files(`postBuild: { substitute: { MAIL: own } }, ${PATCH}`)), {
      patched: "${MAIL}",
    });
  });

  it("is undefined in the child's files, and in a patch that escapes it for the child", () => {
    const maps = map("patched", "x") + map("own", "${MAIL}");
    assert.deepEqual(findingsIn(files(`${CHILD}, ${PATCH}`, { maps })), ["own MAIL"]);
    const escaped = PATCH.replace("${MAIL}", () => "$${MAIL}");
    assert.deepEqual(findingsIn(files(`${CHILD}, ${escaped}`)), ["patched MAIL"]);
  });
});
