import assert from "node:assert/strict";
import { readersOfRemoved } from "../../../tools/migrate/path-notes.ts";
import { formatNote } from "../../../tools/migrate/report.ts";
import { oci } from "../../../tools/migrate/steps/oci/step.ts";
import type { FileChange, Note } from "../../../tools/migrate/step.ts";
import { helmRelease, ingressWith, kustomization, resultOf, withRepository } from "./planning.ts";

const INGRESS = "apps/web/ingress.yaml";
const SCRIPT = `#!/bin/sh
yq .spec.rules apps/web/ingress.yaml
kubectl apply -f apps/old/source.yaml
kubectl apply -k apps/old
kubectl apply -k apps/web
`;
const FILES = {
  [INGRESS]: ingressWith({ ingressClassName: "a" }),
  "apps/old/source.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "old" } },
  "scripts/start.sh": SCRIPT,
};
const notesOn = (changes: readonly FileChange[], known: readonly Note[] = []): readonly string[] =>
  withRepository(FILES, {}, (context) => {
    const after = context.repository.with(new Map(changes.map(({ path, text }) => [path, text])));
    return readersOfRemoved(changes, after, known, context).map(formatNote);
  });

describe("what a step takes from files that programs read", () => {
  it("is named with their lines: objects, files and directories", () => {
    const route =
      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web, namespace: apps }\n";
    assert.deepEqual(
      notesOn([
        { path: INGRESS, text: route },
        { path: "apps/old/source.yaml", text: undefined },
      ]),
      [
        "scripts/start.sh:2: this line names apps/web/ingress.yaml, which does not contain Ingress apps/web after this step, but HTTPRoute apps/web: adapt it in the same commit",
        "scripts/start.sh:3: this line names apps/old/source.yaml, which this step deletes: adapt it in the same commit",
        "scripts/start.sh:4: this line names apps/old, which this step deletes: adapt it in the same commit",
      ],
    );
  });

  it("is not named twice, nor where only fields change", () => {
    const position = { file: "scripts/start.sh", line: 2, column: 1 };
    const changes = [{ path: INGRESS, text: undefined }];
    assert.equal(notesOn(changes).length, 2);
    assert.equal(notesOn(changes, [{ kind: "runbook", message: "", position }]).length, 1);
    assert.deepEqual(
      notesOn([
        { path: "apps/old/source.yaml", text: "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: old }\n" },
      ]),
      [],
    );
  });

  it("may be what a workflow finds only in a run", () => {
    const lines = ["a", "b"].map((name) => `      - run: kustomize build \${{ matrix.${name} }}\n`).join("");
    const workflow = `jobs:\n  a:\n    strategy: { matrix: "\${{ fromJSON(needs.b.outputs.c) }}" }\n    steps:\n${lines}`;
    const files = { ...FILES, ".github/workflows/a.yaml": workflow };
    const notes = (text: string | undefined): string =>
      withRepository(files, {}, (context) => {
        const after = context.repository.with(new Map([[INGRESS, text]]));
        return readersOfRemoved([{ path: INGRESS, text }], after, [], context).map(formatNote);
      }).join("\n");
    assert.match(
      notes(undefined),
      /^\.github\/workflows\/a\.yaml:5: these lines take a path \(\.github\/workflows\/a\.yaml:5, \S+:6\) that only a run of the workflow knows/m,
    );
    assert.doesNotMatch(notes("kind: ConfigMap\n"), /only a run/);
  });

  it("is in the report of every step", () => {
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "HelmRepository",
      metadata: { name: "unused", namespace: "shop" },
      spec: { url: "https://charts.example.com" },
    };
    const { plan } = resultOf(
      oci,
      {
        "flux/apps.yaml": kustomization("apps", "./apps"),
        "apps/shop/release.yaml": helmRelease("store", "shop", "store", {}),
        "apps/shop/unused.yaml": source,
        "Taskfile.yaml": "tasks: { start: kubectl apply -f apps/shop/unused.yaml }\n",
      },
      { oci: { remove: ["shop/unused"] } },
    );
    assert.match(
      plan.notes.map(formatNote).join("\n"),
      /^Taskfile.yaml:1: this line names apps\/shop\/unused.yaml, /m,
    );
  });
});
