import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FluxBuild } from "../../../tools/gitops/flux-build.ts";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { buildOffline, compareWithFlux, differingPaths } from "../../../tools/gitops/flux-compare.ts";
import { fluxBuildOrSkip } from "../../support/skip.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/repositories");

const VARIABLES: Mapping = {
  NAME: "tonight",
  ENABLED: "yes",
  PORT: "8080",
  DATE: "2024-01-01",
  BROKEN: "Maintenance: tonight",
};

/** Fields of a Kustomization in addition to its path, keyed by the fixture's directory. */
const SPECS: Readonly<Record<string, Mapping>> = {
  substitution: { postBuild: { substitute: VARIABLES } },
  "refused-substitution": { postBuild: { substitute: VARIABLES } },
  "annotations-are-strings": { postBuild: { substituteStrategy: "Always" } },
  "flux-images": {
    images: [
      { name: "registry.example.com/shop", newTag: "3" },
      { name: "proxy", newName: "mirror.example.com/proxy" },
      { name: "other", newTag: "1" },
    ],
  },
  "flux-image-fields": { images: [{ name: "shop", tagSuffix: "-unknown" }] },
  "refused-remote-component": { ignoreMissingComponents: true, components: ["https://example.com/c"] },
  "refused-substituted-id": { postBuild: { substitute: VARIABLES } },
  "numbers-as-labels": {
    postBuild: { substitute: VARIABLES },
    commonMetadata: { labels: { team: "blue" }, annotations: { team: "blue" } },
  },
  "refused-null-key": { postBuild: { substitute: { NOTHING: "~" } } },
  "common-metadata-null": {
    postBuild: { substitute: { TEAM: "" } },
    commonMetadata: { labels: { owner: "blue" } },
  },
  "only-components": { ignoreMissingComponents: true, components: ["../none"], targetNamespace: "shops" },
  types: {
    namePrefix: "blue-",
    commonMetadata: { labels: { team: "blue" }, annotations: { critical: "no" } },
  },
};

/** Every directory in the fixtures that a Kustomization can build. */
function directories(repository: string): readonly string[] {
  return readdirSync(join(FIXTURES, repository)).filter((name) => !name.startsWith("component"));
}

function specOf(directory: string): Mapping {
  return { path: `./${directory}`, ...SPECS[directory] };
}

interface SharedLabels {
  readonly metadata: { readonly labels: Mapping; readonly annotations: Mapping };
  readonly selector: { readonly matchLabels: Mapping };
  readonly template: { readonly metadata: { readonly labels: Mapping } };
}

function never(): never {
  throw new Error("the object is missing");
}

describe("the offline build of a Flux Kustomization", () => {
  it("returns the same objects in the same order as Flux's own packages, and rejects what they reject", async function () {
    this.timeout(120_000);
    const flux = new FluxBuild(await fluxBuildOrSkip(this));
    try {
      for (const repository of ["kinds", "kustomize"])
        for (const directory of directories(repository)) {
          const {
            outcome,
            offline,
            flux: theirs,
          } = await compareWithFlux(flux, { root: join(FIXTURES, repository), spec: specOf(directory) });
          const details =
            "error" in offline || "error" in theirs
              ? JSON.stringify({ offline, theirs })
              : differingPaths([...offline.objects], [...theirs.objects]).join("\n");
          const expected = directory.startsWith("refused") ? "refused" : "equal";
          assert.equal(outcome, expected, `${repository}/${directory}: ${details}`);
        }
    } finally {
      flux.close();
    }
  });

  const build = (directory: string): readonly Mapping[] => {
    const answer = buildOffline({ root: join(FIXTURES, "kinds"), spec: specOf(directory) });
    assert.ok("objects" in answer, JSON.stringify(answer));
    return answer.objects;
  };
  const refusal = (directory: string): string => {
    const answer = buildOffline({ root: join(FIXTURES, "kinds"), spec: specOf(directory) });
    return "error" in answer ? answer.error : "it builds";
  };

  it("substitutes in YAML text: a lone value takes its type, a longer one stays a string", () => {
    const [{ data }] = build("substitution") as [{ data: Mapping }];
    assert.deepEqual(
      [data.enabled, data.port, data.date, data.mixed, data.quoted, data.price, data.list],
      [true, 8080, "2024-01-01", "port-8080", "# tonight", "$5", "[8080]"],
    );
  });

  it("names the field, the reason and a hint if Kustomize or Flux rejects something", () => {
    for (const [directory, expected] of Object.entries({
      "refused-substitution":
        /^build refused-substitution\/map\.yaml:6: after substitution this is not valid YAML/,
      "refused-types": /^build types\/kustomization\.yaml:3: newTag must be a string: quote it/,
      "refused-keys": /^build refused-keys\/settings\.yaml:5: this key is not a string: quote it/,
      "refused-date-key": /^build refused-date-key\/release\.yaml:8: this key is not a string: quote it/,
      "refused-date-key-flow":
        /^build refused-date-key-flow\/release\.yaml:4: this key is not a string: quote it/,
      "refused-generated-key":
        /:1: Kustomize cannot generate the key 1, because it would write the key without quotes/,
      "refused-json-patch-yaml": /a JSON patch that starts with \[ must be JSON, not YAML/,
      "refused-api-version":
        /:1: apiVersion of a Kustomization must be kustomize\.config\.k8s\.io\/v1beta1, not v1/,
      "refused-kind": /:1: the field `kind` must be Kustomization or Component, not kustomization/,
      "refused-two-files": /has two kustomization files: delete .*kustomization\.yml/,
      "refused-component": /apiVersion of a Component must be kustomize\.config\.k8s\.io\/v1alpha1/,
      "refused-variable": /:3: no object matches the variable NONE/,
      "refused-variable-twice": /:3: the variable PORT exists already/,
      "refused-blank-labels": /objects\.yaml:3: labels must be a mapping/,
      "refused-namespace-list": /namespace must be a string/,
      "refused-no-kind": /objects\.yaml:1: after the build this object has no kind/,
      "refused-no-name": /objects\.yaml:1: after the build this ConfigMap has no metadata\.name/,
      "refused-not-finite": /objects\.yaml:4: this number cannot be written as JSON: quote it/,
      "refused-same-id": /two objects have the same id: ConfigMap one/,
      "refused-scalar-in-list":
        /objects\.yaml:4: this element must be a mapping with the field resourceNames/,
      "refused-subject": /objects\.yaml:8: the namespace of this ServiceAccount must be a string/,
      "refused-tab": /^syntax refused-tab\/objects\.yaml:7: Tabs are not allowed as indentation/,
      "refused-tab-in-block":
        /^syntax refused-tab-in-block\/objects\.yaml:8: Tabs are not allowed as indentation/,
      "refused-tab-in-flow": /^syntax refused-tab-in-flow\/objects\.yaml:7: Tabs are not allowed/,
      "refused-tab-generated": /run:1: Flux cannot read the value of run, because its first line starts with/,
      "refused-tab-patched": /kustomization\.yaml:4: Flux cannot read the value of run, because/,
      "refused-escaped-slash": /objects\.json:5: go-yaml does not read the escape \\\/: write the character/,
      "refused-surrogates":
        /objects\.yaml:6: go-yaml does not read the escape \\u: write the character itself/,
      "refused-text-after-separator":
        /^syntax refused-text-after-separator\/objects\.yaml:4: Kustomize rejects text after ---: start the document on the next line/,
      "refused-directive":
        /^syntax refused-directive\/objects\.yaml:1: Kustomize rejects a directive before ---: delete its line/,
      "refused-wildcard-field": /fleet\.yaml:4: Kustomize cannot set a field at "\*\/settings"/,
      "refused-missing-key":
        /^syntax refused-missing-key\/kustomization\.yaml:2: the key before this colon is missing/,
      "refused-selector-type": /kustomization\.yaml:3: name must be a string: quote it/,
      "refused-component-version": /apiVersion of a Component must be kustomize\.config\.k8s\.io\/v1alpha1/,
      "refused-substituted-id":
        /objects\.yaml:5: after substitution two objects have the same id: ConfigMap tonight-a/,
      "refused-configuration": /fields\.yaml:1: version must be a string: quote it/,
      "refused-nameless-subject":
        /objects\.yaml:6: this mapping refers to a ServiceAccount, but has no field `name`/,
      "refused-scalar-subject": /objects\.yaml:6: subjects must be a list of mappings with names/,
      "refused-comma": /objects\.yaml:1: Kustomize cannot rename Fleet,Ship fleet, because of the comma/,
      "refused-control-character": /data\.txt:1: Flux cannot read the value of data\.txt/,
      "refused-unknown-plugin": /Flux runs only built-in plugins, and SortOrderTransformer is not built in/,
      "refused-plugin-name": /prefix\.yaml:1: a plugin needs metadata\.name/,
      "refused-plugins-same-id": /prefix\.yaml:7: two plugins have the same id: PrefixTransformer prefix/,
      "refused-plugin-fields": /prefix\.yaml:1: this PrefixTransformer needs fieldSpecs/,
      "refused-binding-subjects":
        /namespace\.yaml:1: setRoleBindingSubjects must be defaultOnly, allServiceAccounts, none or missing, not all/,
      "refused-pattern":
        /kustomization\.yaml:3: \(\?!other\)\.\* is not a regular expression for Go, which has no \(\?!/,
      "refused-pattern-in-path": /kustomization\.yaml:5: blue\( is not a regular expression for Go/,
      "refused-source-value": /kustomization\.yaml:3: sourceValue must be a string: quote it/,
      "refused-openapi-version": /kustomization\.yaml:2: Kustomize has only the schema of v1\.21\.2/,
      "refused-openapi-path": /base\/kustomization\.yaml:2: the file .*base\/none\.json does not exist/,
      "refused-helm-charts": /kustomization\.yaml:2: Flux does not render helmCharts: use a HelmRelease/,
      "refused-value-add": /spec\/ports must be a scalar/,
      "refused-annotation-key": /objects\.yaml:3: Kustomize cannot keep the key 1, because/,
      "refused-repeated-key-added":
        /^syntax refused-repeated-key-added\/kustomization\.yaml:7: duplicate key/,
      "refused-repeated-key": /fields\.yaml:4: duplicate key/,
      "refused-api-version-mapping": /the apiVersion of the patched object must be a string/,
      "refused-generator-name": /kustomization\.yaml:1: name must be a string: quote it/,
      "refused-remote-component": /the component https:\/\/example\.com\/c must be in the same source/,
      "refused-list-after-key":
        /^syntax refused-list-after-key\/kustomization\.yaml:3: the colon before this list is missing/,
      "refused-anchor": /^syntax refused-anchor\/objects\.yaml:3: go-yaml does not read the anchor one#/,
      "refused-null-api-version": /objects\.yaml:1: apiVersion must be a string/,
      "refused-empty-path": /objects\.yaml:1: Kustomize cannot set a field at ""/,
      "refused-origin": /Kustomize cannot read the annotation config\.kubernetes\.io\/origin/,
      "refused-empty-patches": /kustomization\.yaml:3: `patchesStrategicMerge` contains no patch/,
      "refused-misfit": /kustomization\.yaml:4: ship does not fit the type of the field replicas/,
      "refused-value-after-key":
        /^syntax refused-value-after-key\/objects\.yaml:7: the colon before this value is missing/,
      "refused-null-key": /a key must not be null: quote it/,
      "refused-infinite-patch": /kustomization\.yaml:7: this number cannot be written as JSON: quote it/,
      "refused-transformations":
        /objects\.yaml:3: Kustomize cannot read the annotation alpha\.config\.kubernetes\.io\/transformations/,
      "refused-null-directive": /kustomization\.yaml:7: unknown \$patch null/,
      "refused-annotations-without-keys": /kustomization\.yaml:4: annotations must be a mapping/,
      "refused-image": /objects\.yaml:5: an image must be a string/,
      "refused-crds": /kustomization\.yaml:2: a file in `crds` must have OpenAPI definitions by name/,
      "refused-plugin": /Flux runs only built-in plugins, and Own is not built in/,
    }))
      assert.match(refusal(directory), expected);
  });

  it("replaces $(NAME) of vars where Kustomize does, with the type of its value", () => {
    const named = new Map(build("variables").map((object) => [object.kind, object]));
    const [fleet, pod, service] = ["Fleet", "Pod", "Service"].map((kind) => named.get(kind));
    const { args, env, image } = (pod as { spec: { containers: [Mapping] } }).spec.containers[0];
    assert.deepEqual(
      [args, env, image],
      [
        ["--service=blue-shop-east:8080", 8080],
        [
          { name: "SERVICE", value: "blue-shop-east" },
          { name: "SELECTOR", value: "$(LABELS)" },
        ],
        "$(SERVICE)",
      ],
    );
    assert.deepEqual(fleet?.spec, {
      size: 8080,
      names: { first: "blue-shop-east", second: 2 },
      other: "$(PORT)",
    });
    assert.deepEqual((service?.metadata as Mapping).annotations, {
      port: "8080",
      note: "$(PORT) $(NONE) $(",
    });
  });

  it("shares a label or an annotation between the fields that it is added to, as Kustomize does, until a JSON patch writes the object again", () => {
    const [web, store, agent] = build("shared-labels").map(
      ({ metadata, spec }) => ({ metadata, ...(spec as Mapping) }) as unknown as SharedLabels,
    );
    const labels = ({ metadata, selector, template }: SharedLabels | undefined = never()): Mapping[] => [
      metadata.labels,
      selector.matchLabels,
      template.metadata.labels,
    ];
    const values = (of: SharedLabels | undefined, key: string): unknown => labels(of).map((own) => own[key]);
    assert.deepEqual(values(web, "team"), ["green", "green", "green"]);
    assert.deepEqual(values(web, "tier"), ["front", "front", "shop"]);
    assert.deepEqual(values(web, "stage"), ["2", "2", "2"]);
    assert.deepEqual(values(web, "owner"), [undefined, "one", "one"]);
    assert.deepEqual(web?.metadata.annotations, { note: "patched" });
    assert.deepEqual(values(store, "team"), ["last", "last", "last"]);
    assert.deepEqual(values(store, "owner"), ["one", "three", "three"]);
    assert.deepEqual(values(store, "tier"), ["replaced", "replaced", "replaced"]);
    assert.deepEqual(values(agent, "team"), ["green", "blue", "blue"]);
  });

  it("copies and moves Kustomize's internal annotations with all others, and forgets earlier names with them", () => {
    const named = new Map(
      build("build-annotations").map((object) => [(object.metadata as Mapping).name, object]),
    );
    const { copied, moved } = named.get("blue-fleet-east")?.spec as { copied: Mapping; moved: Mapping };
    assert.equal(
      moved["internal.config.kubernetes.io/previousNames"],
      "fleet,fleet,blue-fleet,blue-fleet-east",
    );
    assert.deepEqual(copied.annotations, moved);
    const labels = ["fleet", "forgotten", "emptied"].map(
      (name) => (named.get(`blue-${name}-east`)?.metadata as Mapping).labels,
    );
    assert.deepEqual(labels, [{ found: "1" }, undefined, undefined]);
    assert.ok(named.has("blue-settings-east"), "the ConfigMap without the annotation has no hash");
  });

  it("writes numbers as labels as Go does, and the name of a renamed object without a type", () => {
    const [{ metadata }] = build("big-label") as [{ metadata: Mapping }];
    assert.deepEqual(metadata.labels, {
      big: "9007199254740993",
      small: "-9007199254740993",
      float: "9.007199e+19",
      short: "0.1",
      long: "0.12345679",
      exponent: "1.2345675e+06",
      tiny: "1.234e-05",
    });
    const pod = build("untyped-references").find(({ kind }) => kind === "Pod") as {
      spec: { containers: [Mapping] };
    };
    assert.deepEqual(pod.spec.containers[0].envFrom, [
      { configMapRef: { name: true } },
      { configMapRef: { name: "12" } },
    ]);
  });

  it("keeps the text of an annotation that a patch replaces in a folded scalar, and folds that of other fields", () => {
    const [{ metadata, data }] = build("folded-annotations") as [{ metadata: Mapping; data: Mapping }];
    assert.deepEqual(metadata.annotations, { list: "These:\n  - a\n  - b\n\nThe end\n" });
    assert.deepEqual(data, { list: "These:\n\n  - a\n  - b\n\nThe end\n" });
  });

  it("copies the text of a number or a date as written into a string, and reads it again in a field of another type", () => {
    const [, ship] = build("replaced-texts") as [Mapping, { metadata: Mapping; spec: Mapping }];
    assert.deepEqual(ship.metadata, {
      name: "one-+1",
      annotations: { number: "+1" },
      labels: { flag: "true" },
    });
    assert.deepEqual(ship.spec, {
      quoted: "+1",
      number: 1,
      untyped: 1,
      list: ["+1"],
      first: "1",
      second: "1_000-x",
      third: "0x1F",
      fourth: "+1",
      fifth: "0xFF",
      sixth: "2024-01-02 03:04:05",
      date: "2024-01-02T03:04:05Z",
      seventh: "one\n\n  two",
      eighth: "+1",
      ninth: "",
      tenth: ".nan",
    });
  });

  it("makes a string of a number that was set as a namespace when the next patch passes over it", () => {
    const names = build("patched-again").map(({ metadata }) => metadata);
    assert.deepEqual(names, [{ name: 12, namespace: "1.0" }, { name: 3 }, { name: null }]);
  });

  it("ignores a patch that replaces the whole object, as Kustomize does", () => {
    const [settings, shop] = build("replaced-by-patch") as [Mapping, { metadata: Mapping; spec: Mapping }];
    assert.deepEqual(settings.data, { old: "1" });
    assert.deepEqual([shop.metadata.labels, shop.spec.replicas], [undefined, 1]);
  });

  it("finds an object by a kind and a name that are dates as written", () => {
    assert.deepEqual(
      build("date-as-kind").map(({ spec }) => spec),
      [
        { found: "by target", patched: "by name" },
        { found: "by target", replaced: "replaced" },
      ],
    );
  });

  it("merges spec.images field by field, and leaves out components that spec.ignoreMissingComponents allows to be missing", () => {
    const [deployment] = build("flux-images");
    const { spec } = deployment as { spec: { template: { spec: { containers: { image: string }[] } } } };
    assert.deepEqual(
      spec.template.spec.containers.map(({ image }) => image),
      ["mirror.example.com/shop:3", "mirror.example.com/proxy:1"],
    );
    assert.equal(build("only-components").length, 2);
  });
});
