import { join } from "node:path";
import type { SemVer } from "semver";
import { type Preparation, prepareKubernetesProvider } from "./provider-schema.ts";

/** An upstream program that is pinned by a Go module of this directory. */
export interface Program {
  /** Name of the binary. */
  readonly name: string;
  /** What edgefirst needs it for. */
  readonly purpose: string;
  /** Directory of the Go module that pins it. */
  readonly directory: string;
  /** Go package to build, relative to the module. */
  readonly package: string;
  /** Build the package's tests, as a program that runs them. */
  readonly tests?: true;
  /** Where the module says which version it pins; the first group is the version. */
  readonly pin: { readonly file: string; readonly pattern: RegExp };
  /** Value of go's `-mod`; `mod` lets go complete a go.mod that is not tidy, in a copy. */
  readonly mod: "readonly" | "mod";
  /** Variables that the linker sets, so that the program knows its own version. */
  readonly variables: (version: SemVer) => Readonly<Record<string, string>>;
  /** Puts generated files beside the module's own before the build. */
  readonly prepare?: (preparation: Preparation) => Promise<void>;
  /** How a program on PATH tells its version, and which ones fit. Absent where it cannot tell: then PATH is not searched. */
  readonly installed?: {
    readonly args: readonly string[];
    /** Over standard output; the first group is the version. */
    readonly pattern: RegExp;
    /** Semver range. */
    readonly range: (pinned: SemVer) => string;
  };
  /** The command that downloads the official program, where there is one. */
  readonly download?: (version: SemVer) => string;
  /** Seconds that a build took on 2 cores with a cold cache. */
  readonly buildSeconds: number;
}

/** The program of that name. */
export function programNamed(name: string, programs: readonly Program[]): Program {
  const program = programs.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`there is no program ${name} in the toolchain`);
  return program;
}

/** The environment variable that names a program's path, such as `EDGEFIRST_KUBE_APISERVER`. */
export function environmentVariable(program: string): string {
  return `EDGEFIRST_${program.toUpperCase().replaceAll("-", "_")}`;
}

const inModule = (folder: string): string => join(import.meta.dirname, folder);

/** The version that go.mod requires of a module. */
function required(module: string): Program["pin"] {
  const escaped = module.replace(/[.\\/]/g, "\\$&");
  return { file: "go.mod", pattern: new RegExp(`^(?:require)?\\s*${escaped} v(\\S+)`, "m") };
}

const sameMinor = ({ major, minor }: SemVer): string => `${major}.${minor}.x`;

function kubernetes(name: string, purpose: string, buildSeconds: number): Program {
  return {
    name,
    purpose,
    directory: inModule("kubernetes"),
    package: `k8s.io/kubernetes/cmd/${name}`,
    pin: required("k8s.io/kubernetes"),
    mod: "readonly",
    // Without them /version serves no version, and clients that compare versions fail.
    variables: ({ version, major, minor }) => ({
      "k8s.io/component-base/version.gitVersion": `v${version}`,
      "k8s.io/component-base/version.gitMajor": String(major),
      "k8s.io/component-base/version.gitMinor": String(minor),
    }),
    installed: { args: ["--version"], pattern: /^Kubernetes v(\S+)/m, range: sameMinor },
    buildSeconds,
  };
}

function flux(name: string, mod: Program["mod"], purpose: string, buildSeconds: number): Program {
  return {
    name,
    purpose,
    directory: inModule(`flux-${name}`),
    package: `github.com/fluxcd/${name}`,
    pin: required(`github.com/fluxcd/${name}`),
    mod,
    variables: () => ({}),
    buildSeconds,
  };
}

function conformance(own: Pick<Program, "name" | "purpose" | "package" | "tests" | "buildSeconds">): Program {
  return {
    ...own,
    directory: inModule("gateway-api-conformance"),
    pin: required("sigs.k8s.io/gateway-api"),
    mod: "readonly",
    variables: () => ({}),
  };
}

/** Every program, in the order in which `edgefirst doctor` lists them. */
export const PROGRAMS: readonly Program[] = [
  {
    name: "pulumi",
    purpose: "runs the platform program",
    directory: inModule("pulumi"),
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    pin: required("github.com/pulumi/pulumi/pkg/v3"),
    mod: "readonly",
    variables: ({ version }) => ({
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}`,
    }),
    installed: { args: ["version"], pattern: /^v(\S+)/m, range: ({ version }) => `^${version}` },
    download: () => "npx pulumi version",
    buildSeconds: 220,
  },
  {
    name: "pulumi-language-nodejs",
    purpose: "lets a pulumi that was built here run Node programs",
    directory: inModule("language-nodejs"),
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    pin: required("github.com/pulumi/pulumi/sdk/v3"),
    mod: "readonly",
    variables: ({ version }) => ({
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${version}`,
    }),
    buildSeconds: 15,
  },
  {
    name: "pulumi-resource-kubernetes",
    purpose: "Pulumi's Kubernetes provider, where the official one cannot be fetched",
    directory: inModule("provider-kubernetes"),
    package: ".",
    pin: { file: "main.go", pattern: /provider\.Serve\("kubernetes", "([^"]+)"/ },
    mod: "readonly",
    variables: () => ({}),
    prepare: prepareKubernetesProvider,
    download: ({ version }) => `npx pulumi plugin install resource kubernetes v${version}`,
    buildSeconds: 420,
  },
  {
    name: "etcd",
    purpose: "sandbox: storage of a control plane",
    directory: inModule("etcd"),
    package: "go.etcd.io/etcd/server/v3",
    pin: required("go.etcd.io/etcd/server/v3"),
    mod: "readonly",
    variables: () => ({}),
    installed: { args: ["--version"], pattern: /^etcd Version: (\S+)/m, range: () => ">=3.6.0 <4" },
    buildSeconds: 20,
  },
  kubernetes("kube-apiserver", "sandbox: Kubernetes API", 200),
  kubernetes("kube-controller-manager", "sandbox: garbage collection, Deployments, namespaces", 60),
  kubernetes("kube-scheduler", "sandbox: binds pods to nodes", 10),
  {
    name: "traefik",
    purpose: "sandbox: serves the Gateways",
    directory: inModule("traefik"),
    package: "github.com/traefik/traefik/v3/cmd/traefik",
    pin: required("github.com/traefik/traefik/v3"),
    mod: "readonly",
    variables: ({ version }) => ({ "github.com/traefik/traefik/v3/pkg/version.Version": version }),
    installed: { args: ["version"], pattern: /^Version:\s+(\S+)/m, range: sameMinor },
    buildSeconds: 280,
  },
  {
    name: "gatus",
    purpose: "sandbox: checks the endpoints",
    directory: inModule("gatus"),
    package: "github.com/TwiN/gatus/v5",
    pin: required("github.com/TwiN/gatus/v5"),
    mod: "readonly",
    variables: () => ({}),
    buildSeconds: 60,
  },
  flux("source-controller", "mod", "sandbox: Flux sources", 160),
  flux("kustomize-controller", "readonly", "sandbox: Flux Kustomizations", 140),
  flux("helm-controller", "readonly", "sandbox: Flux HelmReleases", 90),
  {
    name: "crane",
    purpose: "sandbox: OCI registry",
    directory: inModule("crane"),
    package: "github.com/google/go-containerregistry/cmd/crane",
    pin: required("github.com/google/go-containerregistry"),
    mod: "readonly",
    variables: () => ({}),
    installed: { args: ["version"], pattern: /^v?(\d\S*)/m, range: () => ">=0.20.0 <1" },
    buildSeconds: 20,
  },
  {
    name: "kustomize",
    purpose: "tests: what the offline build of a repository is compared with",
    directory: inModule("kustomize"),
    package: "sigs.k8s.io/kustomize/kustomize/v5",
    pin: required("sigs.k8s.io/kustomize/kustomize/v5"),
    mod: "readonly",
    variables: () => ({}),
    installed: { args: ["version"], pattern: /^v?(\d\S*)/m, range: () => ">=5.6.0 <6" },
    buildSeconds: 30,
  },
  {
    name: "flux-build",
    purpose: "tests: what the offline build of a Flux Kustomization is compared with",
    directory: inModule("flux-build"),
    package: ".",
    pin: required("github.com/fluxcd/pkg/kustomize"),
    mod: "readonly",
    variables: () => ({}),
    buildSeconds: 70,
  },
  conformance({
    name: "gateway-api-conformance",
    purpose: "npm run conformance: the Gateway API's own tests",
    package: "sigs.k8s.io/gateway-api/conformance",
    tests: true,
    buildSeconds: 60,
  }),
  conformance({
    name: "echo-basic",
    purpose: "npm run conformance: the server behind the tests' routes",
    package: "sigs.k8s.io/gateway-api/conformance/echo-basic",
    buildSeconds: 20,
  }),
];
