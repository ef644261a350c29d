import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import type { LintFinding } from "../../../tools/lint/finding.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

let root: string;
beforeEach(() => {
  root = temporaryDirectory("failing-");
  write("flux/sync.yaml", SYNC);
  write("apps/pod.yaml", POD);
});

function write(file: string, content: string | Buffer): void {
  writeFiles(root, { [file]: content });
}

const SYNC = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { url: https://git.example.com/repo, ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  path: ./apps
  sourceRef: { kind: GitRepository, name: flux-system }
`;

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: media }
spec: { containers: [{ name: web, image: "example.com/web:latest" }] }
`;

const TEMPLATE = `{{- if .Values.enabled }}
apiVersion: v1
kind: Service
{{- end }}
`;

const REMARK = /Flux applies nothing of Kustomization flux-system\/apps as long as (\S+) fails its build/;

/** The errors that are not about the build, and the problems of the build. */
function report(): { readonly errors: readonly string[]; readonly obstacles: readonly string[] } {
  const { findings } = lintRepository(new Repository(root));
  const isObstacle = ({ object }: LintFinding): boolean => object === "";
  return {
    errors: findings
      .filter((finding) => finding.level === "mandatory" && !isObstacle(finding))
      .map(({ rule }) => rule),
    obstacles: findings
      .filter(isObstacle)
      .map(({ rule, position: { file, line } }) => `${rule} ${file}:${line}`),
  };
}

/** Where the cause is, according to the finding about the image. */
function cause(): string | undefined {
  const { findings } = lintRepository(new Repository(root));
  const image = findings.find(({ rule }) => rule === "image-pinned");
  return REMARK.exec(image?.remediation ?? "")?.[1];
}

describe("lint of a Kustomization that Flux cannot build", () => {
  it("names files for other programs once, at the path that has no kustomization file, and recommends the rest", () => {
    write("apps/chart/values.yaml", "replicas: 1\n");
    write("apps/chart/templates/service.yaml", TEMPLATE);
    assert.deepEqual(report(), { errors: [], obstacles: ["build flux/sync.yaml:10"] });
    assert.equal(cause(), "flux/sync.yaml:10");
    const [first] = lintRepository(new Repository(root)).findings.filter(({ rule }) => rule === "build");
    assert.match(
      first?.message ?? "",
      /^Flux applies nothing of .*: apps has no kustomization\.yaml, .* apps\/chart\/templates\/service\.yaml and 1 more are no objects\./,
    );
  });

  it("says how to exclude its own files, and what that replaces", () => {
    write("flux/sync.yaml", SYNC.replace("./apps", "./"));
    write(".edgefirst/migrate.yaml", "acceptLoss: [comment]\n");
    const messageOf = (): string =>
      lintRepository(new Repository(root)).findings.find(({ rule }) => rule === "build")?.message ?? "";
    assert.match(
      messageOf(),
      /^Flux applies nothing of .*: \. has no kustomization\.yaml, .* add the line \/\.edgefirst\/ to \.sourceignore in the root of the repository$/,
    );
    write("apps/values.yaml", "replicas: 1\n");
    assert.match(messageOf(), /or exclude the other files in \.sourceignore$/);
    for (const file of [".github/labels.yaml", "apps/.sops.yaml", "logo.png", ".gitignore"])
      write(file, "a: 1\n");
    const lines =
      ", and with it .github/, **/.sops.yaml, *.png, because the first line of such a file replaces Flux's own list";
    assert.ok(messageOf().endsWith(`.sourceignore${lines}`), messageOf());
    rmSync(join(root, "apps/values.yaml"));
    assert.ok(messageOf().endsWith(`in the root of the repository${lines}`), messageOf());
    for (const name of [".github", "apps/.sops.yaml", "logo.png", ".gitignore"])
      rmSync(join(root, name), { recursive: true });
    write(".sourceignore", "/.edgefirst/\n");
    assert.equal(messageOf(), "");
  });

  it("names an object with a syntax error, or a file that is missing, where it is", () => {
    write("apps/service.yaml", "kind: Service\n  name: web\n");
    assert.deepEqual(report(), { errors: [], obstacles: ["syntax apps/service.yaml:1"] });
    assert.equal(cause(), "apps/service.yaml:1");
    rmSync(join(root, "apps/service.yaml"));
    write("apps/kustomization.yaml", "resources:\n  - pod.yaml\n  - gone.yaml\n");
    assert.deepEqual(report(), { errors: [], obstacles: ["build apps/kustomization.yaml:3"] });
    assert.equal(cause(), "apps/kustomization.yaml:3");
  });

  it("keeps a Secret that anyone can read an error, and everything of other Kustomizations", () => {
    write("apps/kustomization.yaml", "resources:\n  - secret.yaml\n  - gone.yaml\n");
    write(
      "apps/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: web, namespace: media }\nstringData: { password: 8Dk2mQ7x }\n",
    );
    write(
      "flux/other.yaml",
      SYNC.split("---\n")[1]?.replace("name: apps", "name: more").replace("./apps", "./more") ?? "",
    );
    write("more/pod.yaml", POD);
    assert.deepEqual(report().errors.toSorted(), ["image-pinned", "secret-in-clear"]);
  });

  it("keeps errors where only the offline build fails: a remote base, and a file that is too large", () => {
    write("apps/kustomization.yaml", "resources:\n  - pod.yaml\n  - https://git.example.com/base?ref=v1\n");
    assert.deepEqual(report(), {
      errors: ["remote-build-fetch", "image-pinned"],
      obstacles: ["unsupported apps/kustomization.yaml:3"],
    });
    rmSync(join(root, "apps/kustomization.yaml"));
    write(
      "apps/service.yaml",
      `apiVersion: v1\nkind: Service\nmetadata: { name: web }\n#${" ".repeat(8 * 1024 * 1024)}\n`,
    );
    assert.deepEqual(report(), { errors: ["image-pinned"], obstacles: ["syntax apps/service.yaml:1"] });
  });
});
