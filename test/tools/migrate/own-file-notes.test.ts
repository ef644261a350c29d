import assert from "node:assert/strict";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import { OPTIONS_FILE } from "../../../tools/migrate/options-file.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { runStep, type StepResult } from "../../../tools/migrate/run.ts";
import { ingressWith, kustomization, withRepository, type Files } from "./planning.ts";

const INGRESS = { "web.yaml": ingressWith({ ingressClassName: "nginx" }) };
const ROOT: Files = { ...INGRESS, "flux/sync.yaml": kustomization("sync", "./") };

/** The files of a repository without options; `.edgefirst/migrate.yaml` is there only if it is among them. */
const resultOn = (files: Files): StepResult =>
  withRepository(files, {}, (given) => {
    const own = files[OPTIONS_FILE];
    const repository = given.repository.with(
      new Map([[OPTIONS_FILE, own === undefined ? undefined : "acceptLoss: [comment]\n"]]),
    );
    const context = {
      ...given,
      repository,
      clusters: buildClusters(repository),
      options: readOptions(repository),
    };
    return runStep(route, context);
  });

const notesOn = (files: Files): readonly string[] =>
  resultOn(files)
    .plan.notes.map(({ message }) => message)
    .filter((message) => message.startsWith("before you push a file in .edgefirst, "));

describe("migrate where Flux would build the files of edgefirst", () => {
  it("says how to exclude them as soon as a step asks for one", () => {
    const [note, ...more] = notesOn(ROOT);
    assert.deepEqual(more, []);
    assert.match(
      note ?? "",
      /add the line \/\.edgefirst\/ to \.sourceignore .* Kustomization flux-system\/sync builds every YAML file/,
    );
  });

  it("names the lines of Flux's own list that a new ignore file must contain, and no others", () => {
    const own = {
      ...ROOT,
      ".gitlab-ci.yml": "stages: []\n",
      "flux/.sops.yaml": "a: 1\n",
      ".gitattributes": "",
    };
    assert.match(
      notesOn(own).join(),
      /in the root of the repository, and with it \.gitlab-ci\.yml, \*\*\/\.sops\.yaml, because the first line of such a file replaces Flux's own list: Kustomization/,
    );
    assert.match(
      notesOn({ ...own, "app/.sourceignore": "*.txt\n" }).join(),
      /in the root of the repository: Kustomization/,
    );
  });

  it("says nothing where they are excluded, or where nothing asks for one", () => {
    assert.deepEqual(notesOn({ ...ROOT, ".sourceignore": "/.edgefirst/\n" }), []);
    assert.deepEqual(notesOn({ "flux/sync.yaml": kustomization("sync", "./") }), []);
  });

  it("says nothing where a kustomization file names what is built, or a directory is", () => {
    const kustomize = { "kustomization.yaml": { resources: ["web.yaml", "flux/sync.yaml"] } };
    assert.deepEqual(notesOn({ ...ROOT, ...kustomize }), []);
    const app = { "app/web.yaml": INGRESS["web.yaml"], "flux/sync.yaml": kustomization("sync", "./app") };
    assert.deepEqual(notesOn(app), []);
  });

  it("leaves it to the build if one is there", () => {
    const files = { ...ROOT, ".edgefirst/migrate.yaml": { acceptLoss: ["comment"] } };
    assert.deepEqual(notesOn(files), []);
    const { unseen } = resultOn(files);
    assert.match(
      unseen.join(),
      /\.edgefirst\/migrate\.yaml:1: .*add the line \/\.edgefirst\/ to \.sourceignore/,
    );
  });
});
