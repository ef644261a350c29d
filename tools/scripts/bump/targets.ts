/** Something with one version that several files pin. */
export interface BumpTarget {
  /** The Go modules to change: the paths of Go modules, keyed by the folder in tools/toolchain that requires them. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** Where release.yaml names the version: an image, or the Gateway API's bundle. */
  readonly release?: readonly ["images", string] | readonly ["gatewayApi", "version"];
  /** Images in toolchain.yaml with the same version. */
  readonly images?: readonly string[];
  /** An npm package in package.json with the same version. */
  readonly package?: string;
  /** Files that name this version of the npm package in their text. */
  readonly mentions?: readonly string[];
  /** Arguments of npm that prove that the new version works, in addition to the tests of the pins. */
  readonly proof: readonly (readonly string[])[];
}

/** What to change, and where. */
export interface BumpArgs {
  readonly target: BumpTarget;
  /** Without a leading `v`. */
  readonly version: string;
  /** The root of the project. */
  readonly root: string;
  /** Resolves the digest of an image, such as `docker.io/library/traefik:v3.7.13`. */
  readonly digest: (image: string) => Promise<string>;
  readonly env: NodeJS.ProcessEnv;
}

const file = (...paths: readonly string[]): readonly string[] => ["run", "test:file", "--", ...paths];
const sandbox = file("test/tools/sandbox/lifecycle.test.ts");
const conformance = ["run", "conformance"];

/** What `npm run bump` can change, by name. */
export const TARGETS: Readonly<Record<string, BumpTarget>> = {
  traefik: {
    modules: { traefik: ["github.com/traefik/traefik/v3"] },
    release: ["images", "traefik"],
    proof: [file("test/components/traefik/*.test.ts", "test/engine/shared-routes.long.ts"), conformance],
  },
  "gateway-api": {
    modules: {
      "gateway-api": ["sigs.k8s.io/gateway-api"],
      "gateway-api-conformance": ["sigs.k8s.io/gateway-api", "sigs.k8s.io/gateway-api/conformance"],
    },
    release: ["gatewayApi", "version"],
    proof: [file("test/components/gateway-api/*.test.ts", "test/engine/shared-routes.long.ts"), conformance],
  },
  gatus: {
    modules: { gatus: ["github.com/TwiN/gatus/v5"] },
    release: ["images", "gatus"],
    proof: [file("test/components/gatus/*.test.ts")],
  },
  "gatus-sidecar": {
    modules: {},
    release: ["images", "gatusSidecar"],
    proof: [file("test/components/gatus/*.test.ts")],
  },
  "k8s-sidecar": {
    modules: {},
    release: ["images", "k8sSidecar"],
    proof: [file("test/components/gatus/*.test.ts")],
  },
  kubernetes: {
    modules: {
      kubernetes: ["k8s.io/kubernetes"],
      kubectl: ["k8s.io/kubectl", "k8s.io/client-go", "k8s.io/component-base"],
    },
    images: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"],
    proof: [sandbox],
  },
  etcd: { modules: { etcd: ["go.etcd.io/etcd/server/v3"] }, images: ["etcd"], proof: [sandbox] },
  ...Object.fromEntries(
    ["source-controller", "kustomize-controller", "helm-controller"].map((name) => [
      name,
      {
        modules: { flux: [`github.com/fluxcd/${name}`, `github.com/fluxcd/${name}/api`] },
        images: [name],
        proof: [file("test/tools/sandbox/flux-definitions.test.ts", "test/flux/*.test.ts")],
      },
    ]),
  ),
  // The SDK and the CLI that is built from source. The language host and npm's package `pulumi` have versions of their own (renovate.json).
  pulumi: {
    modules: { pulumi: ["github.com/pulumi/pulumi/pkg/v3", "github.com/pulumi/pulumi/sdk/v3"] },
    package: "@pulumi/pulumi",
    mentions: ["tools/cli/commands/export.ts", "docs/guides/operations.md"],
    proof: [file("test/lib/l*.test.ts", "test/engine/lifecycle.test.ts", "test/engine/failures.test.ts")],
  },
  crane: {
    modules: { crane: ["github.com/google/go-containerregistry"] },
    images: ["crane"],
    proof: [file("test/tools/sandbox/registry.test.ts", "test/tools/toolchain/images.test.ts")],
  },
  kustomize: {
    modules: { kustomize: ["sigs.k8s.io/kustomize/kustomize/v5"] },
    images: ["kustomize"],
    proof: [file("test/tools/gitops/kustomize*.test.ts")],
  },
};
