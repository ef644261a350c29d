import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import type { BuiltRepository } from "../../../tools/gitops/flux/repository-build.ts";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { build, kustomization, map, maps } from "../../support/built-repository.ts";

describe("the clusters of a repository", () => {
  for (const layout of ["fleet", "environments", "infra/sites", "kubernetes/clusters", "clusters"])
    it(`are two if two bootstraps have one name, in ${layout}`, () => {
      const files = Object.fromEntries(
        ["edge", "main"].flatMap((name) => [
          [
            `${layout}/${name}/flux-system/gotk-sync.yaml`,
            kustomization("flux-system", `./${layout}/${name}`),
          ],
          [`${layout}/${name}/apps.yaml`, kustomization("apps", `./apps/${name}`)],
          [`apps/${name}/map.yaml`, map(`of-${name}`)],
        ]),
      );
      assert.deepEqual(maps(build(files)), {
        [`${layout}/edge`]: ["of-edge"],
        [`${layout}/main`]: ["of-main"],
      });
    });

  const directories = [
    "kubernetes/clusters/@",
    "clusters/@",
    "environments/@",
    "fleet/@",
    "@",
    "clusters/@/flux",
    "flux/clusters/@/apps",
  ];
  for (const layout of directories)
    for (const clusters of [
      ["edge", "main"],
      ["eu/a", "eu/b", "us/a"],
      ["eu/a", "eu/b", "us"],
    ])
      it(`are named after their directories, in ${layout} with ${clusters.join(", ")}`, () => {
        const files = (fileIn: (cluster: string, directory: string) => string): Record<string, string> =>
          Object.fromEntries(
            clusters.flatMap((cluster) => {
              const directory = layout.replace("@", cluster);
              return [
                [fileIn(cluster, directory), kustomization("flux-system", `./${directory}`)],
                [`${directory}/apps.yaml`, kustomization("apps", `./apps/${cluster}`)],
                [`apps/${cluster}/map.yaml`, map("one")],
              ];
            }),
          );
        // The shortest directories that differ.
        const expected = clusters.map((cluster) =>
          layout.replace(
            /@.*/,
            clusters.join().includes(`${cluster.split("/")[0]}/b`) ? cluster : (cluster.split("/")[0] ?? ""),
          ),
        );
        const bootstrapped = files((_, directory) => `${directory}/flux-system/gotk-sync.yaml`);
        assert.deepEqual(Object.keys(maps(build(bootstrapped))), expected);
        const together = files((cluster) => `sync/${cluster.replace("/", "-")}.yaml`);
        assert.deepEqual(Object.keys(maps(build(together))), expected);
      });

  it("share the roots that theirs depend on", () => {
    const depends = (name: string, path: string, ...names: readonly string[]): string =>
      kustomization(name, path).replace(
        "prune: true",
        `prune: true, dependsOn: [${names.map((one) => `{ name: ${one} }`).join(", ")}]`,
      );
    const files = {
      "fleet/clusters/east/sync.yaml": depends("east", "./fleet/clusters/east/apps", "base"),
      "fleet/clusters/east/apps/map.yaml": map("east"),
      "fleet/clusters/west/sync.yaml": depends("west", "./fleet/clusters/west/apps", "base"),
      "fleet/clusters/west/apps/map.yaml": map("west"),
      "setup/base.yaml": depends("base", "./shared/base", "keys"),
      "setup/keys.yaml": kustomization("keys", "./shared/keys"),
      "shared/base/map.yaml": map("base"),
      "shared/keys/map.yaml": map("keys"),
    };
    assert.deepEqual(maps(build(files)), {
      "fleet/clusters/east": ["base", "east", "keys"],
      "fleet/clusters/west": ["base", "keys", "west"],
    });
    const without = {
      ...files,
      "fleet/clusters/east/sync.yaml": kustomization("east", "./fleet/clusters/east/apps"),
    };
    assert.deepEqual(maps(build(without))["fleet/clusters/east"], ["east"]);
  });

  it("decrypt with what a root gives itself by a patch", () => {
    const files = (patches: string): Readonly<Record<string, string>> => ({
      "fleet/east/sync.yaml": kustomization("east", "./fleet/east"),
      "fleet/east/key.yaml":
        "apiVersion: v1\nkind: Secret\nmetadata: { name: key, namespace: den }\ndata: { a: 'ENC[AES256_GCM,data:x]' }\nsops: { mac: x }\n",
      "fleet/east/kustomization.yaml": `resources: [sync.yaml, key.yaml]\n${patches}`,
    });
    const problems = (patches: string): readonly string[] =>
      build(files(patches)).clusters.flatMap((cluster) => cluster.problems.map(({ message }) => message));
    const patch = '{"op":"add","path":"/spec/decryption","value":{"provider":"sops"}}';
    assert.deepEqual(problems(`patches: [{ target: { kind: Kustomization }, patch: '[${patch}]' }]\n`), []);
    assert.match(problems("").join(), /Secret key is encrypted with SOPS, but Kustomization east has no/);
  });

  it("are not those of a patch without a path", () => {
    const files = {
      "clusters/east/kustomization.yaml":
        "resources: [../../apps/tea.yaml]\npatches: [{ path: ../../apps/tea-of-east.yaml }]\n",
      "apps/tea.yaml": kustomization("tea", "./tea"),
      "apps/tea-of-east.yaml": kustomization("tea", "./tea").replace("path: ./tea, ", ""),
      "tea/map.yaml": map("tea"),
      "sync/east.yaml": kustomization("east", "./clusters/east"),
    };
    assert.deepEqual(Object.values(maps(build(files))), [["tea"]]);
  });

  it("are those of the overlays that give their first Kustomization its path, whatever its base has", () => {
    const patch = (name: string, form: string): string => {
      const path = JSON.stringify(`./clusters/${name}`);
      if (form === "JSON") return `[{ "op": "replace", "path": "/spec/path", "value": ${path} }]`;
      return `{ apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: { name: flux-system, namespace: flux-system }, spec: { path: ${path} } }`;
    };
    const overlay = (name: string, form: string): string =>
      form === "file"
        ? "resources: [../../base]\npatches: [{ path: path.yaml }]\n"
        : `resources: [../../base]\npatches: [{ target: { kind: Kustomization }, patch: '${patch(name, form)}' }]\n`;
    for (const directory of ["clusters", "setup"])
      for (const base of ["./unknown", "./clusters/edge", "./apps/one"])
        for (const form of ["JSON", "merge", "file"]) {
          const files = ["edge", "main"].flatMap((name) => [
            // Below the directory that is built, as after a bootstrap, or next to it.
            [
              `${directory}/${name}/flux/kustomization.yaml`,
              overlay(name, form).replace("../..", "../../../sync"),
            ],
            ...(form === "file" ? [[`${directory}/${name}/flux/path.yaml`, patch(name, form)]] : []),
            [`clusters/${name}/apps.yaml`, kustomization("apps", `./apps/${name}`)],
            [`apps/${name}/map.yaml`, map(`of-${name}`)],
          ]);
          const { clusters, ...built } = build({
            ...(Object.fromEntries(files) as Record<string, string>),
            "sync/base/kustomization.yaml": "resources: [sync.yaml]\n",
            "sync/base/sync.yaml": kustomization("flux-system", base),
            "apps/one/map.yaml": map("of-one"),
          });
          assert.deepEqual(
            maps({ clusters, ...built }),
            { "clusters/edge": ["of-edge"], "clusters/main": ["of-main"] },
            [directory, base, form].join(),
          );
          assert.deepEqual(
            clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
            [],
          );
        }
  });

  it("are also those of a base that applies itself and that an overlay gives another path", () => {
    const built = build({
      "clusters/main/flux-system/kustomization.yaml": "resources: [sync.yaml]\n",
      "clusters/main/flux-system/sync.yaml": kustomization("flux-system", "./clusters/main"),
      "clusters/main/map.yaml": map("of-main"),
      "clusters/edge/flux-system/kustomization.yaml":
        "resources: [../../main/flux-system]\npatches:\n- target: { kind: Kustomization }\n  patch: |\n    - { op: replace, path: /spec/path, value: ./clusters/edge }\n",
      "clusters/edge/map.yaml": map("of-edge"),
    });
    assert.deepEqual(maps(built), { "clusters/edge": ["of-edge"], "clusters/main": ["of-main"] });
  });

  it("are named after the path that a patch gives the template of their root, which also has the template's fields", () => {
    const patch = (zone: string): string =>
      `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: sync, namespace: flux-system }\nspec: { path: ./clusters/${zone}, postBuild: { substitute: { ZONE: zone } } }\n`;
    const template = kustomization("sync", '"./clusters/${ZONE}"').replace(
      "prune: true",
      "prune: true, wait: true, postBuild: { substitute: { REGION: all } }",
    );
    const zones = ["north/1", "north/2", "south/1"].flatMap((zone) => [
      [`engine/zones/${zone}.yaml`, patch(zone)],
      [
        `clusters/${zone}/kustomization.yaml`,
        `resources: [../../../engine/shared, map.yaml]\npatches: [{ path: ../../../engine/zones/${zone}.yaml }]\n`,
      ],
      [`clusters/${zone}/map.yaml`, map(zone.replace("/", "-"))],
    ]);
    const built = build({
      "engine/shared/kustomization.yaml": "resources: [root.yaml]\n",
      "engine/shared/root.yaml": template,
      ...(Object.fromEntries(zones) as Record<string, string>),
    });
    assert.deepEqual(maps(built), {
      "clusters/north/1": ["north-1"],
      "clusters/north/2": ["north-2"],
      "clusters/south": ["south-1"],
    });
    for (const { name, kustomizations, problems } of built.clusters) {
      const roots = kustomizations.map(({ object }) => object.spec as Mapping);
      assert.deepEqual(
        roots.map(({ path, wait, postBuild }) => ({ path, wait, postBuild })),
        [
          {
            path: name === "clusters/south" ? "./clusters/south/1" : `./${name}`,
            wait: true,
            postBuild: { substitute: { REGION: "all", ZONE: "zone" } },
          },
        ],
      );
      assert.deepEqual(problems, []);
    }
  });

  describe("a source with the same layout as this repository", () => {
    const git = (name: string, url: string): string => `---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1h, url: "${url}", ref: { branch: main } }
`;
    const from = (url: string): BuiltRepository =>
      build({
        "clusters/edge/sync.yaml":
          git("home", "ssh://git@git.example.com/me/home") + kustomization("sync", "./clusters/edge"),
        "clusters/edge/apps.yaml": kustomization("apps", "./apps"),
        "clusters/edge/extra.yaml":
          git("extra", url) + kustomization("extra", "./apps", "GitRepository, name: extra"),
        "apps/map.yaml": map("app"),
      });

    it("is another repository if its URL names another one", () => {
      for (const url of ["https://git.example.com/me/keys.git", "git@git.example.com:me/keys"]) {
        const built = from(url);
        assert.deepEqual(built.external, ["flux-system/extra (GitRepository extra)"], url);
        assert.deepEqual(maps(built), { "clusters/edge": ["app"] }, url);
      }
    });

    it("is another repository if a FluxInstance gives the URL of this one", () => {
      const built = build({
        "clusters/edge/flux.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: { name: flux, namespace: flux-system }
spec: { sync: { kind: GitRepository, url: "https://git.example.com/me/home.git", ref: main, path: clusters/edge } }
`,
        "clusters/edge/map.yaml": map("own"),
        "clusters/edge/tenant.yaml":
          git("tenant", "https://git.example.com/me/tenant") +
          kustomization("tenant", "./deploy", "GitRepository, name: tenant"),
        "deploy/map.yaml": map("not-the-tenant's"),
      });
      assert.deepEqual(built.external, ["flux-system/tenant (GitRepository tenant)"]);
      assert.deepEqual(maps(built), { "clusters/edge": ["own"] });
    });

    it("is this one if it may be a mirror, or if its URL is unknown", () => {
      for (const url of ["https://mirror.example.org/Home.git/", "https://git.example.com/me/${NAME}"])
        assert.deepEqual(from(url).external, [], url);
    });
  });

  const SWITCHED_OFF = {
    "clusters/edge/sync.yaml": kustomization("sync", "./clusters/edge"),
    "clusters/edge/kustomization.yaml": `resources:
  - apps.yaml
  # - ../../infra/storage
`,
    "clusters/edge/apps.yaml": kustomization("apps", "./apps"),
    "apps/map.yaml": map("app"),
    "infra/storage/kustomization.yaml": "resources: [./driver/ks.yaml]",
    "infra/storage/driver/ks.yaml": kustomization("driver", "./infra/storage/driver/app"),
    "infra/storage/driver/app/map.yaml": map("driver"),
  };

  it("do not include a Kustomization that a kustomization.yaml lists only in a comment", () => {
    const built = build(SWITCHED_OFF);
    assert.deepEqual(Object.values(maps(built)), [["app"]]);
    assert.ok(built.unreached.includes("infra/storage/driver/ks.yaml"));
  });

  it("include it if another kustomization.yaml lists it, or if nothing else would remain", () => {
    const listed = { "clusters/main/kustomization.yaml": "resources:\n  - ../../infra/storage\n" };
    assert.deepEqual(
      Object.values(maps(build({ ...SWITCHED_OFF, ...listed })))
        .flat()
        .sort(),
      ["app", "driver"],
    );
    const alone = Object.entries(SWITCHED_OFF).filter(([path]) => path.startsWith("infra/"));
    const commented = { "kustomization.yaml": "resources: []\n# - infra/storage\n" };
    assert.deepEqual(Object.values(maps(build({ ...Object.fromEntries(alone), ...commented }))).flat(), [
      "driver",
    ]);
  });

  const BASES = {
    "kubernetes/clusters/edge/flux-system/gotk-sync.yaml": kustomization(
      "flux-system",
      "./kubernetes/clusters/edge",
    ),
    "kubernetes/clusters/edge/apps.yaml": kustomization("apps", "./kubernetes/apps"),
    "kubernetes/apps/map.yaml": map("app"),
    "kubernetes/bases/operator/ks.yaml": kustomization("operator", "./kubernetes/bases/operator"),
    "kubernetes/bases/operator/kustomization.yaml": "resources: [map.yaml]",
    "kubernetes/bases/operator/map.yaml": map("operator"),
    "kubernetes/old/apps/shop/ks.yaml": kustomization("shop", "./kubernetes/old/apps/shop/app"),
    "kubernetes/old/apps/shop/app/map.yaml": map("shop"),
    "kubernetes/old/apps/moved/web/ks.yaml": kustomization("web", "./kubernetes/apps/web"),
    "kubernetes/apps/web/map.yaml": map("web"),
  };

  it("are not directories with apps that nothing applies, next to a bootstrapped cluster", () => {
    const patch =
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: all }\nspec: { wait: true }\n";
    const built = build({ ...BASES, "kubernetes/components/guard/patches/wait.yaml": patch });
    assert.deepEqual(maps(built), { "kubernetes/clusters/edge": ["app", "web"] });
    assert.ok(built.unreached.includes("kubernetes/bases/operator/ks.yaml"));
    assert.ok(built.unreached.includes("kubernetes/old/apps/shop/ks.yaml"));
  });

  it("are such directories if no cluster is bootstrapped or the owner names one", () => {
    const rest = Object.entries(BASES).filter(([path]) => !path.endsWith("gotk-sync.yaml"));
    assert.deepEqual(maps(build(Object.fromEntries(rest))), {
      "kubernetes/bases": ["operator"],
      "kubernetes/clusters/edge": ["app", "web"],
      "kubernetes/old": ["shop", "web"],
    });
    const named = { ...BASES, ".edgefirst/clusters.yaml": "clusters: { old: kubernetes/old }\n" };
    assert.deepEqual(Object.keys(maps(build(named))), ["kubernetes/clusters/edge", "old"]);
  });

  it("include one that starts in its own directory, without a bootstrap in Git", () => {
    const more = {
      "kubernetes/clusters/main/apps.yaml": kustomization("apps", "./kubernetes/main"),
      "kubernetes/main/map.yaml": map("main"),
    };
    assert.deepEqual(maps(build({ ...BASES, ...more })), {
      "kubernetes/clusters/edge": ["app", "web"],
      "kubernetes/clusters/main": ["main"],
    });
  });

  it("are not changed by a Kustomization that builds all of another repository", () => {
    const built = build({
      "clusters/home/flux-system/apps.yaml": kustomization("apps", "./apps"),
      "clusters/home/flux-system/secrets.yaml": kustomization(
        "secrets",
        "./",
        "GitRepository, name: secrets",
      ),
      "apps/map.yaml": map("app"),
    });
    assert.deepEqual(
      built.clusters.map(({ name }) => name),
      ["clusters/home"],
    );
    assert.deepEqual(built.external, ["flux-system/secrets (GitRepository secrets)"]);
  });

  it("start at a bootstrap, not at a Kustomization that nothing applies and that would build all of the repository", () => {
    const source =
      "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: { name: home, namespace: flux-system }\n";
    const files = {
      "clusters/home/flux-system/gotk-sync.yaml": kustomization("flux-system", "./clusters/home") + source,
      "clusters/home/apps.yaml": kustomization("apps", "./apps"),
      "apps/map.yaml": map("app"),
      "keys/kustomization.yaml": "resources: []\n",
    };
    const unused = { "keys/keys.yaml": kustomization("keys", "./") };
    const built = build({ ...files, ...unused });
    assert.deepEqual(maps(built), { "clusters/home": ["app"] });
    assert.deepEqual(
      built.clusters.flatMap(({ problems }) => problems),
      [],
    );
    assert.deepEqual(built.unreached, ["keys/keys.yaml"]);
    // So is a template of the bootstrap.
    const template = {
      "tmpl/gotk-sync.yaml": kustomization("home", "./clusters/home") + `${source}spec: { url: "\${URL}" }\n`,
    };
    assert.deepEqual(Object.keys(maps(build({ ...files, ...template }))), ["clusters/home"]);
    // As a bootstrap from elsewhere, it is a root.
    const elsewhere = { "keys/keys.yaml": kustomization("keys", "./") + source };
    assert.notDeepEqual(Object.keys(maps(build({ ...files, ...elsewhere }))), ["clusters/home"]);
    // One that applies itself may be a root of one cluster, but no build contains the bootstraps of two.
    const other = {
      "clusters/away/flux-system/gotk-sync.yaml": kustomization("flux-system", "./clusters/away") + source,
      "clusters/away/apps.yaml": kustomization("apps", "./apps"),
    };
    const whole = { ...files, ...other, "keys/kustomization.yaml": "resources: [keys.yaml]\n", ...unused };
    assert.deepEqual(maps(build(whole)), { "clusters/home": ["app"], "clusters/away": ["app"] });
  });

  it("have the Kustomization in a problem with an object that its build contains twice", () => {
    const built = build({
      "sites/a/sync.yaml": kustomization("a", "./sites/a"),
      "sites/a/apps.yaml": kustomization("apps", "./apps"),
      "apps/base/kustomization.yaml": "resources: [map.yaml]\n",
      "apps/base/map.yaml": map("app"),
      "apps/site/kustomization.yaml": "resources: [../base]\n",
    });
    assert.deepEqual(
      built.clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
      [
        "ConfigMap default/app exists already: the build of Kustomization flux-system/apps (sites/a/apps.yaml) includes this file twice",
      ],
    );
  });

  it("are two if two bootstraps of different names apply two Kustomizations of one name", () => {
    const built = build({
      "sites/a/sync.yaml": kustomization("a", "./sites/a"),
      "sites/a/apps.yaml": kustomization("apps", "./apps/a"),
      "sites/b/sync.yaml": kustomization("b", "./sites/b"),
      "sites/b/apps.yaml": kustomization("apps", "./apps/b"),
      "apps/a/map.yaml": map("a"),
      "apps/b/map.yaml": map("b"),
    });
    assert.deepEqual(maps(built), { "sites/a": ["a"], "sites/b": ["b"] });
  });

  it("stay one if its roots have children of their own", () => {
    const built = build({
      "kubernetes/flux/apps.yaml": kustomization("apps", "./kubernetes/apps"),
      "kubernetes/flux/more.yaml": kustomization("more", "./kubernetes/more"),
      "kubernetes/apps/map.yaml": map("one"),
      "kubernetes/more/map.yaml": map("two"),
    });
    assert.deepEqual(maps(built), { "kubernetes/flux": ["one", "two"] });
  });

  it("start at the sync path of a FluxInstance, written or as values of its chart", () => {
    const sync = "sync: { kind: GitRepository, url: x, ref: refs/heads/main, path: kubernetes/cluster }";
    const start = {
      "kubernetes/cluster/map.yaml": map("bare"),
      "kubernetes/cluster/apps.yaml": kustomization("apps", "./apps", "GitRepository, name: flux-system"),
      "apps/map.yaml": map("app"),
    };
    const metadata = "metadata: { name: flux, namespace: flux-system }";
    for (const [file, text] of [
      [
        "flux/instance.yaml",
        `apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\n${metadata}\nspec: { ${sync} }\n`,
      ],
      [
        "flux/release.yaml",
        `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n${metadata}\nspec: { values: { instance: { ${sync} } } }\n`,
      ],
      ["bootstrap/values.yaml", `instance:\n  ${sync}\n`],
    ] as const) {
      const built = build({ ...start, [file]: text });
      assert.deepEqual(maps(built), { "kubernetes/cluster": ["app", "bare"] }, file);
      const [root] = built.clusters[0]!.objects.filter(({ kustomization: parent }) => parent === undefined);
      assert.deepEqual(
        [(root!.object.metadata as Mapping).name, root!.origin.source.file],
        ["flux-system", file],
      );
    }
  });

  it("are what the owner names in .edgefirst/clusters.yaml, even without a bootstrap", () => {
    const files = {
      "one/apps.yaml": kustomization("apps-one", "./apps"),
      "two/apps.yaml": kustomization("apps-two", "./apps"),
      "two/map.yaml": map("bare"),
      "apps/map.yaml": map("app"),
    };
    assert.deepEqual(Object.keys(maps(build(files))), ["."]);
    const clusters = "clusters: { edge: one, main: ./two/ }\n";
    assert.deepEqual(maps(build({ ...files, ".edgefirst/clusters.yaml": clusters })), {
      edge: ["app"],
      main: ["app", "bare"],
    });
    for (const [text, expected] of [
      ["clusters: [one]\n", /\.edgefirst\/clusters\.yaml is not valid: it has no mapping named `clusters`/],
      ["clusters: { edge: three }\n", /the directory three does not exist/],
    ] as const)
      assert.throws(() => build({ ...files, ".edgefirst/clusters.yaml": text }), expected);
  });

  it("include what a ResourceSet creates from its own inputs", () => {
    const set = `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: { name: tenants, namespace: flux-system }
spec:
  inputs: [{ tenant: a, size: 2 }, { tenant: b, size: 3 }]
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata: { name: "<< inputs.tenant >>-<< inputs.size >>", namespace: default }
    - apiVersion: v1
      kind: ConfigMap
      metadata: { name: once, namespace: default }
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: { name: << inputs.tenant >>, namespace: flux-system }
      spec: { interval: 1h, path: "./tenants/<< inputs.tenant >>", prune: true, sourceRef: { kind: GitRepository, name: home } }
`;
    const files = {
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/tenants.yaml": set,
      "tenants/a/map.yaml": map("in-a"),
      "tenants/b/map.yaml": map("in-b"),
    };
    assert.deepEqual(maps(build(files)), { ".": ["a-2", "b-3", "in-a", "in-b", "once"] });
    const [cluster] = build({ ...files, "cluster/tenants.yaml": set.replace("inputs.size", "now") }).clusters;
    assert.match(cluster!.problems[0]!.message, /does not support the function now in a ResourceSet/);
  });

  it("include what a ResourceSet creates from a static provider, and report inputs that only the cluster has", () => {
    const set = `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: { name: tenants, namespace: flux-system }
spec:
  inputs: [{ tenant: own, size: 1 }, { tenant: own, size: 2 }]
  inputsFrom: [{ kind: ResourceSetInputProvider, name: tenant }]
  steps:
    - name: first
      resources:
        - apiVersion: v1
          kind: ConfigMap
          metadata: { name: << inputs.tenant >>, namespace: default }
          data: { size: << inputs.size | quote >> }
        - apiVersion: v1
          kind: ConfigMap
          metadata: { name: off, namespace: default, annotations: { fluxcd.controlplane.io/reconcile: disabled } }
`;
    const provider = `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: { name: tenant, namespace: flux-system }
spec: { type: Static, defaultValues: { tenant: given, size: 3 } }
`;
    const files = {
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/provider.yaml": provider,
      "cluster/set.yaml": set,
    };
    const [cluster] = build(files).clusters;
    assert.deepEqual(cluster!.problems, []);
    const sizes = cluster!.objects.flatMap(({ object: { metadata, data } }) =>
      data === undefined ? [] : [[(metadata as Mapping).name, (data as Mapping).size]],
    );
    assert.deepEqual(sizes, [
      ["own", "1"],
      ["given", "3"],
    ]);
    const changed = { ...files, "cluster/provider.yaml": provider.replace("Static", "OCIArtifactTag") };
    assert.match(
      build(changed).clusters[0]!.problems[0]!.message,
      /inputs of a ResourceSet that are not those of a static provider/,
    );
  });

  it("report a FluxInstance whose path does not exist, unless it may follow something else", () => {
    const instance = (path: string, more = "", url = "https://example.com/home.git"): string =>
      `---\napiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: { name: flux, namespace: flux-system }
spec:
  sync: { kind: GitRepository, url: "${url}", ref: refs/heads/main, path: "${path}" }
${more}`;
    const problems = (file: string, text: string): readonly string[] =>
      build({
        "clusters/one/apps.yaml": kustomization("apps", "./apps", "GitRepository, name: flux-system"),
        "apps/map.yaml": map("app"),
        [file]: text,
      }).clusters.flatMap((cluster) =>
        cluster.problems.map(({ message, position: { file: at, line } }) => `${at}:${line} ${message}`),
      );
    const missing =
      "the directory clusters/on does not exist, so Flux would apply nothing: correct sync.path";
    const apart = [
      instance("clusters/one"),
      instance("clusters/on").replace("kind: GitRepository", "kind: OCIRepository"),
      instance("clusters/${NAME}"),
      instance("clusters/on", "", "https://example.com/other.git") + instance("clusters/one"),
      instance("clusters/on").replace("heads/main", "heads/next") + instance("clusters/one"),
      instance(
        "clusters/on",
        `  kustomize: { patches: [{ target: { kind: Kustomization }, patch: "- { op: replace, path: /spec/path, value: apps }" }] }\n`,
      ),
    ];
    assert.deepEqual(problems("flux/instance.yaml", instance("./clusters/on/")), [
      `flux/instance.yaml:6 ${missing}`,
    ]);
    assert.deepEqual(problems("docs/instance.yaml", instance("clusters/on")), []);
    for (const text of apart) assert.deepEqual(problems("flux/instance.yaml", text), [], text);
  });

  it("start from a FluxInstance with its own patches", () => {
    const built = build({
      "clusters/one/flux.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: FluxInstance
metadata: { name: flux, namespace: flux-system }
spec:
  sync: { kind: GitRepository, url: "https://example.com/home.git", ref: refs/heads/main, path: clusters/one }
  kustomize:
    patches:
      - target: { kind: Deployment }
        patch: "- { op: add, path: /spec/replicas, value: 2 }"
      - target: { kind: Kustomization }
        patch: "- { op: add, path: /spec/postBuild, value: { substitute: { NAME: one } } }"
`,
      "clusters/one/map.yaml": map('"app-${NAME}"'),
    });
    assert.deepEqual(maps(built), { "clusters/one": ["app-one"] });
  });

  it("leave out what an ArtifactGenerator excludes from a copy", () => {
    const built = build({
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/apps.yaml": kustomization("apps", "./", "ExternalArtifact, name: apps"),
      "cluster/artifacts.yaml": `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: { name: home, namespace: flux-system }
spec:
  sources: [{ alias: home, kind: GitRepository, name: home }]
  artifacts:
    - name: apps
      copy: [{ from: "@home/apps/**", to: "@artifact/", exclude: [old-*.yaml, apps/tests/**, drafts] }]
`,
      "apps/a/map.yaml": map("app"),
      "apps/a/old-map.yaml": map("old"),
      "apps/tests/map.yaml": map("test"),
      "apps/a/drafts/map.yaml": map("draft"),
    });
    assert.deepEqual(maps(built), { ".": ["app"] });
  });

  it("build ExternalArtifacts that an ArtifactGenerator copies from this repository", () => {
    const generator = (to: string): string => `apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: { name: home, namespace: flux-system }
spec:
  sources: [{ alias: home, kind: GitRepository, name: home }]
  artifacts:
    - name: apps
      copy: [{ from: "@home/apps/base/**", to: "@artifact/base/" }, { from: "@home/apps/main/**", to: "${to}" }]
`;
    const files = {
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/apps.yaml": kustomization("apps", "./main", "ExternalArtifact, name: apps"),
      "cluster/artifacts.yaml": generator("@artifact/main/"),
      "apps/main/kustomization.yaml": "resources: [../base]\n",
      "apps/base/kustomization.yaml": "resources: [map.yaml]\n",
      "apps/base/map.yaml": map("app"),
    };
    assert.deepEqual(maps(build(files)), { ".": ["app"] });
    const apart = build({ ...files, "cluster/artifacts.yaml": generator("@artifact/other/") });
    assert.deepEqual(apart.external, ["flux-system/apps (ExternalArtifact apps)"]);
  });

  it("include what the template of a ResourceSet creates", () => {
    const built = build({
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/provider.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: { name: apps, namespace: flux-system }
spec: { type: Static, defaultValues: { apps: [{ app: web }, { app: db, suffix: data }], suffix: files } }
`,
      "cluster/set.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: { name: apps, namespace: flux-system }
spec:
  inputsFrom: [{ kind: ResourceSetInputProvider, name: apps }]
  resources:
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: written, namespace: default }, data: << inputs.apps | first | toYaml | nindent 2 >> }
  resourcesTemplate: |
    <<- range $app := inputs.apps >>
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: << printf "%s-%s" $app.app (get $app "suffix" | default inputs.suffix) >>
      namespace: << inputs.provider.namespace >>
    ---
    apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata: { name: << $app.app >>, namespace: flux-system }
    spec: { path: "./apps/<< $app.app >>", prune: true, sourceRef: { kind: GitRepository, name: home } }
    <<- end >>
`,
      "apps/web/map.yaml": map("of-web"),
      "apps/db/map.yaml": map("of-db"),
    });
    const expected = ["db-data", "of-db", "of-web", "web-files", "written"];
    assert.deepEqual(maps(built), { ".": expected });
    const [cluster] = built.clusters;
    assert.deepEqual(cluster!.problems, []);
    const written = cluster!.objects.find(({ object }) => (object.metadata as Mapping).name === "written");
    assert.deepEqual(written!.object.data, { app: "web" });
  });
  it("include what a ResourceSet creates next to a template that is not supported", () => {
    const built = build({
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/set.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: { name: tenants, namespace: flux-system }
spec:
  inputs: [{ tenant: a }]
  resources:
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: "of-<< inputs.tenant >>", namespace: default } }
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: "<< inputs.tenant | sha256sum >>", namespace: default } }
  resourcesTemplate: "<< inputs.absent >>"
`,
    });
    assert.deepEqual(maps(built), { ".": ["of-a"] });
    assert.deepEqual(
      built.clusters.flatMap(({ problems }) => problems.map(({ message }) => message)),
      [
        "the offline build does not support the function sha256sum in a ResourceSet",
        "the template of the ResourceSet fails: no entry for the key absent",
      ],
    );
  });

  it("ignore templates, whatever their placeholders", () => {
    for (const placeholder of [
      ...["$DIR", "${DIR}", "<dir>", "{{ dir }}", "@@DIR@@", "%%DIR%%", "__DIR__", "[[ dir ]]", "#{dir}#"],
      ...["%DIR%", "CHANGEME", "your-app", "app"],
    ]) {
      const built = build({
        "cluster/sync.yaml": kustomization("sync", "./cluster"),
        "cluster/map.yaml": map("one"),
        "templates/ks.yaml": kustomization("app", `"./${placeholder}/"`),
      });
      assert.deepEqual(maps(built), { ".": ["one"] }, placeholder);
    }
  });

  it("ignore templates with a name that no API server accepts, but not a typing error in a path", () => {
    const files = (name: string, path: string): Readonly<Record<string, string>> => ({
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/map.yaml": map("one"),
      "apps/map.yaml": map("two"),
      "new/ks.yaml": kustomization(name, path),
    });
    const found = (name: string, path: string): readonly string[] =>
      build(files(name, path), { partial: true }).clusters.flatMap(({ objects, problems }) => [
        ...objects
          .filter(({ object }) => object.kind === "ConfigMap")
          .map(({ origin }) => origin.source.file),
        ...problems.map(({ message }) => message),
      ]);
    assert.deepEqual(found("MY_APP", "./none"), ["cluster/map.yaml"]);
    assert.deepEqual(found("app", "./none"), ["cluster/map.yaml", "the directory none does not exist"]);
    assert.deepEqual(found("MY_APP", "./apps"), ["cluster/map.yaml", "apps/map.yaml"]);
  });

  for (const name of ["kustomization.yaml", "kustomization.yml", "Kustomization"])
    describe(`with kustomization files that are named ${name}`, () => {
      it("are the directories of these files if there is no Flux", () => {
        const built = build({
          [`app/${name}`]: "namePrefix: my-\nresources: [map.yaml]\n",
          "app/map.yaml": map("app"),
        });
        assert.deepEqual(maps(built), { app: ["my-app"] });
      });

      it("leave out what is only in a comment there", () => {
        const built = build({
          "cluster/sync.yaml": kustomization("sync", "./cluster"),
          "cluster/map.yaml": map("one"),
          [`apps/${name}`]: "resources:\n  # - old/ks.yaml\n",
          "apps/old/ks.yaml": kustomization("old", "./apps/old/app"),
          "apps/old/app/map.yaml": map("old"),
        });
        assert.deepEqual(maps(built), { ".": ["one"] });
      });

      it("have no root that is only a patch", () => {
        const built = build({
          "sync.yaml": kustomization("sync", "./cluster"),
          [`cluster/${name}`]: "resources: [ks.yaml]\npatches: [{ path: ../patches/app.yaml }]\n",
          "cluster/ks.yaml": kustomization("app", "./app"),
          "app/map.yaml": map("app"),
          "patches/app.yaml": kustomization("app", ".").replace("path: ., ", ""),
        });
        const names = built.clusters.flatMap(({ kustomizations }) =>
          kustomizations.map(({ object }) => (object.metadata as Mapping).name),
        );
        assert.deepEqual(names, ["sync", "app"]);
      });
    });

  it("are found at once next to a file of blank lines", () => {
    const files = {
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/map.yaml": map("one"),
      "blank.yaml": `apiVersion: v1\n${"\n".repeat(500_000)}`,
    };
    // Only a script with a time limit can be stopped inside a regular expression.
    const unreached: unknown = runInNewContext(
      "read()",
      { read: () => build(files).unreached },
      { timeout: 15_000 },
    );
    assert.deepEqual(unreached, []);
  });

  it("take a path with .. as one from the top, as kustomize-controller does", () => {
    const built = build({
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/extra.yaml": kustomization("extra", "../shared/extra"),
      "shared/extra/map.yaml": map("extra"),
    });
    assert.deepEqual(maps(built), { ".": ["extra"] });
  });

  it("are built without the errors that follow from a part that is left out", () => {
    const files = {
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
      "cluster/kustomization.yaml": `resources: ["https://example.com/release.yaml", map.yaml]
patches: [{ patch: "{ apiVersion: v1, kind: ConfigMap, metadata: { name: remote } }" }]
replicas: [{ name: remote, count: 1 }]
replacements: [{ source: { kind: Remote, name: remote }, targets: [{ select: { kind: ConfigMap }, fieldPaths: [metadata.name] }] }]
`,
      "cluster/map.yaml": map("one"),
    };
    const [cluster] = build(files, { partial: true }).clusters;
    assert.deepEqual(
      cluster!.problems.map(({ kind }) => kind),
      ["unsupported"],
    );
  });

  it("are built without a directory whose kustomization is empty, in a build that may be partial", () => {
    const files = {
      "cluster/kustomization.yaml": "resources: [empty, map.yaml]\n",
      "cluster/empty/kustomization.yaml": "kind: Kustomization\nresources:\n",
      "cluster/map.yaml": map("one"),
      "cluster/sync.yaml": kustomization("sync", "./cluster"),
    };
    const built = build(files, { partial: true });
    assert.deepEqual(maps(built), { ".": ["one"] });
    assert.match(
      built.clusters[0]?.problems[0]?.message ?? "",
      /^the kustomization in cluster.empty is empty/,
    );
    assert.deepEqual(maps(build(files)), { ".": [] });
  });
});
