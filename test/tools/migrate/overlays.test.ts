import assert from "node:assert/strict";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import { runStep } from "../../../tools/migrate/run.ts";
import { noChangeAllowed, type FileChange } from "../../../tools/migrate/step.ts";
import {
  ingressWith,
  kustomization,
  messages,
  resultOf,
  withRepository,
  type Files,
  stepThat,
} from "./planning.ts";

const FLUX = kustomization("apps", "./apps");
const config = (name: string, data: object): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "apps" },
  data,
});
/** A base that Flux applies, and that an overlay includes which only people apply. */
const FILES: Files = {
  "flux/apps.yaml": FLUX,
  "apps/kustomization.yaml": { resources: ["../base"] },
  "base/kustomization.yaml": { resources: ["one.yaml"] },
  "base/one.yaml": config("one", { a: "1" }),
  "overlays/lab/kustomization.yaml": { resources: ["../../base"], namePrefix: "lab-" },
};

const edit: FileChange = {
  path: "base/one.yaml",
  text: "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: apps }\ndata: { a: b }\n",
};

describe("an overlay that no Flux Kustomization applies", () => {
  it("is listed if what it builds changes, with what changes", () => {
    const result = resultOf(stepThat([edit]), FILES);
    assert.equal(result.proof.status, "holds");
    assert.deepEqual(messages(result, "runbook"), [
      "no Flux Kustomization applies this overlay, so no proof covers it, and what it builds changes (ConfigMap apps/lab-one changed): if you apply it by hand, run `kubectl diff -k overlays/lab` first; if Flux applies it, name its directory in .edgefirst/clusters.yaml",
    ]);
  });

  it("is a gap in the proof of a step that may change nothing if a path with variables may lead to it", () => {
    const files = { ...FILES, "flux/lab.yaml": kustomization("lab", "./overlays/${SITE}") };
    const none = { ...stepThat([edit]), whyForbidden: noChangeAllowed };
    const drop = { path: "base/one.yaml", text: `# Moved to patches.\n${edit.text ?? ""}` };
    const patch = "data: { a: b }";
    const kept = {
      ...files,
      "apps/kustomization.yaml": {
        resources: ["../base"],
        patches: [
          { patch: `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: apps }\n${patch}\n` },
        ],
      },
    };
    const result = resultOf({ ...none, plan: () => ({ changes: [drop], notes: [] }) }, kept);
    assert.equal(result.proof.status, "unproven");
    assert.deepEqual(result.proof.gaps, [
      "base/one.yaml: not proven, because Kustomization flux-system/lab (flux/lab.yaml), whose path ./overlays/${SITE} has variables that this repository does not define, may build overlays/lab, where objects change",
    ]);
    assert.equal(resultOf(stepThat([edit]), files).proof.status, "holds");
  });

  it("is listed with a command that can build it: kubectl reads no file outside of a kustomization, and decrypts nothing", () => {
    const command = (overlay: object, more: Files = {}): string => {
      const files = { ...FILES, ...more, "overlays/lab/kustomization.yaml": overlay };
      const [message = ""] = messages(resultOf(stepThat([edit]), files), "runbook");
      return /run `(.*)` first/.exec(message)?.[1] ?? message;
    };
    const unrestricted =
      "kubectl kustomize --load-restrictor LoadRestrictionsNone overlays/lab | kubectl diff -f -";
    assert.equal(command({ resources: ["../../base/one.yaml"] }), unrestricted);
    const patches = [{ path: "../patch.yaml", target: { kind: "ConfigMap" } }];
    const patch = { "overlays/patch.yaml": '[{ "op": "add", "path": "/data/z", "value": "1" }]' };
    assert.equal(command({ resources: ["../../base"], patches }, patch), unrestricted);
    const sealed = { ...config("sealed", { a: "ENC[x]" }), kind: "Secret", sops: { mac: "x" } };
    assert.equal(
      command({ resources: ["../../base", "sealed.yaml"] }, { "overlays/lab/sealed.yaml": sealed }),
      "kubectl kustomize overlays/lab | yq 'select(has(\"sops\") | not)' | kubectl diff -f -",
    );
  });

  it("is not listed if it does not include a changed file, is built the same, or is an archive's", () => {
    const same = { ...edit, text: `${edit.text ?? ""}# the same object\n`.replace("a: b", 'a: "1"') };
    assert.deepEqual(messages(resultOf(stepThat([same]), FILES), "runbook"), []);
    const { "overlays/lab/kustomization.yaml": lab = "", ...others } = FILES;
    for (const files of [
      {
        ...others,
        "overlays/lab/kustomization.yaml": { resources: ["own.yaml"] },
        "overlays/lab/own.yaml": config("own", {}),
      },
      { ...others, "archive/lab/kustomization.yaml": lab },
      // Without Flux, it is a cluster like any other.
      Object.fromEntries(Object.entries(FILES).filter(([path]) => !path.startsWith("flux/"))),
    ])
      assert.deepEqual(messages(resultOf(stepThat([edit]), files), "runbook"), []);
  });

  it("keeps the files whose change would break its build", () => {
    const patched = {
      ...FILES,
      "overlays/lab/kustomization.yaml": {
        resources: ["../../base"],
        patches: [
          { patch: '[{ "op": "test", "path": "/data/a", "value": "1" }]', target: { kind: "ConfigMap" } },
        ],
      },
    };
    const result = resultOf(stepThat([edit]), patched);
    assert.deepEqual(result.plan.changes, []);
    const renamed = { ...edit, text: (edit.text ?? "").replace("name: one", "name: two") };
    const named = {
      ...FILES,
      "overlays/lab/kustomization.yaml": {
        resources: ["../../base"],
        patches: [
          {
            patch:
              "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: apps }\ndata: { c: d }\n",
          },
        ],
      },
    };
    const kept = resultOf(stepThat([renamed]), named);
    assert.deepEqual(kept.plan.changes, []);
    assert.match(
      messages(kept, "refused").join(),
      /overlays\/lab\/kustomization\.yaml:\d+ patches ConfigMap one/,
    );
  });

  it("is built like any cluster once the owner names it", () => {
    const named = { ...FILES, ".edgefirst/clusters.yaml": { clusters: { lab: "overlays/lab" } } };
    const allowed = resultOf(stepThat([edit]), named);
    assert.deepEqual(messages(allowed, "runbook"), []);
    assert.ok(allowed.proof.intended.some(({ object }) => object === "ConfigMap apps/lab-one"));
    assert.deepEqual(resultOf(stepThat([edit], noChangeAllowed), named).plan.changes, []);
  });

  it("is named where an Ingress in it stays", () => {
    const files: Files = {
      ...FILES,
      "overlays/lab/kustomization.yaml": { resources: ["ingress.yaml"] },
      "overlays/lab/ingress.yaml": ingressWith({ ingressClassName: "traefik" }),
      "loose/ingress.yaml": ingressWith({ ingressClassName: "traefik", name: "loose" }),
    };
    const left = withRepository(files, {}, (context) => messages(runStep(route, context), "left"));
    assert.deepEqual(left, [
      "unchanged: no Kustomization that can be built includes this Ingress",
      "unchanged: no Flux Kustomization applies this Ingress; overlay overlays/lab includes it: if you apply that by hand, name it in .edgefirst/clusters.yaml, for example `clusters: { lab: overlays/lab }`",
    ]);
  });
});
