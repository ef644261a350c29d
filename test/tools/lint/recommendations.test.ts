import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { temporaryDirectory, writeFiles } from "../../support/temporary.ts";

let root: string;
beforeEach(() => {
  root = temporaryDirectory("recommendations-");
});

function write(file: string, text: string): void {
  writeFiles(root, { [file]: text });
}

/** The findings of a rule, as `level file:line`, with the number of others of the same cause. */
function found(rule: string): readonly string[] {
  return lintRepository(new Repository(root))
    .findings.filter((finding) => finding.rule === rule)
    .map(({ level, position: { file, line }, same = [] }) =>
      [`${level} ${file}:${line}`, ...(same.length > 0 ? [`+${same.length}`] : [])].join(" "),
    );
}

const deployment = (labels = "", comment = ""): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: media
  labels: { app: web${labels} }
spec:
  template:
    spec:
      containers:
        - name: web
          image: example.com/web:1.0
          ports: [{ containerPort: 80 }]
${comment}        - name: helper
          image: example.com/helper:latest
    metadata: { labels: { app: web } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: media }
spec: { selector: { app: web } }
`;

describe("lint of a manifest that another project wrote", () => {
  const errors = (level: string, file: string, above = 0): Readonly<Record<string, readonly string[]>> => ({
    "workload-probes": [`${level} ${file}:${above + 11}`, `advisory ${file}:${above + 14}`],
    "image-pinned": [`${level} ${file}:${above + 15}`],
  });
  const check = (expected: Readonly<Record<string, readonly string[]>>): void => {
    for (const [rule, findings] of Object.entries(expected)) assert.deepEqual(found(rule), findings);
  };
  const definition =
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: webs.example.com }\n";
  const copies: Readonly<Record<string, readonly [file: string, above: string, labels?: string]>> = {
    "the labels of a chart": ["web.yaml", "", ", helm.sh/chart: web-1.0.0"],
    "the label that Helm sets": ["web.yaml", "", ", app.kubernetes.io/managed-by: Helm"],
    "a name for files that a tool has written": ["web.gen.yaml", ""],
    "the comments of helm template": ["web.yaml", "---\n# Source: web/templates/deployment.yaml\n"],
    "definitions in the same file": ["web.yaml", `${definition}---\n`],
    "the address that it was copied from": [
      "web.yaml",
      "# https://raw.githubusercontent.com/example/web/v1.0.0/deploy/web.yaml\n",
    ],
    "the address of a release": [
      "web.yaml",
      "---\n# curl -L https://github.com/example/web/releases/download/v1.0.0/web.tar.gz\n",
    ],
    "a comment about its origin": ["web.yaml", "# Copied from example.com/web, version 1.0.0.\n"],
    "a generator of manifests": ["web.yaml", "# Rendered with: kustomize build config/default\n"],
    "a licence that the owner's files do not have": [
      "web.yaml",
      "# Copyright 2020 The Web Authors\n# Licensed under the Apache License, Version 2.0\n",
    ],
    "a directory for copies": ["third_party/web/web.yaml", ""],
  };
  for (const [sign, [file, above, labels]] of Object.entries(copies))
    it(`recommends only, because of ${sign}`, () => {
      write(file, above + deployment(labels));
      check(errors("advisory", file, above.split("\n").length - 1));
    });

  it("recommends only, because of definitions in files next to it that are named after their kind", () => {
    for (const name of ["CustomResourceDefinition-webs.yaml", "crd.yaml", "crds.yaml"]) {
      write("web/Deployment-web.yaml", deployment());
      write(`web/${name}`, definition);
      check(errors("advisory", "web/Deployment-web.yaml"));
      rmSync(join(root, "web"), { recursive: true });
    }
    write("web/Deployment-web.yaml", deployment());
    write("web/crd.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: no-definition }\n");
    check(errors("mandatory", "web/Deployment-web.yaml"));
  });

  it("reports an error in spite of a licence that most files have", () => {
    for (let index = 0; index < 6; index++)
      write(
        `map${index}.yaml`,
        `# Copyright 2020 Us\nkind: ConfigMap\napiVersion: v1\nmetadata: { name: m${index} }\n`,
      );
    write("web.yaml", `# Copyright 2020 Us\n${deployment()}`);
    check(errors("mandatory", "web.yaml", 1));
  });

  const own: Readonly<Record<string, readonly [file: string, above: string, labels?: string]>> = {
    "the address of a schema": [
      "web.yaml",
      "# yaml-language-server: $schema=https://example.com/schemas/deployment.yaml\n",
    ],
    "the address of documentation": ["web.yaml", "# See https://github.com/example/web#readme.\n"],
    "labels of other tools": ["web.yaml", "", ", app.kubernetes.io/managed-by: flux"],
    "a directory of an app with such a name": ["upstreamer/web.yaml", ""],
    "a comment that names a template": ["web.yaml", "# Source: the template of our own apps\n"],
  };
  for (const [sign, [file, above, labels]] of Object.entries(own))
    it(`reports an error in spite of ${sign}`, () => {
      write(file, above + deployment(labels));
      check(errors("mandatory", file, above.split("\n").length - 1));
    });

  it("reports what the author of the manifest cannot fix as an error", () => {
    write(
      "vendor/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: hunter2 }\n",
    );
    assert.deepEqual(found("secret-in-clear"), ["mandatory vendor/secret.yaml:4"]);
  });

  it("recommends only in the hook of a chart", () => {
    write("web.yaml", deployment().replace("  labels:", "  annotations: { helm.sh/hook: test }\n  labels:"));
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:16"]);
  });

  it("says who can fix it", () => {
    write("vendor/web.yaml", deployment());
    const [finding] = lintRepository(new Repository(root)).findings.filter(
      ({ rule }) => rule === "image-pinned",
    );
    assert.match(finding?.remediation ?? "", /Another project wrote this manifest/);
  });

  it("keeps the level that the repository sets", () => {
    write("vendor/web.yaml", deployment());
    write(".edgefirst/policies.yaml", "image-pinned: mandatory\n");
    assert.deepEqual(found("image-pinned"), ["mandatory vendor/web.yaml:15"]);
  });
});

describe("lint of an experiment", () => {
  it("recommends only what would be an error elsewhere, in a directory for tests and examples", () => {
    for (const directory of ["test", "web/examples", "experiments/web"]) {
      write(`${directory}/web.yaml`, deployment());
      assert.deepEqual(found("image-pinned"), [`advisory ${directory}/web.yaml:15`]);
      rmSync(join(root, directory), { recursive: true });
    }
    for (const directory of ["latest", "web/testing", "contest"]) {
      write(`${directory}/web.yaml`, deployment());
      assert.deepEqual(found("image-pinned"), [`mandatory ${directory}/web.yaml:15`]);
      rmSync(join(root, directory), { recursive: true });
    }
  });

  it("reports what Flux applies as an error, and a Secret that anyone can read", () => {
    write(
      "test/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData: { password: hunter2 }\n",
    );
    write("test/web.yaml", deployment());
    assert.deepEqual(found("secret-in-clear"), ["mandatory test/secret.yaml:4"]);
    write(
      "flux/test.yaml",
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: test, namespace: flux-system }\nspec: { path: ./test, sourceRef: { kind: GitRepository, name: fleet } }\n",
    );
    write("test/kustomization.yaml", "resources: [web.yaml, secret.yaml]\n");
    assert.deepEqual(found("image-pinned"), ["mandatory test/web.yaml:15"]);
  });
});

describe("lint of Secrets in clear", () => {
  const levels = (comment: string): readonly string[] => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: { name: web }\nstringData:\n  PASSWORD: example${comment}\n`;
    write("web.yaml", text);
    return found("secret-in-clear");
  };

  it("recommends encryption where a comment excludes the value from a scanner for secrets", () => {
    for (const comment of [
      " # gitleaks:allow",
      " # NOSONAR only for the local cluster",
      " # pragma: allowlist secret",
    ])
      assert.deepEqual(levels(comment), ["advisory web.yaml:5"]);
    for (const comment of ["", " # the password", " # NOSONARS"])
      assert.deepEqual(levels(comment), ["mandatory web.yaml:5"]);
  });
});

describe("lint of vendored files", () => {
  it("leaves out what CUE's module folder holds", () => {
    write("cue.mod/gen/web.yaml", deployment());
    assert.deepEqual(found("workload-probes"), []);
  });
});

describe("lint of settings that are commented out", () => {
  const probes = (comment: string): readonly string[] => {
    write("web.yaml", deployment("", comment));
    return found("workload-probes").filter((finding) => finding.endsWith(":11"));
  };

  it("recommends the probes of a container in which the owner switched them off", () => {
    for (const comment of ["          # livenessProbe:\n", "#          readinessProbe: &probe\n"])
      assert.deepEqual(probes(comment), ["advisory web.yaml:11"]);
  });

  it("reports an error in spite of comments about something else, or in another container", () => {
    assert.deepEqual(probes("          # the livenessProbe is missing\n"), ["mandatory web.yaml:11"]);
    write("web.yaml", `${deployment()}          # livenessProbe: {}\n`);
    assert.deepEqual(found("workload-probes")[0], "mandatory web.yaml:11");
  });

  const release = (comment: string, securityComment = ""): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: media }
spec:
  chart: { spec: { chart: app-template, version: 4.1.2 } }
  values:
    controllers:
      web:
        pod: { securityContext: { runAsUser: 1000 } }
        containers:
          app:
            image: { repository: example.com/web, tag: "1.0" }
${comment}${securityComment}    service: { app: { controller: web, type: LoadBalancer, ports: { http: { port: 80 } } } }
`;

  it("knows the settings of a container in app-template's values", () => {
    const rules = ["helmrelease-probes", "container-security"];
    const levels = (): readonly string[] =>
      rules.map((rule) => found(rule).find((one) => one.endsWith(":11")) ?? "");
    write("web.yaml", release(""));
    assert.deepEqual(levels(), ["mandatory web.yaml:11", "mandatory web.yaml:11"]);
    write("web.yaml", release("            # probes:\n            #   liveness: { enabled: true }\n"));
    assert.deepEqual(levels(), ["advisory web.yaml:11", "mandatory web.yaml:11"]);
    write("web.yaml", release("", "            # securityContext: { runAsNonRoot: true }\n"));
    assert.deepEqual(levels(), ["mandatory web.yaml:11", "advisory web.yaml:11"]);
  });
});

describe("lint of a repository whose documents say that probes are left out", () => {
  const level = (file: string, text: string): string => {
    write("web.yaml", deployment());
    write(file, text);
    const [finding] = lintRepository(new Repository(root)).findings.filter(
      ({ rule }) => rule === "workload-probes",
    );
    rmSync(join(root, file));
    const place = /^(\S+) says that probes are left out/.exec(finding?.remediation ?? "")?.[1];
    return [finding?.level, place].filter((one) => one !== undefined).join(" ");
  };

  it("recommends them, and names the place", () => {
    for (const [file, text, line] of [
      ["AGENTS.md", "# Apps\n\nUse app-template.\nWe do not set liveness or readiness probes.\n", 3],
      ["CLAUDE.md", "## Probes and limits\n\nBoth stay unset. Set one only for an app that needs it.\n", 3],
      ["README.md", "**Probes:**\n- Leave them out unless there is a reason.\n", 2],
      [
        ".cursor/rules/apps.mdc",
        "Rules:\n\n1. Pin images.\n2. Skip health probes: a restart never helped.\n",
        4,
      ],
      ["docs/apps/new.md", "No probes, please.\n", 1],
      ["docs/charts.md", "Probes are left off on purpose.\n", 1],
    ] as const)
      assert.equal(level(file, text), `advisory ${file}:${line}`, text);
  });

  it("knows them for app-template, too, but still reports a probe that the chart omits", () => {
    write("AGENTS.md", "Probes are left off on purpose.\n");
    write(
      "web.yaml",
      `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: media }
spec:
  chart: { spec: { chart: app-template, version: 4.1.2 } }
  values:
    controllers:
      web: { containers: { app: {} } }
      job: { containers: { app: { probes: { liveness: { enabled: true } } } } }
    service: { app: { controller: web, type: LoadBalancer, ports: { http: { port: 80 } } } }
`,
    );
    assert.deepEqual(found("helmrelease-probes"), [
      "advisory web.yaml:8",
      "advisory web.yaml:9",
      "mandatory web.yaml:9",
    ]);
  });

  it("reports an error in spite of sentences that require probes, tasks, and those about other probes or elsewhere", () => {
    for (const [file, text] of [
      ["AGENTS.md", "Never leave out probes.\n"],
      ["AGENTS.md", "Do not skip readiness probes.\n"],
      ["AGENTS.md", "Apps without probes are not merged.\n"],
      ["AGENTS.md", "Do not override the timings of probes.\n"],
      ["AGENTS.md", "Probes are off by default, so every app has to set them.\n"],
      ["AGENTS.md", "## Probes\n\nEvery app has three.\n\nLimits are left out.\n"],
      ["docs/review.md", "No amount of tuning or probe adjustment fixes this.\n"],
      ["docs/health.md", "The kube-proxy probe is skipped, since Cilium replaces it.\n"],
      ["docs/incident.md", "Because of the failed probe, the cache is wiped out.\n"],
      ["docs/tasks.md", "- [ ] No probes in media\n"],
      ["docs/gatus.md", "Gatus probes are disabled for internal apps.\n"],
      ["apps/web/NOTES.md", "No probes.\n"],
    ] as const)
      assert.equal(level(file, text), "mandatory", text);
  });
});

describe("lint of a securityContext with a comment", () => {
  const release = (comment: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: media }
spec:
  chart: { spec: { chart: app-template, version: 4.1.2 } }
  values:
    controllers:
      web:
        containers:
          app:
            image: { repository: example.com/web, tag: "1.0" }
            securityContext:
              # ${comment}
              runAsUser: 1000
`;
  const levels = (comment: string): readonly string[] => {
    write("web.yaml", release(comment));
    return found("container-security").filter((one) => one.endsWith(":12"));
  };

  it("recommends the rest of the Restricted profile, if the comment names the privileges that the app needs", () => {
    for (const comment of [
      "The desktop uses sudo to start its session.",
      "needs elevated permissions for USB",
    ])
      assert.deepEqual(levels(comment), ["advisory web.yaml:12", "advisory web.yaml:12"], comment);
  });

  it("reports an error in spite of other comments", () => {
    for (const comment of ["The owner of the files", "TODO: drop capabilities", "runAsGroup: 1000 # sudo"])
      assert.deepEqual(levels(comment), ["mandatory web.yaml:12", "advisory web.yaml:12"], comment);
  });
});

describe("lint of an image with a comment", () => {
  const image = (above: string, after = ""): string =>
    deployment().replace(
      "          image: example.com/helper:latest",
      `${above}          image: example.com/helper:latest${after}`,
    );

  it("recommends another tag, if the comment explains this one", () => {
    write("web.yaml", image("          # There are no other tags, and old digests are deleted.\n"));
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:16"]);
    write("web.yaml", image("", " # upstream publishes only latest"));
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:15"]);
  });

  it("recommends it in the values of a chart, too", () => {
    const release = (chart: string, values: string): string =>
      `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: web, namespace: media }\nspec:\n  chart: { spec: { chart: ${chart} } }\n  values:\n${values}`;
    const lines =
      "image:\n  # Pinning does not work, as each build replaces the last.\n  repository: example.com/web\n  tag: latest\n";
    const indented = (by: number): string => lines.replaceAll(/^/gm, " ".repeat(by)).trimEnd();
    write("web.yaml", `${release("web", indented(4))}\n`);
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:10"]);
    write(
      "web.yaml",
      `${release("app-template", `    controllers:\n      web:\n        containers:\n          app:\n${indented(12)}`)}\n`,
    );
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:11"]);
  });

  it("reports an error in spite of other comments", () => {
    for (const comment of [
      "# Copies the files to the other volume",
      "# TODO: pin this tag to a version",
      "# FIXME pin this tag to a version",
      "# tag: 1.0.0 # the last good tag",
      "# renovate: datasource=docker depName=helper tag latest",
      "# latest",
      "# -- image tag",
      "# -- Overrides the image tag whose default is the chart appVersion.",
      "# Overrides the image tag whose default is the chart appVersion.",
    ]) {
      write("web.yaml", image(`          ${comment}\n`));
      assert.deepEqual(found("image-pinned"), ["mandatory web.yaml:16"], comment);
    }
    write(
      "web.yaml",
      image("").replace("- name: web", "# Only the tag latest is published.\n        - name: web"),
    );
    assert.deepEqual(found("image-pinned"), ["mandatory web.yaml:16"]);
  });
});

describe("lint of a Secret that is created before Flux", () => {
  const kustomization = (name: string, namespace: string): void => {
    write(
      `flux/${name}.yaml`,
      `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  path: ./apps/${name}
  sourceRef: { kind: GitRepository, name: fleet, namespace: flux-system }
  postBuild: { substituteFrom: [{ kind: Secret, name: tunnel-id }] }
`,
    );
    write(`apps/${name}/kustomization.yaml`, "resources: []\n");
  };

  it("recommends to make sure of it, if a template, a script or a document mentions it", () => {
    kustomization("tunnel", "network");
    assert.deepEqual(found("kustomization-secrets"), ["mandatory flux/tunnel.yaml:7"]);
    for (const [file, text] of [
      ["bootstrap/resources.yaml.j2", "kind: Secret\nmetadata:\n  name: tunnel-id\n"],
      [".taskfiles/bootstrap/Taskfile.yaml", "tasks: { secret: kubectl create secret generic tunnel-id }\n"],
      ["justfile", "secret:\n  kubectl create secret generic tunnel-id\n"],
      ["docs/setup.md", "Create the Secret `tunnel-id` first.\n"],
    ] as const) {
      write(file, text);
      assert.deepEqual(found("kustomization-secrets"), ["advisory flux/tunnel.yaml:7"], file);
      rmSync(join(root, file));
    }
  });

  it("takes no file for a mention of an empty name", () => {
    kustomization("tunnel", "network");
    write("README.md", "x");
    write("flux/empty.yaml", readFileSync(join(root, "flux/tunnel.yaml"), "utf8").replace("tunnel-id", '""'));
    rmSync(join(root, "flux/tunnel.yaml"));
    assert.deepEqual(found("kustomization-secrets"), ["mandatory flux/empty.yaml:7"]);
  });

  it("reports an error in spite of a name that only contains it, and of a Secret in another namespace", () => {
    kustomization("tunnel", "network");
    write("README.md", "The Secret tunnel-id-old is gone, and so is my-tunnel-id.\n");
    assert.deepEqual(found("kustomization-secrets"), ["mandatory flux/tunnel.yaml:7"]);
    write("README.md", "The Secret tunnel-id is in apps/tunnel.\n");
    write("apps/tunnel/kustomization.yaml", "resources: [secret.yaml]\n");
    write(
      "apps/tunnel/secret.yaml",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: tunnel-id, namespace: other }\nstringData: { ID: x }\n",
    );
    assert.deepEqual(found("kustomization-secrets"), ["mandatory flux/tunnel.yaml:7"]);
  });
});

describe("lint of an API version that the cluster's Flux still supports", () => {
  it("recommends the next one until Flux has removed it, and reports an error if its version is not known", () => {
    write(
      "chart.yaml",
      "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: HelmRepository\nmetadata: { name: charts, namespace: flux-system }\nspec: { url: https://example.com }\n",
    );
    const flux = (version: string): void => {
      write(
        "flux.yaml",
        `apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: { name: flux, namespace: flux-system }\nspec: { distribution: { version: "${version}" } }\n`,
      );
    };
    assert.deepEqual(found("chart-source"), ["mandatory chart.yaml:1"]);
    flux("2.7.x");
    assert.deepEqual(found("chart-source"), ["advisory chart.yaml:1"]);
    flux("2.x");
    assert.deepEqual(found("chart-source"), ["mandatory chart.yaml:1"]);
  });
});

describe("lint of a Helm chart in a repository without Flux", () => {
  const template =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: {{ .Release.Name }} }\n{{- if .Values.on }}\n";

  it("does not read templates, which are not YAML, but lists them", () => {
    write("web/Chart.yaml", "name: web\nversion: 1.0.0\n");
    write("web/templates/pod.yaml", template);
    write("web/templates/tests/pod.yaml", template);
    const { findings, unreached } = lintRepository(new Repository(root));
    assert.deepEqual(findings, []);
    assert.deepEqual(unreached, ["web/templates/pod.yaml", "web/templates/tests/pod.yaml"]);
  });

  it("reads a directory templates without a chart", () => {
    write("web/templates/pod.yaml", template);
    assert.notDeepEqual(lintRepository(new Repository(root)).findings, []);
  });
});

describe("lint of one object in two files", () => {
  it("reports what both have in common once, and what only one of them has on its own", () => {
    write("modules/web.yaml", deployment());
    write("manifests/web.yaml", deployment().replace("ports: [{ containerPort: 80 }]", "ports: []"));
    assert.deepEqual(found("image-pinned"), ["mandatory manifests/web.yaml:15 +1"]);
    write("manifests/web.yaml", deployment().replace("helper:latest", "helper:main"));
    assert.deepEqual(found("image-pinned"), [
      "mandatory manifests/web.yaml:15",
      "mandatory modules/web.yaml:15",
    ]);
  });

  it("reports addresses of one branch once", () => {
    const address = (path: string, branch = "main"): string =>
      `https://raw.githubusercontent.com/example/web/${branch}/${path}.yaml`;
    write(
      "kustomization.yaml",
      `resources:\n${[address("a"), address("b"), address("a", "next"), "https://example.com/a.yaml"].map((one) => `  - ${one}\n`).join("")}`,
    );
    assert.deepEqual(found("remote-build-fetch"), [
      "mandatory kustomization.yaml:2 +1",
      "mandatory kustomization.yaml:4",
      "mandatory kustomization.yaml:5",
    ]);
  });
});

describe("lint of a wrong Gatus annotation", () => {
  const kustomization = (name: string, path: string): string => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1h, path: ${path}, prune: true, sourceRef: { kind: GitRepository, name: home } }
`;
  const route = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: media
  annotations: { gatus.home-operations.com/enabled: "on" }
spec: { hostnames: [web.example.com] }
`;
  const gatus = `apiVersion: apps/v1
kind: Deployment
metadata: { name: gatus, namespace: media }
spec: { template: { spec: { containers: [{ name: gatus, image: "ghcr.io/twin/gatus:v5.20.0" }] } } }
`;

  it("reports it for the clusters that run Gatus, or for all if none does", () => {
    for (const cluster of ["east", "west"])
      write(
        `clusters/${cluster}/sync.yaml`,
        kustomization("sync", `./clusters/${cluster}`) + kustomization("web", `./apps/${cluster}`),
      );
    write("apps/east/route.yaml", route);
    write(
      "apps/west/map.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: media }\n",
    );
    assert.deepEqual(found("route-monitoring"), ["mandatory apps/east/route.yaml:6"]);
    write("apps/west/gatus.yaml", gatus);
    assert.deepEqual(found("route-monitoring"), []);
    write("apps/east/gatus.yaml", gatus);
    assert.deepEqual(found("route-monitoring"), ["mandatory apps/east/route.yaml:6"]);
  });

  it("recommends what only a cluster of examples has, and reports what another has as well", () => {
    const root = (path: string): string =>
      `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: apps, namespace: flux-system }\nspec: { path: ./${path}, sourceRef: { kind: GitRepository, name: fleet } }\n`;
    write("tests/clusters/sample/apps.yaml", root("apps/web"));
    write("clusters/home/other.yaml", root("apps/other"));
    write("apps/web/web.yaml", deployment());
    write("apps/other/other.yaml", deployment().replaceAll("name: web", "name: other"));
    assert.deepEqual(found("image-pinned"), [
      "mandatory apps/other/other.yaml:15",
      "advisory apps/web/web.yaml:15",
    ]);
    write("clusters/home/web.yaml", root("apps/web").replace("name: apps", "name: web"));
    assert.deepEqual(found("image-pinned"), [
      "mandatory apps/other/other.yaml:15",
      "mandatory apps/web/web.yaml:15",
    ]);
  });
});

describe("lint of what its owner has switched off or explained", () => {
  it("only recommends changes in templates that Flux does not apply", () => {
    write("kustomization.yaml", "resources: [web.yaml]\n");
    write("web.yaml", deployment());
    write("templates/app/web.yaml", deployment().replaceAll("name: web", "name: app"));
    assert.deepEqual(found("image-pinned"), ["advisory templates/app/web.yaml:15", "mandatory web.yaml:15"]);
  });

  it("only recommends what would matter if an app were scaled up", () => {
    write("web.yaml", deployment().replace("spec:\n", "spec:\n  replicas: 0\n"));
    assert.deepEqual(found("image-pinned"), ["advisory web.yaml:16"]);
    write("web.yaml", deployment().replace("spec:\n", "spec:\n  replicas: 1\n"));
    assert.deepEqual(found("image-pinned"), ["mandatory web.yaml:16"]);
  });

  it("only recommends to encrypt a value that a comment shows", () => {
    const secret = (comment: string): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: web }\ndata:\n  password: c2VjcmV0${comment}\n`;
    write("web.yaml", secret(' # base64 of "secret"'));
    assert.deepEqual(found("secret-in-clear"), ["advisory web.yaml:5"]);
    for (const comment of ["", ' # base64 of "other"', " # a secret"]) {
      write("web.yaml", secret(comment));
      assert.deepEqual(found("secret-in-clear"), ["mandatory web.yaml:5"]);
    }
  });

  it("only recommends another range for a chart if a comment says that every version is wanted", () => {
    const source = (comment: string): string => `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: { name: web, namespace: media }
spec:
  url: oci://registry.example.com/charts/web
  ref:
    semver: "*"${comment}
`;
    for (const comment of [" # latest always", " # Staging: always use the latest. Pin it elsewhere."]) {
      write("web.yaml", source(comment));
      assert.deepEqual(found("chart-source"), ["advisory web.yaml:7"]);
    }
    for (const comment of ["", " # TODO: not always the latest", " # the chart of web"]) {
      write("web.yaml", source(comment));
      assert.deepEqual(found("chart-source"), ["mandatory web.yaml:7"]);
    }
  });
});
