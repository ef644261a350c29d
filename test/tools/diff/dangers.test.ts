import assert from "node:assert/strict";
import { diffOf, fluxKustomization, only, ROOT, type Files } from "../../support/diff.ts";

const claim = (more = "", annotations = ""): string =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: media${annotations} }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 10Gi } }${more} }\n`;
const map = (name: string, value = "a"): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: media }\ndata: { key: ${value} }\n`;
const GUARD = ", annotations: { kustomize.toolkit.fluxcd.io/prune: disabled }";

const repository = (apps: Files, ...kustomizations: Files[]): Files => ({
  ...ROOT,
  ...(Object.assign({}, ...kustomizations) as Files),
  ...apps,
});

describe("diff: deletions", () => {
  const media = fluxKustomization("media");
  const [before, after] = [
    { "apps/media/a.yaml": claim(), "apps/media/b.yaml": map("b") },
    { "apps/media/b.yaml": map("b") },
  ];

  it("a claim that a pruning Kustomization no longer builds is a possible loss of data", () => {
    const { kind, object, dangers, notes } = only(
      diffOf(repository(before, media), repository(after, media)),
    );
    assert.equal(`${kind} ${object}`, "removed PersistentVolumeClaim media/data");
    assert.deepEqual(
      dangers.map(({ kind }) => kind),
      ["data"],
    );
    assert.match(
      dangers[0]?.message ?? "",
      /^Flux deletes it, because Kustomization flux-system\/media prunes\. Its volume/,
    );
    assert.deepEqual(notes, []);
  });

  it("is none if the Kustomization does not prune, or the object was guarded before", () => {
    const keeps = fluxKustomization("media", { prune: false });
    const kept = only(diffOf(repository(before, keeps), repository(after, keeps)));
    assert.deepEqual(kept.dangers, []);
    assert.deepEqual(kept.notes, [
      "It stays on the cluster: Kustomization flux-system/media does not prune.",
    ]);
    const guarded = { ...before, "apps/media/a.yaml": claim("", GUARD) };
    assert.deepEqual(only(diffOf(repository(guarded, media), repository(after, media))).dangers, []);
  });

  it("says that a guard with another value has no effect", () => {
    const { dangers } = only(
      diffOf(
        repository(
          { ...before, "apps/media/a.yaml": claim("", GUARD.replace("disabled", '"false"')) },
          media,
        ),
        repository(after, media),
      ),
    );
    assert.match(
      dangers[0]?.message ?? "",
      /Retain\. Its kustomize\.toolkit\.fluxcd\.io\/prune: false has no effect: Flux knows only disabled\.$/,
    );
  });

  for (const [policy, kinds] of [
    [undefined, ["data", "deletion", "deletion"]],
    ["Orphan", ["deletion"]],
  ] as const)
    it(`with its Kustomization (deletionPolicy ${policy ?? "not set"}), everything goes or stays`, () => {
      const own = fluxKustomization("media", policy === undefined ? {} : { deletionPolicy: policy });
      const { entries } = diffOf(repository(before, own), repository({}));
      assert.equal(entries.length, 3);
      assert.deepEqual(
        entries.flatMap(({ dangers }) => dangers.map(({ kind }) => kind)),
        kinds,
      );
    });

  it("nothing is deleted while the Kustomization above does not prune, or the root itself is gone", () => {
    const root = {
      "clusters/edge.yaml": ROOT["clusters/edge.yaml"]?.replace('"prune":true', '"prune":false') ?? "",
    };
    const kept = diffOf({ ...repository(before, media), ...root }, { ...repository({}), ...root });
    assert.deepEqual(
      kept.entries.flatMap(({ dangers }) => dangers),
      [],
    );
    assert.match(kept.entries[0]?.notes[0] ?? "", /^It stays on the cluster: /);
    const { entries } = diffOf(repository(before, media), { "README.md": "" });
    assert.ok(entries.length > 4);
    assert.deepEqual(
      entries.flatMap(({ dangers }) => dangers),
      [],
    );
  });

  it("a HelmRelease is uninstalled, and a Namespace takes everything in it along", () => {
    const release = `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: plex, namespace: media }\nspec: { interval: 1h, chart: { spec: { chart: plex } } }\n`;
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: media }\n";
    const { entries } = diffOf(
      repository(
        { ...after, "apps/media/release.yaml": release, "apps/media/namespace.yaml": namespace },
        media,
      ),
      repository(after, media),
    );
    assert.deepEqual(
      entries.map(({ object }) => object),
      ["Namespace media", "HelmRelease media/plex"],
    );
    assert.match(entries[0]?.dangers[0]?.message ?? "", /everything in the namespace/);
    assert.match(entries[1]?.dangers[0]?.message ?? "", /uninstalls the release/);
  });
});

describe("diff: moves between Kustomizations", () => {
  const [a, b] = [fluxKustomization("a"), fluxKustomization("b")];
  const rest = { "apps/a/rest.yaml": map("rest-a"), "apps/b/rest.yaml": map("rest-b") };
  const before = { ...rest, "apps/a/data.yaml": claim() };
  const after = { ...rest, "apps/b/data.yaml": claim() };

  it("is dangerous: the old Kustomization may prune before the new one has applied", () => {
    const { kind, dangers, appliedBefore, appliedAfter } = only(
      diffOf(repository(before, a, b), repository(after, a, b)),
    );
    assert.deepEqual([kind, appliedBefore, appliedAfter], ["moved", "flux-system/a", "flux-system/b"]);
    assert.deepEqual(
      dangers.map((danger) => danger.kind),
      ["data"],
    );
    assert.match(
      dangers[0]?.message ?? "",
      /^It moves from Kustomization flux-system\/a to flux-system\/b\./,
    );
  });

  for (const [title, change] of [
    ["the old one waits for the new one, directly", { spec: { dependsOn: [{ name: "b" }] } }],
    [
      "the old one waits for the new one, through a third",
      { spec: { dependsOn: [{ name: "c" }] }, c: { dependsOn: [{ name: "b" }] } },
    ],
    ["the old one no longer prunes", { spec: { prune: false } }],
  ] as const)
    it(`is safe if ${title}`, () => {
      const c = fluxKustomization("c", "c" in change ? change.c : {});
      const third = { "apps/c/rest.yaml": map("rest-c") };
      const { entries } = diffOf(
        repository({ ...before, ...third }, a, b, c),
        repository({ ...after, ...third }, fluxKustomization("a", change.spec), b, c),
      );
      const moved = entries.find(({ kind }) => kind === "moved");
      assert.deepEqual(moved?.dangers, []);
      assert.match(moved.notes[0] ?? "", /^The move is safe: /);
    });

  it("is not safe if the old one waits for the new one at another source, whose revision Flux does not compare", () => {
    const elsewhere = fluxKustomization("b", {
      sourceRef: { kind: "GitRepository", name: "fleet", namespace: "flux-system" },
    });
    const other = fluxKustomization("a", {
      dependsOn: [{ name: "b" }],
      sourceRef: { kind: "OCIRepository", name: "fleet" },
    });
    const { entries } = diffOf(repository(before, a, elsewhere), repository(after, other, elsewhere));
    const moved = entries.find(({ object }) => object === "PersistentVolumeClaim media/data");
    assert.deepEqual(
      moved?.dangers.map(({ kind }) => kind),
      ["data"],
    );
  });
});

describe("diff: changes that the API server refuses", () => {
  const media = fluxKustomization("media");
  const change = (old: string, next: string, ...flux: Files[]): ReturnType<typeof only> =>
    only(
      diffOf(
        repository({ "apps/media/a.yaml": old }, media, ...flux),
        repository({ "apps/media/a.yaml": next }, media, ...flux),
      ),
    );

  it("an immutable field stops the Kustomization", () => {
    const { dangers } = change(claim(", storageClassName: slow"), claim(", storageClassName: fast"));
    assert.deepEqual(
      dangers.map(({ kind }) => kind),
      ["refusal"],
    );
    assert.match(
      dangers[0]?.message ?? "",
      /^The API server refuses this: spec\.storageClassName cannot be changed.* Flux applies nothing of Kustomization flux-system\/media\.$/,
    );
  });

  it("and says that a mark to force it with another value has no effect", () => {
    const mark = ', annotations: { kustomize.toolkit.fluxcd.io/force: "true" }';
    const { dangers } = change(
      claim(", storageClassName: slow", mark),
      claim(", storageClassName: fast", mark),
    );
    assert.match(
      dangers[0]?.message ?? "",
      /^The API server refuses this: .* Its kustomize\.toolkit\.fluxcd\.io\/force: true has no effect: Flux knows only enabled\.$/,
    );
  });

  it("with force, Flux deletes the claim and its data instead", () => {
    const forced = fluxKustomization("media", { force: true });
    const { dangers } = change(claim(", storageClassName: slow"), claim(", storageClassName: fast"), forced);
    assert.deepEqual(
      dangers.map(({ kind }) => kind),
      ["data"],
    );
    assert.match(
      dangers[0]?.message ?? "",
      /Because of force, Flux deletes the object and creates it again\. The data is lost/,
    );
  });

  it("a claim may grow and not shrink, whatever the unit", () => {
    const sized = (storage: string): string => claim().replace("10Gi", storage);
    assert.deepEqual(change(sized("10Gi"), sized("10241Mi")).dangers, []);
    assert.deepEqual(
      change(sized("10Gi"), sized("10239Mi")).dangers.map(({ kind }) => kind),
      ["refusal"],
    );
    assert.deepEqual(change(sized("1Gi"), sized("1073741824")).dangers, []);
  });

  it("a default written out is no change of an immutable field", () => {
    assert.deepEqual(change(claim(), claim(", volumeMode: Filesystem")).dangers, []);
  });

  it("Flux does not apply a change to an object that it only creates", () => {
    const created = ", labels: { kustomize.toolkit.fluxcd.io/ssa: IfNotPresent }";
    const { dangers, notes } = change(
      claim(", storageClassName: slow", created),
      claim(", storageClassName: fast", created),
    );
    assert.deepEqual(dangers, []);
    assert.deepEqual(notes, [
      "Flux does not apply this change: kustomize.toolkit.fluxcd.io/ssa: IfNotPresent.",
    ]);
  });
});

describe("diff: releases and definitions", () => {
  const media = fluxKustomization("media");
  const change = (old: string, next: string): ReturnType<typeof only> =>
    only(
      diffOf(
        repository({ "apps/media/a.yaml": old }, media),
        repository({ "apps/media/a.yaml": next }, media),
      ),
    );
  const release = (spec: string): string =>
    `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: plex, namespace: media }\nspec: { interval: 1h, ${spec} }\n`;

  it("another release name, namespace or chart reinstalls a release; its values do not", () => {
    const chart = "chart: { spec: { chart: plex } }";
    for (const next of [
      `${chart}, releaseName: other`,
      `${chart}, targetNamespace: other`,
      chart.replace("plex", "jellyfin"),
    ])
      assert.deepEqual(
        change(release(chart), release(next)).dangers.map(({ kind }) => kind),
        ["recreation"],
        next,
      );
    for (const next of [`${chart}, releaseName: plex`, `${chart}, values: { a: 1 }`])
      assert.deepEqual(change(release(chart), release(next)).dangers, [], next);
  });

  const definition = (version: string, schema: string): string =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.example.com }\nspec: { group: example.com, scope: Namespaced, names: { kind: Thing, plural: things }, versions: [{ name: ${version}, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: ${schema} } } } }] }\n`;
  const OPEN = "{ type: object, properties: { a: { type: string }, b: { type: string } } }";

  it("a definition that loses a version or becomes stricter is dangerous; one that grows is not", () => {
    const kinds = (old: string, next: string): readonly string[] =>
      change(old, next).dangers.map(({ kind }) => kind);
    assert.deepEqual(kinds(definition("v1", OPEN), definition("v2", OPEN)), ["refusal"]);
    assert.deepEqual(kinds(definition("v1, served: true", OPEN), definition("v1, served: false", OPEN)), [
      "definition",
    ]);
    const stricter = "{ type: object, required: [a], properties: { a: { type: string } } }";
    const { dangers } = change(definition("v1", OPEN), definition("v1", stricter));
    assert.match(dangers[0]?.message ?? "", /v1\.spec\.b is removed; v1\.spec\.a becomes required\./);
    assert.deepEqual(change(definition("v1", stricter), definition("v1", OPEN)).dangers.length, 0);
  });
});

describe("diff: what could not be built", () => {
  const media = fluxKustomization("media");
  const files = {
    "apps/media/a.yaml": claim(),
    "apps/media/b.yaml": map("b"),
    "apps/media/kustomization.yaml": "resources: [a.yaml, b.yaml]\n",
  };

  it("objects that are only missing because a file is broken are not reported as removed", () => {
    const broken = { ...files, "apps/media/a.yaml": "a: [\n" };
    const { entries, uncertain, obstacles } = diffOf(repository(files, media), repository(broken, media));
    assert.deepEqual(entries, []);
    assert.match(
      uncertain[0] ?? "",
      /^1 object not compared, because apps\/media\/a\.yaml:\d+ cannot be built after the change: /,
    );
    assert.deepEqual(
      obstacles.map(({ side }) => side),
      ["after"],
    );
    const back = diffOf(repository(broken, media), repository(files, media));
    assert.deepEqual(back.entries, []);
    assert.match(back.uncertain[0] ?? "", / before the change: /);
  });

  it("nor those of Kustomizations below one that cannot be built, while others are compared", () => {
    const other = fluxKustomization("other");
    const before = repository(
      {
        ...files,
        "apps/other/c.yaml": map("c"),
        "apps/other/d.yaml": map("d"),
        "flux/kustomization.yaml": "resources: [source.yaml, media.yaml, other.yaml]\n",
      },
      media,
      other,
    );
    const after = { ...before, "flux/media.yaml": "kind: [\n", "apps/other/c.yaml": map("c", "changed") };
    const { entries, uncertain } = diffOf(before, after);
    assert.deepEqual(
      entries.map(({ kind, object }) => `${kind} ${object}`),
      ["changed ConfigMap media/c"],
    );
    assert.match(uncertain.join("\n"), /^3 objects not compared/m);
  });

  it("a path that does not exist concerns the Kustomization that names it, and not the one in whose files it is written", () => {
    const missing = fluxKustomization("media", { path: "./nowhere" });
    const extra = { "flux/extra.yaml": map("extra") };
    const { entries } = diffOf(repository({ ...files, ...extra }, media), repository(files, missing));
    assert.deepEqual(entries.map(({ kind, object }) => `${kind} ${object}`).sort(), [
      "changed Kustomization flux-system/media",
      "removed ConfigMap media/extra",
    ]);
  });
});

it("diff: a generated ConfigMap with a new hash is one change and not a deletion", () => {
  const media = fluxKustomization("media");
  const files = (value: string): Files =>
    repository(
      {
        "apps/media/kustomization.yaml": `namespace: media\nconfigMapGenerator: [{ name: settings, literals: [key=${value}] }]\n`,
      },
      media,
    );
  const { kind, fields, dangers } = only(diffOf(files("a"), files("b")));
  assert.equal(kind, "renamed");
  assert.deepEqual([...fields].sort(), ["data.key", "metadata.name"]);
  assert.deepEqual(dangers, []);
});

it("diff: the same change in two clusters is one entry", () => {
  const files = (value: string): Files =>
    Object.assign(
      {},
      ...["edge", "main"].map((name) => ({
        [`clusters/${name}/flux.yaml`]: ROOT["clusters/edge.yaml"]?.replace("./flux", "./apps") ?? "",
      })),
      { "flux/source.yaml": ROOT["flux/source.yaml"], "apps/a.yaml": map("a", value) },
    ) as Files;
  const { clusters } = only(diffOf(files("a"), files("b")));
  assert.deepEqual(clusters, ["clusters/edge", "clusters/main"]);
});
