import assert from "node:assert/strict";
import { build, kustomization, map, maps } from "../../support/built-repository.ts";

const OCI = "OCIRepository, name: fleet";
const source = (url: string, name = "fleet", more = ""): string => `---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1h, url: "${url}", ref: { tag: main }${more} }
`;
const URL = "oci://registry.example.com/team/fleet";
/** A step of a workflow that pushes the directory `deploy`. */
const workflow = (command: string, env = "STAGE: main"): string => `on: push
env:
  ${env}
jobs:
  push:
    steps:
      - name: Push
        run: |
          ${command.split("\n").join("\n          ")}
      - run: echo done
`;
const COMMAND = `flux push artifact ${URL}:$(git rev-parse --short HEAD) \\
  --path="./deploy" \\
  --source="$(git config --get remote.origin.url)" \\
  --revision="$(git branch --show-current)@sha1:$(git rev-parse HEAD)"`;
const FILES = {
  "deploy/clusters/east/source.yaml": source(URL),
  "deploy/clusters/east/sync.yaml": kustomization("sync", "./clusters/east", OCI),
  "deploy/clusters/east/apps.yaml": kustomization("apps", "./apps", OCI),
  "deploy/apps/map.yaml": map("app"),
};
const WORKFLOW = ".github/workflows/push.yaml";
const EAST = { "deploy/clusters/east": ["app"] };

describe("an OCIRepository that a workflow pushes from a directory of the repository", () => {
  it("delivers this directory", () => {
    assert.deepEqual(maps(build({ ...FILES, [WORKFLOW]: workflow(COMMAND) })), EAST);
    // Without the command, the paths lead nowhere.
    assert.deepEqual(maps(build(FILES)), { "deploy/clusters/east": [] });
  });

  const commands: Readonly<Record<string, readonly [file: string, text: string]>> = {
    "from variables": [WORKFLOW, workflow(COMMAND.replace(URL, '"$TARGET"'), `TARGET: ${URL}`)],
    "from an expression": [
      WORKFLOW,
      workflow(
        COMMAND.replace(URL, "$TARGET"),
        'TARGET: "oci://registry.example.com/team/${{ github.event.repository.name }}"',
      ),
    ],
    "from a Taskfile": [
      "Taskfile.yaml",
      `version: "3"
vars:
  REGISTRY: registry.example.com/team
tasks:
  push:
    cmds:
      - task: check
      - >
        flux push artifact oci://{{.REGISTRY}}/fleet:{{.TAG}}
        --path={{.ROOT_DIR}}/deploy
        --source=local --revision=local
      - kubectl get nodes
`,
    ],
    "from a makefile": [
      "Makefile",
      "REGISTRY ?= registry.example.com/team\npush: ## Push\n\tflux push artifact oci://$(REGISTRY)/fleet:latest \\\n\t  --path ./deploy --source=local --revision=local\n",
    ],
    "from a script in a directory": [
      "hack/push.sh",
      `#!/bin/sh\nflux push artifact ${URL}:latest -f ../deploy --source=local --revision=local\n`,
    ],
    "from an action": [
      WORKFLOW,
      `jobs:
  push:
    steps:
      - name: Push
        uses: controlplaneio-fluxcd/distribution/actions/push@main
        with:
          repository: registry.example.com/team/\${{ github.event.repository.name }}
          path: "./deploy"
      - run: echo done
`,
    ],
  };
  for (const [how, [file, text]] of Object.entries(commands))
    it(`is found ${how}`, () => {
      assert.deepEqual(maps(build({ ...FILES, [file]: text })), EAST);
    });

  it("is another one if its URL, or the directory, is not that of the command", () => {
    for (const command of [
      COMMAND.replace("/fleet", "/other"),
      COMMAND.replace("./deploy", "./dist"),
      COMMAND.replace("./deploy", "$OUT"),
      `# ${COMMAND.replaceAll("\\\n", "")}`,
      `${COMMAND}\n${COMMAND.replace("./deploy", "./deploy/apps")}`,
    ])
      assert.deepEqual(
        maps(build({ ...FILES, [WORKFLOW]: workflow(command) })),
        { "deploy/clusters/east": [] },
        command,
      );
  });

  it("delivers neither what the command or an ignore file leaves out, nor what is outside of the directory", () => {
    const files = {
      ...FILES,
      "deploy/apps/draft.yaml": map("draft"),
      "deploy/apps/old.yaml": map("old"),
      "deploy/.sourceignore": "old.yaml\n",
      ".sourceignore": "map.yaml\n",
      [WORKFLOW]: workflow(`${COMMAND} \\\n  --ignore-paths="draft.yaml,.git/"`),
    };
    assert.deepEqual(maps(build(files)), EAST);
    const { clusters } = build({
      ...files,
      "deploy/apps/kustomization.yaml": "resources: [map.yaml, ../../shared]\n",
      "shared/kustomization.yaml": "resources: [map.yaml]\n",
      "shared/map.yaml": map("shared"),
    });
    assert.deepEqual(
      clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
      ["shared is not in the Flux source's artifact: it contains only deploy"],
    );
  });

  it("leaves out for each cluster what the cluster's own source ignores", () => {
    const built = build({
      ...FILES,
      "deploy/clusters/east/source.yaml": source(URL, "fleet", ", ignore: draft.yaml"),
      "deploy/clusters/west/source.yaml": source(URL, "fleet", ", ignore: map.yaml"),
      "deploy/clusters/west/sync.yaml": kustomization("sync", "./clusters/west", OCI),
      "deploy/clusters/west/apps.yaml": kustomization("apps", "./apps", OCI),
      "deploy/apps/draft.yaml": map("draft"),
      [WORKFLOW]: workflow(COMMAND),
    });
    assert.deepEqual(maps(built), { ...EAST, "deploy/clusters/west": ["draft"] });
  });

  it("is the source of a FluxInstance", () => {
    const built = build({
      "deploy/clusters/east/instance.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: { name: flux, namespace: flux-system }
spec:
  sync: { kind: OCIRepository, url: "${URL}", ref: main, path: clusters/east, name: fleet }
`,
      "deploy/clusters/east/apps.yaml": kustomization("apps", "./apps", OCI),
      "deploy/apps/map.yaml": map("app"),
      [WORKFLOW]: workflow(COMMAND),
    });
    assert.deepEqual(maps(built), EAST);
  });

  it("is a source of an ArtifactGenerator", () => {
    const generator = (from: string, to: string): string => `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: { name: fleet, namespace: flux-system }
spec:
  sources: [{ alias: fleet, kind: OCIRepository, name: fleet }]
  artifacts: [{ name: apps, copy: [{ from: "@fleet/${from}", to: "@artifact/${to}" }] }]
`;
    const built = (from: string, to: string, path: string): unknown =>
      maps(
        build({
          ...FILES,
          "deploy/clusters/east/apps.yaml": kustomization("apps", path, "ExternalArtifact, name: apps"),
          "deploy/clusters/east/generator.yaml": generator(from, to),
          [WORKFLOW]: workflow(COMMAND),
        }),
      );
    assert.deepEqual(built("apps/**", "", "./"), EAST);
    assert.deepEqual(built("apps/**", "apps/", "./apps"), EAST);
    // A directory becomes a directory in the target, as with cp.
    assert.deepEqual(built("apps/", "", "./apps"), EAST);
    assert.deepEqual(built("apps", "apps/", "./apps"), EAST);
    assert.deepEqual(built("apps/", "", "./"), { "deploy/clusters/east": ["app"] });
    assert.deepEqual(built("apps/*.yaml", "apps/", "./apps"), { "deploy/clusters/east": [] });
  });
});
