import { join } from "node:path";
import type { SemVer } from "semver";
import type { Program, Tier } from "./program.ts";
import { programImages } from "./images/pins.ts";
import { prepareKubernetesProvider } from "./provider-schema.ts";
import { prepareTraefik } from "./traefik-source.ts";

const inModule = (folder: string): string => join(import.meta.dirname, folder);

/** Matches the version of a module in go.mod. */
function required(module: string): Program["pin"] {
  return { file: "go.mod", pattern: new RegExp(`^(?:require)?\\s*${RegExp.escape(module)} v(\\S+)`, "m") };
}

const sameMinor = ({ major, minor }: SemVer): string => `${major}.${minor}.x`;

function kubernetes(name: string, purpose: string, buildSeconds: number): Program {
  return {
    name,
    purpose,
    tier: "start",
    sandboxOnly: true,
    directory: inModule("kubernetes"),
    package: `k8s.io/kubernetes/cmd/${name}`,
    pin: required("k8s.io/kubernetes"),
    // Without these variables, /version reports no version, and clients that compare versions fail.
    variables: ({ version, major, minor }) => ({
      "k8s.io/component-base/version.gitVersion": `v${version}`,
      "k8s.io/component-base/version.gitMajor": String(major),
      "k8s.io/component-base/version.gitMinor": String(minor),
    }),
    installed: { args: ["--version"], pattern: /^Kubernetes v(\S+)/m, range: sameMinor },
    buildSeconds,
  };
}

function flux(name: string, purpose: string, buildSeconds: number): Program {
  return {
    name,
    purpose,
    tier: "start",
    sandboxOnly: true,
    // One module for all controllers, so that the packages that they share are compiled only once.
    directory: inModule("flux"),
    package: `github.com/fluxcd/${name}`,
    pin: required(`github.com/fluxcd/${name}`),
    buildSeconds,
  };
}

function conformance(own: Pick<Program, "name" | "purpose" | "package" | "tests" | "buildSeconds">): Program {
  return {
    ...own,
    tier: "test:real",
    directory: inModule("gateway-api-conformance"),
    pin: required("sigs.k8s.io/gateway-api/conformance"),
  };
}

/** One of cert-manager's programs; see the comments in their Go files. */
function certManager(name: string, purpose: string, buildSeconds: number): Program {
  return {
    name: `cert-manager-${name}`,
    purpose,
    tier: "test:real",
    sandboxOnly: true,
    directory: inModule("cert-manager"),
    package: `./${name}`,
    pin: required("github.com/cert-manager/cert-manager"),
    static: true,
    buildSeconds,
  };
}

/** One of the programs in the operator's repository. */
function prometheusOperator(name: string, command: string, purpose: string, buildSeconds: number): Program {
  return {
    name,
    purpose,
    tier: "test:real",
    sandboxOnly: true,
    directory: inModule("prometheus-operator"),
    package: `github.com/prometheus-operator/prometheus-operator/cmd/${command}`,
    pin: required("github.com/prometheus-operator/prometheus-operator"),
    static: true,
    buildSeconds,
  };
}

const IMAGES = programImages();

/** The programs that are built from Go modules, without their images. */
const MODULES: readonly Program[] = [
  {
    name: "pulumi",
    purpose: "runs the platform program",
    tier: "start",
    directory: inModule("pulumi"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    pin: required("github.com/pulumi/pulumi/pkg/v3"),
    variables: ({ version }) => ({
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}`,
    }),
    // Pulumi.yaml requires the same versions. The npm package `pulumi` lags behind the SDK and the CLI.
    installed: { args: ["version"], pattern: /^v(\S+)/m, range: () => ">=3.259.0 <4.0.0" },
    download: () => "npx pulumi version",
    buildSeconds: 220,
  },
  {
    name: "pulumi-language-nodejs",
    purpose: "lets a pulumi built from source run Node programs",
    tier: "start",
    directory: inModule("language-nodejs"),
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    pin: required("github.com/pulumi/pulumi/sdk/v3"),
    variables: ({ version }) => ({
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}`,
    }),
    buildSeconds: 15,
  },
  {
    name: "pulumi-resource-kubernetes",
    purpose: "Pulumi's Kubernetes provider, if the official one cannot be downloaded",
    tier: "start",
    directory: inModule("provider-kubernetes"),
    package: ".",
    pin: { file: "main.go", pattern: /provider\.Serve\("kubernetes", "([^"]+)"/ },
    prepare: prepareKubernetesProvider,
    download: ({ version }) => `npx pulumi plugin install resource kubernetes v${version}`,
    buildSeconds: 420,
  },
  {
    name: "etcd",
    purpose: "sandbox: the control plane's storage",
    tier: "start",
    sandboxOnly: true,
    directory: inModule("etcd"),
    package: "go.etcd.io/etcd/server/v3",
    pin: required("go.etcd.io/etcd/server/v3"),
    installed: { args: ["--version"], pattern: /^etcd Version: (\S+)/m, range: () => ">=3.6.0 <4" },
    buildSeconds: 20,
  },
  kubernetes("kube-apiserver", "sandbox: Kubernetes API", 200),
  kubernetes("kube-controller-manager", "sandbox: garbage collection, Deployments, namespaces", 60),
  kubernetes("kube-scheduler", "sandbox: binds pods to nodes", 10),
  {
    name: "traefik",
    purpose: "sandbox: serves Gateways",
    tier: "start",
    sandboxOnly: true,
    directory: inModule("traefik"),
    package: "github.com/traefik/traefik/v3/cmd/traefik",
    pin: required("github.com/traefik/traefik/v3"),
    variables: ({ version }) => ({ "github.com/traefik/traefik/v3/pkg/version.Version": version }),
    prepare: prepareTraefik,
    installed: { args: ["version"], pattern: /^Version:\s+(\S+)/m, range: sameMinor },
    buildSeconds: 280,
  },
  {
    name: "gatus",
    purpose: "sandbox: probes endpoints",
    tier: "start",
    sandboxOnly: true,
    directory: inModule("gatus"),
    package: "github.com/TwiN/gatus/v5",
    pin: required("github.com/TwiN/gatus/v5"),
    buildSeconds: 60,
  },
  flux("source-controller", "sandbox: Flux sources", 160),
  flux("kustomize-controller", "sandbox: Flux Kustomizations", 45),
  flux("helm-controller", "sandbox: Flux HelmReleases", 15),
  {
    name: "crane",
    purpose: "sandbox: OCI registry",
    tier: "start",
    sandboxOnly: true,
    directory: inModule("crane"),
    package: "github.com/google/go-containerregistry/cmd/crane",
    pin: required("github.com/google/go-containerregistry"),
    installed: { args: ["version"], pattern: /^v?(\d\S*)/m, range: () => ">=0.20.0 <1" },
    buildSeconds: 20,
  },
  {
    name: "kustomize",
    purpose: "tests: its build is compared with the offline build of a repository",
    tier: "test",
    directory: inModule("kustomize"),
    package: "sigs.k8s.io/kustomize/kustomize/v5",
    pin: required("sigs.k8s.io/kustomize/kustomize/v5"),
    installed: { args: ["version"], pattern: /^v?(\d\S*)/m, range: () => ">=5.6.0 <6" },
    buildSeconds: 30,
  },
  {
    name: "kubectl",
    purpose: "tests: reads the same kubeconfigs as the program's own client",
    tier: "test",
    // With the flags of the programs in the kubernetes module, so that what they share is compiled only once.
    static: true,
    sandboxOnly: true,
    directory: inModule("kubectl"),
    package: ".",
    // Kubernetes 1.x.y is version 0.x.y of this module.
    pin: required("k8s.io/kubectl"),
    buildSeconds: 20,
  },
  {
    name: "flux-build",
    purpose: "tests: its build is compared with the offline build of a Flux Kustomization",
    tier: "test",
    directory: inModule("flux-build"),
    package: ".",
    pin: required("github.com/fluxcd/pkg/kustomize"),
    buildSeconds: 70,
  },
  {
    name: "helm",
    purpose: "lint and migrate with --render: renders the charts of HelmReleases",
    tier: "test",
    directory: inModule("helm"),
    package: "helm.sh/helm/v4/cmd/helm",
    pin: required("helm.sh/helm/v4"),
    variables: ({ version }) => ({ "helm.sh/helm/v4/internal/version.version": `v${version}` }),
    installed: {
      args: ["version", "--template", "{{.Version}}"],
      pattern: /^v(\S+)/m,
      range: () => ">=3.18.0 <5",
    },
    buildSeconds: 80,
  },
  {
    name: "actionlint",
    purpose: "tests: checks the workflows that are committed and exported",
    tier: "test",
    directory: inModule("actionlint"),
    package: "github.com/rhysd/actionlint/cmd/actionlint",
    pin: required("github.com/rhysd/actionlint"),
    variables: ({ version }) => ({ "github.com/rhysd/actionlint.version": version }),
    installed: { args: ["-version"], pattern: /^v?(\d\S*)/m, range: () => ">=1.7.12 <2" },
    buildSeconds: 10,
  },
  conformance({
    name: "gateway-api-conformance",
    purpose: "npm run conformance: the Gateway API's conformance suite",
    package: "sigs.k8s.io/gateway-api/conformance",
    tests: true,
    buildSeconds: 60,
  }),
  conformance({
    name: "echo-basic",
    purpose: "npm run conformance: the server behind the suite's routes",
    package: "sigs.k8s.io/gateway-api/conformance/echo-basic",
    buildSeconds: 20,
  }),
  {
    name: "kube-score",
    purpose: "npm run bench:lint: the linter that `edgefirst lint` is compared with",
    tier: "test:real",
    directory: inModule("kube-score"),
    package: "github.com/zegl/kube-score/cmd/kube-score",
    pin: required("github.com/zegl/kube-score"),
    buildSeconds: 60,
  },
  {
    name: "task",
    purpose: "npm run test:real: runs the Taskfiles that `edgefirst migrate taskfile` has reduced",
    tier: "test:real",
    directory: inModule("task"),
    package: "github.com/go-task/task/v3/cmd/task",
    pin: required("github.com/go-task/task/v3"),
    installed: { args: ["--version"], pattern: /^(?:Task version: )?v?(\d\S*)/m, range: () => ">=3.45.0 <4" },
    buildSeconds: 100,
  },
  {
    name: "prometheus",
    purpose:
      "npm run test:real: answers a stack's queries; sandbox with --neighbours: reads the platform's rules",
    tier: "test:real",
    directory: inModule("prometheus"),
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    pin: required("github.com/prometheus/prometheus"),
    // Leaves out the clients for cloud providers, which only service discovery needs.
    tags: ["remove_all_sd", "enable_kubernetes_sd"],
    buildSeconds: 220,
  },
  {
    name: "amtool",
    purpose: "npm run test:real: checks the routes to Pushover that `edgefirst migrate pushover` writes",
    tier: "test:real",
    directory: inModule("amtool"),
    package: "github.com/prometheus/alertmanager/cmd/amtool",
    pin: required("github.com/prometheus/alertmanager"),
    variables: ({ version }) => ({ "github.com/prometheus/common/version.Version": version }),
    installed: { args: ["--version"], pattern: /^amtool, version (\d\S*)/m, range: () => ">=0.28.0 <1" },
    buildSeconds: 150,
  },
  {
    name: "network-policies",
    purpose: "npm run test:real: says which connections the platform's NetworkPolicies allow",
    tier: "test:real",
    static: true,
    sandboxOnly: true,
    directory: inModule("network-policies"),
    package: ".",
    pin: required("github.com/mattfenwick/cyclonus"),
    buildSeconds: 40,
  },
  {
    name: "openid-provider",
    purpose: "npm run test:real: the provider behind the login for Gatus",
    tier: "test:real",
    static: true,
    sandboxOnly: true,
    directory: inModule("openid-provider"),
    package: ".",
    pin: required("github.com/zitadel/oidc/v3"),
    buildSeconds: 20,
  },
  {
    name: "metrics-server",
    purpose: "sandbox with --neighbours: serves the aggregated API metrics.k8s.io",
    tier: "test:real",
    sandboxOnly: true,
    directory: inModule("metrics-server"),
    package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
    pin: required("sigs.k8s.io/metrics-server"),
    static: true,
    buildSeconds: 100,
  },
  certManager("controller", "sandbox with --neighbours: issues certificates for Gateways", 60),
  certManager("webhook", "sandbox with --neighbours: validates cert-manager's objects", 10),
  certManager("cainjector", "sandbox with --neighbours: writes certificates into webhook configurations", 10),
  prometheusOperator("prometheus-operator", "operator", "sandbox with --neighbours: runs Prometheus", 150),
  prometheusOperator(
    "prometheus-config-reloader",
    "prometheus-config-reloader",
    "sandbox with --neighbours: reloads Prometheus's configuration",
    5,
  ),
  {
    name: "alertmanager",
    purpose: "sandbox with --neighbours: receives alerts",
    tier: "test:real",
    sandboxOnly: true,
    // The operator's module requires the version that the operator installs by default.
    directory: inModule("prometheus-operator"),
    package: "github.com/prometheus/alertmanager/cmd/alertmanager",
    pin: required("github.com/prometheus/alertmanager"),
    static: true,
    buildSeconds: 50,
  },
  {
    name: "external-dns",
    purpose: "sandbox with --neighbours: follows the hosts of HTTPRoutes and Ingresses",
    tier: "test:real",
    sandboxOnly: true,
    // The module proxy does not serve the version of openshift/api that upstream requires, so go.mod replaces it with an older one.
    directory: inModule("external-dns"),
    package: ".",
    pin: required("sigs.k8s.io/external-dns"),
    variables: ({ version }) => ({ "sigs.k8s.io/external-dns/pkg/apis/externaldns.Version": `v${version}` }),
    static: true,
    buildSeconds: 200,
  },
];

/** Every program, in the order in which `edgefirst doctor` lists them. */
export const PROGRAMS: readonly Program[] = MODULES.map((program) => {
  const image = IMAGES.get(program.name);
  // Official images contain static executables, so the builds that replace them are static, too.
  return image === undefined ? program : { ...program, image, static: true };
});

/** The names of the programs in the given tiers, in the order of {@link PROGRAMS}. */
export function programsOf(...tiers: readonly Tier[]): readonly string[] {
  return PROGRAMS.filter(({ tier }) => tiers.includes(tier)).map(({ name }) => name);
}
