import assert from "node:assert/strict";
import { NewFiles } from "../../../tools/migrate/new-files.ts";
import { repositoryOf } from "../../support/rendering.ts";

/** A kustomization before and after two files are added. */
const ADDED: readonly (readonly [string, string])[] = [
  ["resources: [./a.yaml]\n", "resources: [./a.yaml, ./new.yaml, ./two.yaml]\n"],
  ["resources: [ ./a.yaml, ] # all\n", "resources: [ ./a.yaml, ./new.yaml, ./two.yaml, ] # all\n"],
  [
    "resources: [\n  ./a.yaml # the app\n  # ./old.yaml\n]\n",
    "resources: [\n  ./a.yaml, # the app\n  ./new.yaml,\n  ./two.yaml\n  # ./old.yaml\n]\n",
  ],
  [
    "resources: [\n  ./a.yaml, # the app\n]\n",
    "resources: [\n  ./a.yaml, # the app\n  ./new.yaml,\n  ./two.yaml,\n]\n",
  ],
  [
    "resources: [\r\n  ./a.yaml,\r\n]\r\n",
    "resources: [\r\n  ./a.yaml,\r\n  ./new.yaml,\r\n  ./two.yaml,\r\n]\r\n",
  ],
  [
    "resources: [./a.yaml, # the app\n  ]\n",
    "resources: [./a.yaml, ./new.yaml, ./two.yaml, # the app\n  ]\n",
  ],
  ['{"resources": ["./a.yaml"]}\n', '{"resources": ["./a.yaml", "./new.yaml", "./two.yaml"]}\n'],
  [
    '{\n  "resources": [\n    "./a.yaml"\n  ]\n}\n',
    '{\n  "resources": [\n    "./a.yaml",\n    "./new.yaml",\n    "./two.yaml"\n  ]\n}\n',
  ],
  [
    "resources: ['./a.yaml', './b.yaml']\n",
    "resources: ['./a.yaml', './b.yaml', './new.yaml', './two.yaml']\n",
  ],
  ["resources: ['./a.yaml', ./b.yaml]\n", "resources: ['./a.yaml', ./b.yaml, ./new.yaml, ./two.yaml]\n"],
  [
    "{resources: [./a.yaml], namespace: x}\n",
    "{resources: [./a.yaml, ./new.yaml, ./two.yaml], namespace: x}\n",
  ],
  ["resources: []\n", "resources:\n  - ./new.yaml\n  - ./two.yaml\n"],
  ["resources:\nnamespace: x\n", "resources:\n  - ./new.yaml\n  - ./two.yaml\nnamespace: x\n"],
  ["namespace: x\n", "namespace: x\nresources:\n  - ./new.yaml\n  - ./two.yaml\n"],
  [
    "resources:\n- ./a.yaml # the app\n# - ./old.yaml\n",
    "resources:\n- ./a.yaml # the app\n- ./new.yaml\n- ./two.yaml\n# - ./old.yaml\n",
  ],
  [
    "resources:\r\n  - ./a.yaml\r\nnamespace: x\r\n",
    "resources:\r\n  - ./a.yaml\r\n  - ./new.yaml\r\n  - ./two.yaml\r\nnamespace: x\r\n",
  ],
  ["resources: [new.yaml, ./a.yaml]\n", "resources: [new.yaml, ./a.yaml, ./two.yaml]\n"],
];

describe("migrate: a kustomization that includes new files", () => {
  for (const [before, after] of ADDED)
    it(`keeps its style and its comments: ${JSON.stringify(before)}`, () => {
      const files = new NewFiles(repositoryOf({ "kustomization.yaml": before }));
      files.addResource("kustomization.yaml", "./new.yaml");
      files.addResource("kustomization.yaml", "./two.yaml");
      assert.deepEqual(files.changes(), [{ path: "kustomization.yaml", text: after }]);
    });
});

describe("migrate: a document that a step adds to a file", () => {
  const ADDITION = "kind: Namespace\nmetadata:\n  name: apps\n";

  for (const [what, before] of [
    ["the same text", `---\n${ADDITION}`],
    ["a comment that names its schema", `---\n# yaml-language-server: $schema=namespace.json\n${ADDITION}`],
    ["another style", "kind: Namespace\nmetadata: { name: apps }\n"],
  ] as const)
    it(`is not added again if the file has it with ${what}`, () => {
      const files = new NewFiles(repositoryOf({ "apps.yaml": before }));
      files.append("apps.yaml", ADDITION);
      assert.deepEqual(files.changes(), []);
    });
});
