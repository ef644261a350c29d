import assert from "node:assert/strict";
import { stringify } from "yaml";
import { dataKinds } from "../../../../policy/knowledge/tool-lookups.ts";
import { SHIPPED } from "../../../../policy/knowledge/knowledge.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import {
  kustomization,
  messages,
  resultOf,
  withRepository,
  written,
  type Files,
  SOURCE,
} from "../planning.ts";

/** A child that applies these objects. */
const child = (objects: readonly object[], spec: object = {}): Files => ({
  "flux/sync.yaml": [kustomization("cluster", "./flux"), SOURCE, kustomization("cluster-apps", "./apps")],
  "apps/app.yaml": kustomization("app", "./app", spec),
  "app/objects.yaml": objects,
});
const object = (kind: string, group: string, more: object = {}): object => ({
  apiVersion: group === "" ? "v1" : `${group}/v1`,
  kind,
  metadata: { name: "own", namespace: "app" },
  ...more,
});

describe("migrate namespace: the guard", () => {
  it("keeps Flux from pruning each kind that holds data", () => {
    for (const data of dataKinds(SHIPPED)) {
      const [kind = "", ...group] = data.split(".");
      const result = resultOf(namespace, child([object(kind, group.join("."), { spec: {} })]));
      assert.match(written(result, "app/objects.yaml"), /kustomize.toolkit.fluxcd.io\/prune: disabled/, data);
      assert.equal(result.proof.status, "holds", data);
    }
  });

  it("fills in annotations without a value, and lists what it cannot edit once per document", () => {
    const claim = (metadata: string): Files => ({
      ...child([]),
      "app/objects.yaml": `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:${metadata}\nspec: {}\n`,
    });
    const filled = resultOf(namespace, claim("\n  annotations:\n  name: data"));
    assert.match(
      written(filled, "app/objects.yaml"),
      / {2}annotations:\n {4}kustomize.*: disabled\n {2}name: data\n/,
    );
    const again = { "apps/other.yaml": kustomization("other", "./app", { targetNamespace: "other" }) };
    const flow = resultOf(namespace, { ...claim(" { name: data }"), ...again });
    assert.equal(messages(flow, "refused").length, 1);
  });

  it("adds the kinds in the options and in the owner's rows", () => {
    const own = { kind: "Ledger.example.com", source: "our operator", date: "2026-11-29" };
    const objects = [object("Ledger", "example.com"), object("Book", "example.com")];
    const rows = { ".edgefirst/knowledge/data-kinds.yaml": stringify([own]) };
    const count = (files: Files, options: object = {}): number =>
      written(resultOf(namespace, files, options), "app/objects.yaml").split("prune: disabled").length - 1;
    assert.equal(count(child(objects)), 0);
    assert.equal(count({ ...child(objects), ...rows }), 1);
    assert.equal(count({ ...child(objects), ...rows }, { namespace: { data: ["Book.example.com"] } }), 2);
  });

  it("lists the StatefulSets and HelmReleases that keep their volumes only because of it", () => {
    const values = (name: string, own: object): object =>
      object("HelmRelease", "helm.toolkit.fluxcd.io", {
        metadata: { name, namespace: "app" },
        spec: { values: own },
      });
    const result = resultOf(
      namespace,
      child([
        object("StatefulSet", "apps", { spec: { volumeClaimTemplates: [{}] } }),
        values("metrics", { server: { persistence: { storageClass: "fast" } } }),
        values("off", { server: { persistence: { enabled: false, storageClass: "fast" } } }),
        values("other", { persistence: { existingClaim: "data", storageClass: "fast" } }),
        values("dns", { persistentVolumeClaim: { enabled: true, size: "10G" } }),
        values("app", { persistence: { data: { type: "persistentVolumeClaim", size: "1Gi" } } }),
        values("bound", { persistence: { enabled: true, existingClaim: "data" } }),
        values("mounted", { persistence: { data: { enabled: true, type: "emptyDir" } } }),
        values("plain", { replicas: 1 }),
      ]),
    );
    const [line] = messages(result, "runbook").filter((message) =>
      message.startsWith("only the guard keeps"),
    );
    assert.match(
      line ?? "",
      /: StatefulSet app\/own, HelmRelease app\/metrics, HelmRelease app\/dns, HelmRelease app\/app$/,
    );
  });

  it("names as kept by the guard only what children of the root apply, directly or through others", () => {
    const set = (name: string): object => ({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name, namespace: "app" },
      spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
    });
    const result = resultOf(namespace, {
      ...child([set("own"), kustomization("below", "./below")]),
      "below/objects.yaml": [set("below"), object("Book", "example.com")],
      "flux/infrastructure.yaml": kustomization("infrastructure", "./infrastructure"),
      "infrastructure/objects.yaml": [set("other"), object("Ledger", "example.org")],
    });
    const lines = messages(result, "runbook").filter((line) => line.startsWith("only the guard"));
    assert.deepEqual(
      lines.map((line) => line.replace(/^.*: /, "")),
      ["StatefulSet app/own, StatefulSet app/below", "Book (1)"],
    );
  });

  it("names the Namespaces that the children apply, with everything in them", () => {
    const kept = (annotations: object): string =>
      messages(
        resultOf(namespace, child([object("Namespace", "", { metadata: { name: "store", annotations } })])),
        "runbook",
      ).join("\n");
    assert.match(kept({}), /only the guard keeps these .*: Namespace store with everything in it/);
    assert.doesNotMatch(kept({ "kustomize.toolkit.fluxcd.io/prune": "disabled" }), /Namespace store/);
  });

  it("counts the custom resources whose controllers may delete what they manage", () => {
    const result = resultOf(
      namespace,
      child([
        object("Terraform", "infra.example.com"),
        { ...object("Terraform", "infra.example.com"), metadata: { name: "second", namespace: "app" } },
        object("ServiceMonitor", "monitoring.coreos.com"),
        object("Deployment", "apps"),
        object("PersistentVolumeClaim", ""),
      ]),
    );
    const [line] = messages(result, "runbook").filter((message) => message.includes("custom resources"));
    assert.match(line ?? "", /what it manages along with it: Terraform \(2\)$/);
  });

  it("names the Kustomizations next to the root that apply another repository", () => {
    const other = kustomization("private", "./private", {
      sourceRef: { kind: "GitRepository", name: "private" },
    });
    const source = { ...SOURCE, metadata: { name: "private", namespace: "flux-system" } };
    const elsewhere = { ...source, spec: { interval: "1h", url: "https://git.example.com/private" } };
    const own = kustomization("tools", "./tools");
    const flux = kustomization("flux", "./", {
      sourceRef: { kind: "OCIRepository", name: "flux-manifests" },
    });
    // The same repository by another name.
    const again = kustomization("again", "./more", { sourceRef: { kind: "GitRepository", name: "same" } });
    const same = { ...SOURCE, metadata: { name: "same", namespace: "flux-system" } };
    const files = {
      ...child([]),
      "flux/more.yaml": [other, elsewhere, own, flux, again, same],
      "tools/a.yaml": object("ConfigMap", ""),
      "more/a.yaml": object("ConfigMap", ""),
    };
    const lines = messages(resultOf(namespace, files), "runbook").filter((line) => line.includes("applies"));
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^Kustomization flux-system\/private applies GitRepository flux-system\/private/,
    );
  });

  it("is not written for a child in an API version without deletionPolicy: Flux could apply nothing of its root", () => {
    const old = JSON.parse(
      JSON.stringify(child([object("PersistentVolumeClaim", "")])["apps/app.yaml"]).replace(
        "/v1",
        "/v1beta2",
      ),
    ) as object;
    const result = resultOf(namespace, {
      ...child([object("PersistentVolumeClaim", "")]),
      "apps/app.yaml": old,
    });
    assert.deepEqual(result.plan.changes, []);
    assert.match(
      messages(result, "refused").join("\n"),
      /cannot be guarded: 1 Kustomization uses kustomize\.toolkit\.fluxcd\.io\/v1beta2, .*\(flux-system\/app\)/,
    );
  });

  it("applies what no Kustomization in the repository applies, and copies keys of any kind", () => {
    const files = child([], { decryption: { provider: "sops", secretRef: { name: "sops-gpg" } } });
    const lines = (given: Files): string => messages(resultOf(namespace, given), "runbook").join("\n");
    assert.match(
      lines(files),
      /guard: commit, then run: flux -n flux-system reconcile kustomization cluster --with/,
    );
    assert.match(
      lines(files),
      /create Secret flux-apps\/sops-gpg .*kubectl -n flux-system get secret sops-gpg -o json \| jq .* \| kubectl -n flux-apps create -f -$/m,
    );
    const alone = { ...files, "flux/sync.yaml": [SOURCE, kustomization("cluster-apps", "./apps")] };
    assert.match(
      lines(alone),
      /then run: kubectl apply -f flux\/sync\.yaml -f flux\/flux-apps\.yaml \(no Kustomization in this repository/,
    );
  });

  const list = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  const LIST = "flux/entry/kustomization.yaml";
  /** A root in another directory than the kustomization file that lists it. */
  const apart: Files = {
    ...child([]),
    "flux/sync.yaml": [SOURCE, kustomization("cluster", "./flux/entry")],
    [LIST]: { ...list, resources: ["../sync.yaml", "../parts/apps.yaml"] },
    "flux/parts/apps.yaml": kustomization("cluster-apps", "./apps"),
    // Nothing reads it.
    "spare/kustomization.yaml": { ...list, resources: ["../flux/parts/apps.yaml"] },
  };

  it("adds its new file to the kustomization that lists the root's file, in another directory too", () => {
    const result = resultOf(namespace, apart);
    const { plan, proof } = result;
    assert.match(written(result, LIST), /- \.\.\/parts\/apps\.yaml\n {2}- \.\.\/parts\/flux-apps\.yaml\n/);
    assert.deepEqual(
      plan.changes.map(({ path }) => path),
      ["flux/parts/apps.yaml", "flux/parts/flux-apps.yaml", LIST],
    );
    assert.deepEqual([proof.status, proof.unread], ["holds", []]);
  });

  it("creates the namespace among the children if a kustomization with a namespace lists the root", () => {
    const sorted = { ...apart, [LIST]: { ...list, ...(apart[LIST] as object), namespace: "flux-system" } };
    const result = resultOf(namespace, sorted);
    assert.equal(result.proof.status, "holds");
    assert.deepEqual(
      result.plan.changes.map(({ path }) => path),
      ["flux/parts/apps.yaml", "apps/flux-apps.yaml"],
    );
    assert.ok(result.proof.intended.some(({ object }) => object === "Namespace flux-apps"));
  });

  it("is not proven if no Kustomization reads its new file", () => {
    const alone = { ...child([]), "flux/sync.yaml": [SOURCE, kustomization("cluster-apps", "./apps")] };
    const { proof } = resultOf(namespace, alone);
    assert.deepEqual(
      [proof.status, ...proof.gaps],
      [
        "unproven",
        "flux/flux-apps.yaml: not proven, because no Kustomization reads this new file and none applies root flux-system/cluster-apps (flux/sync.yaml) next to it. If you apply that root by hand, add --accept-unproven, and run this after the commit: kubectl apply -f flux/flux-apps.yaml -f flux/sync.yaml",
      ],
    );
    const overlay = { "flux/kustomization.yaml": { resources: ["sync.yaml"] } };
    const listed = resultOf(namespace, { ...alone, ...overlay });
    assert.match(listed.proof.gaps.join(), /run this after the commit: kubectl apply -k flux$/);
    assert.match(
      messages(listed, "runbook").join("\n"),
      /then run: kubectl apply -k flux \(no Kustomization in this/,
    );
  });

  it("is applied by one command for each overlay and for the files in none, because kubectl takes only one of -k and -f", () => {
    const alone = { ...child([]), "flux/sync.yaml": [SOURCE, kustomization("cluster-apps", "./apps")] };
    const elsewhere = resultOf(namespace, {
      ...alone,
      "overlays/lab/kustomization.yaml": { resources: ["../../flux/sync.yaml"] },
    });
    // What the overlay lists is not below it, where kubectl alone would look.
    const command =
      "kubectl kustomize --load-restrictor LoadRestrictionsNone overlays/lab | kubectl apply -f - && kubectl apply -f flux/flux-apps.yaml";
    assert.ok(messages(elsewhere, "runbook").join("\n").includes(`then run: ${command} (no`));
  });

  it("is applied without what SOPS has encrypted, which kubectl would send as it is", () => {
    const sealed = (data: object): object => ({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "sealed", namespace: "flux-system" } },
      ...data,
    });
    const alone = { ...child([]), "flux/sync.yaml": [SOURCE, kustomization("cluster-apps", "./apps")] };
    const line = (more: Files): string => {
      const result = resultOf(namespace, { ...alone, ...more });
      return [...messages(result, "runbook"), ...result.proof.gaps].join("\n");
    };
    const listed = (text: string): Files => ({
      "flux/kustomization.yaml": { resources: ["sync.yaml", "sealed.yaml"] },
      "flux/sealed.yaml": text,
    });
    const filtered =
      "kubectl kustomize flux | yq 'select(has(\"sops\") | not)' | kubectl apply -f - (without what SOPS has encrypted, because kubectl does not decrypt it: flux/sealed.yaml)";
    const found = line(listed(stringify(sealed({ stringData: { a: "ENC[x]" }, sops: { mac: "x" } }))));
    assert.ok(found.includes(`then run: ${filtered} (no`), found);
    assert.ok(found.includes(`run this after the commit: ${filtered}`), found);
    assert.match(line(listed(stringify(sealed({})))), /then run: kubectl apply -k flux \(/);
    const generated = line({
      "flux/kustomization.yaml": {
        resources: ["sync.yaml"],
        secretGenerator: [{ name: "sealed", envs: ["sealed.env"] }],
      },
      "flux/sealed.env": "A=ENC[x]\nsops_mac=x\n",
    });
    assert.match(
      generated,
      /yq 'select\(\.kind != "Secret" and \(has\("sops"\) \| not\)\)' .*flux\/sealed\.env/,
    );
  });

  it("does not move into a namespace that no Kustomization applies", () => {
    const refusalsWith = (files: Files): readonly string[] =>
      withRepository(apart, {}, (context) => {
        const { after } = runStep(namespace, context);
        const given = after.with(new Map(Object.entries(files) as [string, string][]));
        const clusters = buildClusters(given);
        const phases = Object.fromEntries(clusters.map(({ name }) => [name, "move" as const]));
        const options = { ...context.options, namespace: { ...context.options.namespace, phases } };
        return messages(runStep(namespace, { ...context, repository: given, clusters, options }), "refused");
      });
    assert.deepEqual(refusalsWith({}), []);
    assert.deepEqual(refusalsWith({ [LIST]: stringify(apart[LIST]) }), [
      "cannot move: no Kustomization applies Namespace flux-apps, and without it Flux could apply nothing of flux-system/cluster-apps; set the phase to guard again, which writes it",
    ]);
  });

  it("asks for a key in the repository if that contains today's, because the move looks for it there", () => {
    const decryption = { provider: "sops", secretRef: { name: "sops-age" } };
    const key = (at: string): object => ({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "sops-age", namespace: at } },
      stringData: { "age.agekey": "ENC[x]" },
    });
    const lines = (files: Files): string =>
      messages(resultOf(namespace, { ...child([], { decryption }), ...files }), "runbook").join("\n");
    const today = lines({ "flux/key.yaml": key("flux-system") });
    assert.match(
      today,
      /add Secret flux-apps\/sops-age to this repository, where a Kustomization with spec\.decryption applies it, .*flux-system\/sops-age: .*the move is refused without it/,
    );
    assert.doesNotMatch(today, /create Secret/);
    // Of several children, the one whose key is in the repository decides where that is.
    const second = {
      ...kustomization("second", "./app", { decryption }),
      metadata: { name: "second", namespace: "certs" },
    };
    assert.match(
      lines({ "apps/second.yaml": second, "flux/key.yaml": key("certs") }),
      /add Secret flux-apps\/sops-age .*with the contents of certs\/sops-age: /,
    );
    assert.doesNotMatch(
      lines({ "flux/key.yaml": key("flux-system"), "flux/second.yaml": key("flux-apps") }),
      /Secret flux-apps\/sops-age/,
    );
  });

  it("asks for no key that is among the settings which it deploys", () => {
    const secret = (name: string): object => ({
      ...object("Secret", ""),
      metadata: { name, namespace: "flux-system" },
      stringData: { key: "value" },
    });
    const files = {
      ...child([], {
        decryption: { provider: "sops", secretRef: { name: "sops-age" } },
        postBuild: { substituteFrom: [{ kind: "Secret", name: "settings" }] },
      }),
      "flux/vars/settings.yaml": secret("settings"),
    };
    const lines = (given: Files): string => messages(resultOf(namespace, given), "runbook").join("\n");
    assert.match(lines(files), /create Secret flux-apps\/sops-age/);
    assert.doesNotMatch(lines({ ...files, "flux/vars/key.yaml": secret("sops-age") }), /create Secret/);
  });

  it("names the cluster in each command if the repository has several", () => {
    const one = resultOf(namespace, child([]));
    assert.doesNotMatch(messages(one, "runbook").join("\n"), /context of/);
    const files = (name: string): Files =>
      Object.fromEntries(
        Object.entries(child([])).map(([path, content]) => [
          `clusters/${name}/${path}`,
          JSON.parse(JSON.stringify(content).replaceAll('"./', `"./clusters/${name}/`)) as object,
        ]),
      );
    const two = resultOf(namespace, { ...files("a"), ...files("b") });
    const commands = messages(two, "runbook").filter((line) => line.includes("flux -n"));
    assert.equal(commands.length, 2);
    for (const command of commands) assert.match(command, /--context <context of clusters\/[ab]>/);
  });

  it("is not written if the target's settings are refused, because the move could never follow", () => {
    const settings = { postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "settings" }] } };
    const files = {
      ...child([object("PersistentVolumeClaim", "")], settings),
      "flux/vars/settings.yaml": {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: "flux-system" },
        data: { a: "b" },
      },
    };
    assert.match(written(resultOf(namespace, files), "flux/sync.yaml"), /deletionPolicy: Orphan/);
    const store = object("ClusterSecretStore", "external-secrets.io");
    const result = resultOf(namespace, { ...files, "flux/vars/store.yaml": store });
    assert.deepEqual(result.plan.changes, []);
    assert.deepEqual(
      result.plan.notes.map(({ kind }) => kind),
      ["refused"],
    );
    assert.match(
      messages(result, "refused")[0] ?? "",
      /cannot deploy settings to flux-apps: flux\/vars also contains/,
    );
  });

  it("deploys settings that Kustomize generates", () => {
    const files = {
      ...child([object("PersistentVolumeClaim", "")], {
        postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "settings" }] },
      }),
      "flux/vars/kustomization.yaml": {
        configMapGenerator: [{ name: "settings", namespace: "flux-system", envs: ["settings.env"] }],
        generatorOptions: { disableNameSuffixHash: true },
      },
      "flux/vars/settings.env": "ZONE=example.com\n",
    };
    const result = resultOf(namespace, files);
    assert.equal(result.proof.status, "holds");
    assert.match(written(result, "flux/flux-apps.yaml"), /path: \.\/flux\/vars/);
  });

  it("copies Secrets for substitution that the repository does not contain, and no others", () => {
    const substituteFrom = ["by-hand", "in-git", "optional"].map((name) => ({
      kind: "Secret",
      name,
      optional: name === "optional",
    }));
    const files = child([], { postBuild: { substituteFrom } });
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "in-git", namespace: "flux-system" },
    };
    const notes = messages(
      resultOf(namespace, {
        ...files,
        "settings/secret.yaml": secret,
        "flux/settings.yaml": kustomization("settings", "./settings"),
      }),
      "runbook",
    );
    const copies = notes.filter((note) => note.startsWith("create Secret"));
    assert.equal(copies.length, 1, copies.join("\n"));
    assert.match(
      copies.join(),
      /^create Secret flux-apps\/by-hand with the contents of flux-system\/by-hand: kubectl -n flux-system get secret by-hand /,
    );
  });
});
