import assert from "node:assert/strict";
import { stringify } from "yaml";
import { buildClusters } from "../../../../tools/migrate/build.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { kustomization, messages, resultOf, SOURCE, withRepository, type Files } from "../planning.ts";

/** A child that substitutes from a Secret that the repository does not contain, and these objects next to the root. */
const cluster = (objects: readonly object[], ref: object = {}): Files => ({
  "flux/sync.yaml": [kustomization("cluster", "./flux"), SOURCE, kustomization("cluster-apps", "./apps")],
  "apps/app.yaml": kustomization("app", "./app", {
    postBuild: { substituteFrom: [{ kind: "Secret", name: "settings", ...ref }] },
  }),
  "app/config.yaml": { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "app", namespace: "apps" } },
  "flux/infra.yaml": kustomization("infra", "./infra"),
  "infra/kept.yaml": objects,
});
const object = (apiVersion: string, kind: string, metadata: object, more: object = {}): object => ({
  apiVersion,
  kind,
  metadata: { name: "settings", namespace: "flux-system", ...metadata },
  ...more,
});
const external = (metadata: object = {}, target: object = {}): object =>
  object("external-secrets.io/v1", "ExternalSecret", metadata, { spec: { target } });
const secret = (annotations: object): object =>
  object("v1", "Secret", { namespace: "vault", annotations }, { stringData: { ZONE: "x" } });

/** The lines on the Secret with the guard. */
const guarded = (files: Files): readonly string[] =>
  messages(resultOf(namespace, files), "runbook").filter((line) =>
    /^(?:create|bring|add) (?:Secret|ConfigMap) /.test(line),
  );
/** The lines on it with the move, after the guard is written. */
const moved = (files: Files): readonly string[] =>
  withRepository(files, {}, (context) => {
    const { after } = runStep(namespace, context);
    const clusters = buildClusters(after);
    const phases = Object.fromEntries(clusters.map(({ name }) => [name, "move" as const]));
    const options = { ...context.options, namespace: { ...context.options.namespace, phases } };
    const result = runStep(namespace, { ...context, repository: after, clusters, options });
    return messages(result, "runbook").filter((line) => line.includes("(substituteFrom)"));
  });

describe("migrate namespace: Secrets that a controller keeps", () => {
  it("belong into the target by their ExternalSecret, not only as a copy", () => {
    const files = cluster([external()]);
    const [line, ...others] = guarded(files);
    assert.deepEqual(others, []);
    assert.match(
      line ?? "",
      /^bring Secret flux-apps\/settings to flux-apps in the guard's commit, as flux-system\/settings is there: ExternalSecret settings \(infra\/kept\.yaml\) keeps it up to date today; a copy of it belongs into flux-apps\. A copy by hand keeps its old values, and a cluster that is built again lacks it; if the Secret is needed before the controller has made it: kubectl -n flux-system get secret settings /,
    );
    assert.deepEqual(moved(files), [
      "before the commit: Secret flux-apps/settings (substituteFrom) must exist (ExternalSecret settings (infra/kept.yaml) keeps it up to date today; a copy of it belongs into flux-apps); --check verifies it",
    ]);
  });

  it("name the component that has the ExternalSecret, whatever that is called", () => {
    const files = {
      ...cluster([]),
      "infra/kustomization.yaml": { namespace: "flux-system", components: ["../common"] },
      "common/kustomization.yaml": { kind: "Component", resources: ["own.yaml"] },
      "common/own.yaml": stringify(external({ name: "other" }, { name: "settings" })),
    };
    assert.match(
      guarded(files).join("\n"),
      /ExternalSecret other \(common\/own\.yaml\) .* into flux-apps, or component common, if all of it may be there too\./,
    );
  });

  it("need nothing if it is in the target already, or among the settings that the guard deploys there", () => {
    assert.deepEqual(guarded(cluster([external(), external({ namespace: "flux-apps" })])), []);
    const settings = object("v1", "ConfigMap", {}, { data: { A: "b" } });
    const files = cluster([settings, external()]);
    const both = [
      { kind: "ConfigMap", name: "settings" },
      { kind: "Secret", name: "settings" },
    ];
    const app = kustomization("app", "./app", { postBuild: { substituteFrom: both } });
    assert.deepEqual(guarded({ ...files, "apps/app.yaml": app }), []);
    assert.ok(moved({ ...files, "apps/app.yaml": app }).every((line) => !line.includes("keeps it")));
  });

  it("are copied by hand if nothing in the repository creates them", () => {
    const others = [
      external({ namespace: "other" }),
      external({}, { creationPolicy: "None" }),
      external({ name: "unrelated" }),
    ];
    assert.match(guarded(cluster(others)).join("\n"), /^create Secret flux-apps\/settings .*create -f -$/);
  });

  const REFLECTOR = "reflector.v1.k8s.emberstack.com/reflection-auto";
  const REPLICATOR = "replicator.v1.mittwald.de/replicate-to";
  const cases: readonly (readonly [string, readonly object[], RegExp | undefined])[] = [
    [
      "a SealedSecret, which only its own namespace can decrypt",
      [object("bitnami.com/v1alpha1", "SealedSecret", {})],
      /SealedSecret settings .* its contents, sealed again for flux-apps, belong there\. .* lacks it$/,
    ],
    [
      "a SealedSecret for the whole cluster",
      [
        object("bitnami.com/v1alpha1", "SealedSecret", {
          annotations: { "sealedsecrets.bitnami.com/cluster-wide": "true" },
        }),
      ],
      /a copy of it belongs into flux-apps/,
    ],
    [
      "a ClusterExternalSecret with a list of namespaces",
      [
        object(
          "external-secrets.io/v1",
          "ClusterExternalSecret",
          { namespace: undefined },
          {
            spec: { namespaces: ["flux-system"] },
          },
        ),
      ],
      /ClusterExternalSecret settings .* add flux-apps to the namespaces that it names/,
    ],
    [
      "a ClusterExternalSecret that selects namespaces by label",
      [
        object(
          "external-secrets.io/v1",
          "ClusterExternalSecret",
          { namespace: undefined },
          {
            spec: { namespaceSelectors: [{ matchLabels: { a: "b" } }] },
          },
        ),
      ],
      /flux-apps needs the labels that it selects/,
    ],
    [
      "reflector with a list of namespaces",
      [secret({ [`${REFLECTOR}-enabled`]: "true", [`${REFLECTOR}-namespaces`]: "flux-system,*" })],
      /Secret settings .* add flux-apps to the namespaces that it names/,
    ],
    ["reflector for all namespaces", [secret({ [`${REFLECTOR}-enabled`]: "true" })], undefined],
    [
      "Kubernetes Replicator",
      [secret({ [REPLICATOR]: "flux-sys.*" })],
      /Secret settings .* add flux-apps to the namespaces that it names/,
    ],
    ["Kubernetes Replicator for all namespaces", [secret({ [REPLICATOR]: ".*" })], undefined],
    [
      "a PushSecret through a store for the namespace",
      [
        object(
          "external-secrets.io/v1alpha1",
          "PushSecret",
          { name: "push", namespace: "vault" },
          {
            spec: {
              secretStoreRefs: [{ kind: "ClusterSecretStore", name: "here" }],
              data: [{ match: { secretKey: "a", remoteRef: { remoteKey: "settings" } } }],
            },
          },
        ),
        object(
          "external-secrets.io/v1",
          "ClusterSecretStore",
          { name: "here", namespace: undefined },
          {
            spec: { provider: { kubernetes: { remoteNamespace: "flux-system" } } },
          },
        ),
      ],
      /PushSecret push .* add one whose store writes to flux-apps/,
    ],
    [
      "a resource of another operator",
      [object("onepassword.com/v1", "OnePasswordItem", {})],
      /OnePasswordItem settings .* a copy of it belongs into flux-apps/,
    ],
  ];
  for (const [what, objects, expected] of cases)
    it(`are recognized: ${what}`, () => {
      const lines = guarded(cluster(objects));
      assert.equal(lines.length, expected ? 1 : 0, lines.join("\n"));
      if (expected) assert.match(lines.join(), expected);
    });

  it("are named with the move for ConfigMaps and optional references, too", () => {
    const map = object("v1", "ConfigMap", {
      namespace: "vault",
      annotations: { [`${REFLECTOR}-enabled`]: "true", [`${REFLECTOR}-namespaces`]: "flux-system" },
    });
    assert.match(
      moved(cluster([map], { kind: "ConfigMap" })).join("\n"),
      /ConfigMap flux-apps\/settings .* \(ConfigMap settings \(infra\/kept\.yaml\) keeps it/,
    );
    assert.match(
      moved(cluster([external()], { optional: true })).join("\n"),
      /must exist if flux-system\/settings does \(ExternalSecret settings /,
    );
  });
});
