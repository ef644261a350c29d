import type { Mapping, Value } from "../../tools/gitops/yaml/values.ts";

/** A generated repository: its files and the spec of a Flux Kustomization over it, with the features that it uses. */
export interface GeneratedCase {
  readonly files: Readonly<Record<string, string>>;
  readonly spec: Mapping;
  /** ConfigMaps and Secrets of the cluster, for `substituteFrom`. */
  readonly sources: readonly Mapping[];
  /** Whether the controller rejects variables that nothing defines. */
  readonly strict?: boolean;
  readonly features: readonly string[];
}

/** A feature adds something to a kustomization, to its files or to the spec. */
type Feature = (draft: Draft, pick: Pick) => void;

interface Draft {
  readonly files: Record<string, string>;
  readonly kustomization: Mapping;
  readonly spec: Mapping;
  readonly sources: Mapping[];
  strict?: boolean;
}

/** Random choices from a seed, the same on every machine. */
export class Pick {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 1) >>> 0;
  }

  /** Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.next() * choices.length)];
    if (choice === undefined) throw new Error("nothing to choose from");
    return choice;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { app: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      serviceAccountName: runner
      containers:
        - name: web
          image: nginx:1.25
          args: ["--port=\${PORT}", plain]
          env: [{ name: A, value: "1" }, { name: B, value: two }]
          envFrom: [{ configMapRef: { name: settings } }]
          ports: [{ containerPort: 80, name: http }, { containerPort: 80, protocol: UDP }]
        - name: side
          image: busybox
      volumes: [{ name: v, secret: { secretName: key } }, { name: w, emptyDir: {} }]
`;
const OTHERS = `apiVersion: v1
kind: Service
metadata: { name: web, annotations: { count: "1" } }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }, { name: dns, port: 53, protocol: UDP }] }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: runner }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: runner }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: none }
subjects: [{ kind: ServiceAccount, name: runner, namespace: default }, { kind: ServiceAccount, name: default }]
---
apiVersion: example.com/v1
kind: Fleet
metadata: { name: fleet }
spec: { size: 3, items: [{ name: a }, { name: b }], config: settings, image: nginx }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: plain, labels: { tier: back } }
data:
  host: \${HOST:-local}
  text: |
    a line with \${HOST}
    another: one
  number: "8080"
  yes: "yes"
`;

const MORE_KINDS = `apiVersion: batch/v1
kind: CronJob
metadata: { name: tidy, labels: { app: tidy } }
spec:
  jobTemplate: { spec: { template: { spec: { containers: [{ name: tidy, image: busybox, envFrom: [{ secretRef: { name: key } }] }] } } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: web
  replicas: 1
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: "nginx@sha256:11" }] } }
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce] } }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, annotations: { a: "1" } }
spec:
  tls: [{ hosts: [a.example.com], secretName: key }]
  rules: [{ host: a.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchExpressions: [] } }] }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }, minReplicas: 1, maxReplicas: 3 }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { selector: { matchLabels: { app: web } } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: all }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all }
subjects: [{ kind: ServiceAccount, name: runner, namespace: default }, { kind: User, name: me }]
---
apiVersion: v1
kind: Namespace
metadata: { name: default, labels: }
`;

const list = (fields: Mapping, name: string): Value[] => {
  const present = fields[name];
  if (Array.isArray(present)) return present;
  const made: Value[] = [];
  fields[name] = made;
  return made;
};

const add =
  (name: string, ...entries: readonly Value[]): Feature =>
  ({ kustomization }, pick) => {
    list(kustomization, name).push(structuredClone(pick.of(entries)));
  };

const put =
  (name: string, ...values: readonly Value[]): Feature =>
  ({ kustomization }, pick) => {
    kustomization[name] = structuredClone(pick.of(values));
  };

const merge = (body: string, target?: Mapping): Value => ({ patch: body, ...(target && { target }) });

const MERGES: readonly Value[] = [
  merge(
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 5, template: { spec: { containers: [{ name: side, image: other }, { name: new, image: x }] } } }",
  ),
  merge(
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { template: { spec: { containers: [{ name: side, $patch: delete }], volumes: [{ name: v, $patch: replace, emptyDir: {} }] } } }",
  ),
  merge(
    "kind: Any\nmetadata: { name: any, labels: { added: b, app: null } }\nspec: { size: 9, items: [{ name: c }] }",
    { kind: "Fleet" },
  ),
  merge(
    "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 53, nodePort: 30053 }, { port: 443, name: https }] }",
  ),
  merge("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: plain }\n$patch: delete"),
  merge(
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: plain }\ndata: { host: null, added: 'yes', text: ~ }",
  ),
  merge(
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: plain }\ndata: { number: 9090, host: true, text: 5 }",
  ),
  merge(
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: runner, annotations: { a: b } }\nsecrets: [{ name: x }]",
  ),
];
const TARGETED: readonly Value[] = [
  { labelSelector: "app=web" },
  { labelSelector: "app in (web, db),tier!=x" },
  { annotationSelector: "count=1" },
  { kind: "Deploy|Service" },
  { group: "apps" },
  { version: "v1", name: "w.b" },
  { namespace: "default" },
].map((target) => merge('[{ "op": "add", "path": "/metadata/annotations/at", "value": "b" }]', target));
const JSON_PATCHES: readonly Value[] = [
  merge(
    "- { op: replace, path: /spec/replicas, value: 7 }\n- { op: add, path: /metadata/annotations/x~1y, value: z }",
    { kind: "Deployment" },
  ),
  merge(
    "- { op: add, path: /spec/template/spec/containers/-, value: { name: last, image: l } }\n- { op: remove, path: /spec/template/spec/volumes/0 }",
    { kind: "Deploy.*" },
  ),
  merge(
    "- { op: test, path: /spec/size, value: 3 }\n- { op: move, from: /spec/config, path: /spec/moved }\n- { op: copy, from: /spec/items/-1, path: /spec/items/0 }",
    { kind: "Fleet" },
  ),
  merge("- { op: replace, path: /data/none, value: on }", { kind: "ConfigMap", name: "plain" }),
  merge("- { op: remove, path: /spec/missing }", { kind: "Service" }),
];

/** Every feature of the generator, by name. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  namespace: put("namespace", "shop", "default"),
  namePrefix: put("namePrefix", "p-"),
  nameSuffix: put("nameSuffix", "-s"),
  labels: add(
    "labels",
    { pairs: { team: "x" } },
    { pairs: { team: "y" }, includeSelectors: true },
    { pairs: { tier: "z" }, includeTemplates: true },
    { pairs: { deep: "d" }, fields: [{ path: "spec/meta/labels", kind: "Fleet", create: true }] },
  ),
  commonLabels: put("commonLabels", { common: "a" }),
  commonAnnotations: put("commonAnnotations", { note: "b", "example.com/c": "1" }),
  images: add(
    "images",
    { name: "nginx", newTag: "1.26" },
    { name: "busybox", digest: "sha256:00" },
    { name: "nginx", newName: "mirror.example.com/nginx" },
    { name: "ngi.*", newName: "mirror.example.com:5000/nginx" },
  ),
  replicas: add("replicas", { name: "web", count: 4 }),
  mergePatch: (draft, pick) => {
    list(draft.kustomization, "patches").push(structuredClone(pick.of(MERGES)));
  },
  jsonPatch: (draft, pick) => {
    list(draft.kustomization, "patches").push(structuredClone(pick.of(JSON_PATCHES)));
  },
  patchTarget: (draft, pick) => {
    list(draft.kustomization, "patches").push(structuredClone(pick.of(TARGETED)));
  },
  patchFile: (draft, pick) => {
    draft.files["app/patch.yaml"] = pick.of([
      "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: LoadBalancer }\n",
      "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: A }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: plain }\ndata: { more: x }\n",
    ]);
    list(draft.kustomization, "patches").push({ path: "patch.yaml" });
  },
  patchOptions: add("patches", {
    target: { kind: "Service" },
    options: { allowNameChange: true, allowKindChange: true },
    patch: "kind: Service\napiVersion: v1\nmetadata: { name: renamed }",
  }),
  patchesJson6902: add("patchesJson6902", {
    target: { version: "v1", kind: "Service", name: "web" },
    patch: "- { op: add, path: /spec/type, value: NodePort }",
  }),
  patchesStrategicMerge: add(
    "patchesStrategicMerge",
    "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: LoadBalancer }",
  ),
  configMapGenerator: add(
    "configMapGenerator",
    { name: "settings", literals: ["A=1", "B=two words", "C='q'"] },
    { name: "settings", literals: ["A=1"], options: { disableNameSuffixHash: true, labels: { g: "h" } } },
    { name: "settings", namespace: "other", literals: ["A=1"], options: { immutable: true } },
  ),
  secretGenerator: add(
    "secretGenerator",
    { name: "key", literals: ["p=w"], type: "Opaque" },
    { name: "key", literals: ["p=x"] },
  ),
  generatorOptions: put("generatorOptions", { labels: { made: "here" } }, { disableNameSuffixHash: true }),
  generatorFiles: (draft, pick) => {
    draft.files["app/a.env"] = "# c\nX=1\n\nY=2 # no comment\r\n";
    draft.files["app/a.txt"] = "one\ntwo\n";
    list(draft.kustomization, "configMapGenerator").push({
      name: "files",
      ...(pick.chance(0.5) ? { envs: ["a.env"] } : { files: ["a.txt", "other=a.txt"] }),
    });
  },
  component: (draft, pick) => {
    draft.files["part/kustomization.yaml"] =
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [map.yaml]\npatches: [{ target: { kind: Deployment }, patch: "kind: D\\nmetadata: { name: d }\\nspec: { paused: true }" }]\n';
    draft.files["part/map.yaml"] =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: part }\ndata: { a: b }\n";
    if (pick.chance(0.3)) draft.spec.components = ["../part"];
    else list(draft.kustomization, "components").push("../part");
  },
  nestedComponent: (draft) => {
    draft.files["outer/kustomization.yaml"] =
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [inner]\nlabels: [{ pairs: { outer: a } }]\n";
    draft.files["outer/inner/kustomization.yaml"] =
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{ name: busybox, newTag: inner }]\ncommonAnnotations: { inner: b }\n";
    list(draft.kustomization, "components").push("../outer");
  },
  missingComponent: (draft, pick) => {
    if (pick.chance(0.9)) draft.spec.ignoreMissingComponents = true;
    draft.files["there/kustomization.yaml"] =
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: { there: a }\n";
    list(draft.spec, "components").push("../none", "../there");
  },
  nestedBase: (draft, pick) => {
    draft.files["base/kustomization.yaml"] =
      `resources: [map.yaml]\nnamePrefix: ${pick.of(["in-", "b-"])}\nconfigMapGenerator: [{ name: inner, literals: [a=b] }]\n`;
    draft.files["base/map.yaml"] =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: base }\ndata: { a: b }\n";
    list(draft.kustomization, "resources").push("../base");
    if (pick.chance(0.5))
      list(draft.kustomization, "configMapGenerator").push({
        name: "inner",
        behavior: pick.of(["merge", "replace", "create"]),
        literals: ["c=d"],
      });
  },
  replacements: add(
    "replacements",
    {
      source: { kind: "Deployment", fieldPath: "spec.replicas" },
      targets: [{ select: { kind: "Fleet" }, fieldPaths: [".spec.size"] }],
    },
    {
      source: { kind: "Service", name: "web", fieldPath: "spec.ports.[name=http].port" },
      targets: [
        {
          select: { kind: "Deployment" },
          fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=A].value"],
        },
        { select: { kind: "Fleet" }, fieldPaths: ["spec.made.here"], options: { create: true } },
      ],
    },
    {
      sourceValue: "9",
      targets: [
        {
          select: { kind: "Deployment" },
          fieldPaths: ["spec.template.spec.containers.*.image"],
          options: { delimiter: ":", index: 1 },
        },
      ],
    },
  ),
  vars: (draft, pick) => {
    list(draft.kustomization, "vars").push(
      structuredClone(
        pick.of<Value>([
          { name: "NAME", objref: { kind: "Service", apiVersion: "v1", name: "web" } },
          {
            name: "NAME",
            objref: { kind: "Deployment", group: "apps", version: "v1", name: "web" },
            fieldref: { fieldpath: "spec.replicas" },
          },
          {
            name: "NAME",
            objref: { kind: "Service", apiVersion: "v1", name: "web" },
            fieldref: { fieldPath: "spec.ports[0].name" },
          },
        ]),
      ),
    );
    draft.files["app/vars.yaml"] =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: vars, annotations: { v: $(NAME) } }\nspec: { containers: [{ name: v, image: x, args: ["$(NAME)", "a-$(NAME)-$$(NAME)", "$(NONE)"] }] }\n';
    list(draft.kustomization, "resources").push("vars.yaml");
  },
  configurations: (draft, pick) => {
    draft.files["app/fields.yaml"] = pick.of([
      "nameReference: [{ kind: ConfigMap, version: v1, fieldSpecs: [{ kind: Fleet, path: spec/config }] }]\n",
      "images: [{ kind: Fleet, path: spec/image }]\n",
      "commonLabels: [{ kind: Fleet, path: spec/labels, create: true }]\n",
      "namespace: [{ kind: Fleet, path: spec/namespace, create: true }]\n",
      "replicas: [{ kind: Fleet, path: spec/size }]\nvarReference: [{ kind: Fleet, path: spec/image }]\n",
    ]);
    list(draft.kustomization, "configurations").push("fields.yaml");
  },
  crds: (draft) => {
    draft.files["app/crd.json"] = JSON.stringify({
      "example.com/v1.Fleet": {
        Schema: {
          properties: {
            apiVersion: { type: "string" },
            kind: { type: "string" },
            metadata: { $ref: "k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta" },
            spec: {
              "x-kubernetes-object-ref-api-version": "v1",
              "x-kubernetes-object-ref-kind": "ConfigMap",
              "x-kubernetes-object-ref-name-key": "config",
            },
          },
        },
      },
    });
    list(draft.kustomization, "crds").push("crd.json");
    list(draft.kustomization, "configMapGenerator").push({ name: "settings", literals: ["by=crds"] });
  },
  openapi: (draft) => {
    draft.files["app/schema.json"] = JSON.stringify({
      definitions: {
        "com.example.v1.Fleet": {
          properties: {
            spec: {
              type: "object",
              properties: {
                items: {
                  type: "array",
                  items: { type: "object", properties: { name: { type: "string" } } },
                  "x-kubernetes-patch-merge-key": "name",
                  "x-kubernetes-patch-strategy": "merge",
                },
              },
            },
          },
          "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Fleet" }],
        },
      },
    });
    draft.kustomization.openapi = { path: "schema.json" };
    list(draft.kustomization, "patches").push(
      merge(
        "apiVersion: example.com/v1\nkind: Fleet\nmetadata: { name: fleet }\nspec: { items: [{ name: c }] }",
      ),
    );
  },
  bases: (draft) => {
    draft.files["older/kustomization.yaml"] = "resources: [map.yaml]\nnameSuffix: -older\n";
    draft.files["older/map.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: older }\n";
    list(draft.kustomization, "bases").push("../older");
  },
  moreKinds: (draft) => {
    draft.files["app/kinds.yaml"] = MORE_KINDS;
    list(draft.kustomization, "resources").push("kinds.yaml");
  },
  lists: (draft, pick) => {
    draft.files["app/list.yaml"] =
      `apiVersion: v1\nkind: ${pick.of(["List", "ConfigMapList"])}\nitems:\n${["a", "b"].map((name) => `  - apiVersion: v1\n    kind: ConfigMap\n    metadata: { name: in-list-${name} }\n`).join("")}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: after-a-list }\n`;
    list(draft.kustomization, "resources").push("list.yaml");
  },
  blanks: (draft, pick) => {
    const entry = pick.of(["annotations: {}", "annotations: ", "labels: ", "labels: {}", "labels: ~"]);
    draft.files["app/blanks.yaml"] =
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: blanks, ${entry}}\ndata: { a: , b: ~ }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: block\n  ${entry}\ndata:\n  a:\n`;
    list(draft.kustomization, "resources").push("blanks.yaml");
  },
  localConfig: (draft) => {
    draft.files["app/local.yaml"] =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: local, annotations: { config.kubernetes.io/local-config: "true" } }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: not-local }\n';
    list(draft.kustomization, "resources").push("local.yaml");
  },
  transformers: add(
    "transformers",
    "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: { name: n, namespace: far }\nunsetOnly: true",
    "apiVersion: builtin\nkind: LabelTransformer\nmetadata: { name: n }\nlabels: { by: t }\nfieldSpecs: [{ path: metadata/labels, create: true }]",
    "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: { name: n }\nannotations: { by: t }\nfieldSpecs: [{ path: metadata/annotations, create: true }]",
  ),
  generators: add(
    "generators",
    "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: made }\nliterals: [a=b]",
  ),
  buildMetadata: put(
    "buildMetadata",
    ["originAnnotations"],
    ["managedByLabel"],
    ["transformerAnnotations"],
    ["originAnnotations", "transformerAnnotations"],
  ),
  sortOptions: put(
    "sortOptions",
    { order: "legacy" },
    { order: "fifo" },
    { order: "legacy", legacySortOptions: { orderFirst: ["Service"] } },
  ),
  wrongType: ({ kustomization }, pick) => {
    const [field, value] = pick.of<[string, Value]>([
      ["namePrefix", 1],
      ["images", [{ name: "nginx", newTag: 1.5 }]],
      ["commonAnnotations", { a: true }],
    ]);
    kustomization[field] = value;
  },
  wrongTypeInside: (draft, pick) => {
    const field = pick.of([
      "namePrefix: 1",
      "images: [{ name: nginx, newTag: 1.5 }]",
      "commonAnnotations: { a: true }",
    ]);
    draft.files["typed/kustomization.yaml"] = `resources: [map.yaml]\n${field}\n`;
    draft.files["typed/map.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: typed }\n";
    list(draft.kustomization, "resources").push("../typed");
  },
  fluxPatches: ({ spec }, pick) => {
    list(spec, "patches").push(structuredClone(pick.of([...MERGES, ...JSON_PATCHES])));
  },
  fluxImages: ({ spec }) => {
    spec.images = [
      { name: "nginx", newTag: "flux" },
      { name: "side", newName: "n" },
    ];
  },
  targetNamespace: ({ spec }) => {
    spec.targetNamespace = "target";
  },
  fluxAffixes: ({ spec }) => {
    spec.namePrefix = "f-";
    spec.nameSuffix = "-x";
  },
  commonMetadata: ({ spec }) => {
    spec.commonMetadata = { labels: { cm: "1" }, annotations: { cm: "2" } };
  },
  substitute: ({ spec }, pick) => {
    spec.postBuild = {
      ...(spec.postBuild as Mapping),
      substitute: {
        PORT: pick.of(["8080", "yes", "a: b", "# x", "'q'", "1_000", "2024-01-01", "*a"]),
        HOST: pick.of(["h.example.com", "on", "{x}", "[1", "- a", "~", "x # y", "0x1F"]),
      },
    };
  },
  substituteFrom: ({ spec, sources }, pick) => {
    const postBuild = (spec.postBuild ??= {}) as Mapping;
    const kind = pick.of(["ConfigMap", "Secret"]);
    const metadata = { name: "cluster", namespace: "flux-system" };
    const pairs = { HOST: pick.of(["from.example.com", "8080", "yes"]), PORT: "from" };
    sources.push({
      apiVersion: "v1",
      kind,
      metadata,
      ...(kind === "ConfigMap" ? { data: pairs } : { stringData: pairs }),
    });
    postBuild.substituteFrom = [
      { kind, name: "cluster" },
      { kind: "ConfigMap", name: "none", optional: true },
    ];
  },
  substituteAlways: ({ spec }) => {
    ((spec.postBuild ??= {}) as Mapping).substituteStrategy = "Always";
  },
  expressions: (draft, pick) => {
    draft.spec.postBuild ??= {};
    (draft.spec.postBuild as Mapping).substitute ??= { HOST: "Ab-cd.Example" };
    const expressions = [
      "${HOST,,}",
      "${HOST^}",
      "${HOST/b/x}",
      "${HOST:2:3}",
      "${HOST:2:-1}",
      "${#HOST}",
      "${HOST%.*}",
      "${HOST##*-}",
      "${NONE:-d e}",
      "$$x",
      "${HOST//[a-z]/}",
      "${HOST:=y}",
      "${HOST:4}",
      "${HOST^^}",
      "${HOST,}",
      "${HOST#*.}",
      "${HOST%%.*}",
      "${HOST/#Ab/z}",
      "${HOST/%e/z}",
      "${NONE:-${HOST}}",
      "${NONE=x}",
      "${NONE}",
      "$HOST",
      "${HOST:-a}${PORT:-b}",
    ];
    draft.files["app/more.yaml"] =
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\ndata:\n${[0, 1, 2].map((index) => `  k${index}: '${pick.of(["", "a ", "port: ", "# ", "yes"])}${pick.of(expressions)}'\n`).join("")}`;
    list(draft.kustomization, "resources").push("more.yaml");
  },
  scalars: (draft, pick) => {
    const scalars = [
      "yes",
      "on",
      "0o17",
      "017",
      "1e3",
      "1_000",
      "2024-01-02",
      "~",
      "null",
      ".5",
      "'q'",
      '"a\\tb"',
      "0x1F",
      "1:30",
      "|\n    block\n      deeper\n",
      ">-\n    folded\n    text\n",
      "!!str 12",
      "&a x",
    ];
    draft.files["app/scalars.yaml"] =
      `apiVersion: example.com/v1\nkind: Scalars\nmetadata: { name: scalars, annotations: { a: ${pick.of(["1", "true", "~", "2024-01-02", "'x'"])} } }\nspec:\n${[0, 1, 2].map((index) => `  k${index}: ${pick.of(scalars)}\n`).join("")}`;
    list(draft.kustomization, "resources").push("scalars.yaml");
  },
  mergeKeys: (draft) => {
    draft.files["app/anchors.yaml"] =
      "apiVersion: example.com/v1\nkind: Anchors\nmetadata: { name: anchors }\nspec:\n  base: &b { x: 1, y: 2 }\n  one: { <<: *b, y: 3 }\n  list: [*b, &c z, *c]\n";
    list(draft.kustomization, "resources").push("anchors.yaml");
  },
  windows: (draft) => {
    draft.files["app/windows.yaml"] =
      "\ufeffapiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: windows\r\ndata:\r\n  a: |\r\n    one\r\n    two\r\n";
    list(draft.kustomization, "resources").push("windows.yaml");
  },
  oddKeys: (draft) => {
    draft.files["app/odd.yaml"] =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: odd }\ndata:\n  8080: x\n";
    list(draft.kustomization, "resources").push("odd.yaml");
  },
  strict: (draft, pick) => {
    draft.strict = true;
    if (pick.chance(0.5)) return;
    const postBuild = (draft.spec.postBuild ??= {}) as Mapping;
    postBuild.substitute = { PORT: "8080", ...(postBuild.substitute as Mapping) };
  },
};

/** Features that mostly cause an error, and so are rare. */
const RARE = new Set(["wrongType", "wrongTypeInside", "oddKeys", "missingComponent", "openapi"]);

/** The case for a seed. */
export function generateCase(seed: number, without?: string): GeneratedCase {
  const pick = new Pick(seed);
  const draft: Draft = {
    files: { "app/deployment.yaml": DEPLOYMENT, "app/others.yaml": OTHERS },
    kustomization: { resources: ["deployment.yaml", "others.yaml"] },
    spec: { path: "./app" },
    sources: [],
  };
  const features: string[] = [];
  for (const [name, feature] of Object.entries(FEATURES)) {
    // Each feature has its own random choices, so that removing one feature does not change the others.
    const own = new Pick(seed * 101 + features.length * 7 + name.length);
    if (!pick.chance(RARE.has(name) ? 0.03 : 0.12)) continue;
    features.push(name);
    if (name !== without) feature(draft, own);
  }
  const header = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  const kustomization = JSON.stringify({ ...header, ...draft.kustomization }, undefined, 1);
  return {
    files: { ...draft.files, "app/kustomization.yaml": `${kustomization}\n` },
    spec: draft.spec,
    sources: draft.sources,
    strict: draft.strict ?? false,
    features,
  };
}
