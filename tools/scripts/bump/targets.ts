/** Something with one version that several files pin. */
export interface BumpTarget {
  /** The Go modules to change: the paths of Go modules, keyed by the folder in tools/toolchain that requires them. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** Where release.yaml names the version: an image, or the Gateway API's bundle. */
  readonly release?: readonly ["images", string] | readonly ["gatewayApi", "version"];
  /** Images in toolchain.yaml with the same version. */
  readonly images?: readonly string[];
  /** Arguments of npm that prove that the new version works, in addition to the tests of the pins. */
  readonly proof: readonly (readonly string[])[];
}

const file = (...paths: readonly string[]): readonly string[] => ["run", "test:file", "--", ...paths];
const sandbox = file("test/tools/sandbox/lifecycle.test.ts");
const conformance = ["run", "conformance"];

/** What `npm run bump` can change, by name. Pulumi is not among them: its SDK is an npm package, so Renovate changes it together with the CLI. */
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
