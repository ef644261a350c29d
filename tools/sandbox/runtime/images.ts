import { join } from "node:path";
import { type RealPod } from "./pod-spec.ts";

/** What runs in place of an image. */
export interface Image {
  /** A program of the toolchain; absent: `node` runs {@link script}. */
  readonly program?: string;
  /** A program of this project. */
  readonly script?: string;
  /** A program of this machine. */
  readonly file?: string;
  /** Where the image has the program; the local one is put there. */
  readonly path: string;
  readonly entrypoint: readonly string[];
  /** Arguments where the pod gives none. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is not as in the image. */
  readonly difference?: string;
}

/** Where `node` is put for scripts. */
export const NODE_PATH = "/usr/local/bin/node";

const flux = (name: string): Image => ({
  program: name,
  path: `/usr/local/bin/${name}`,
  entrypoint: [name],
});

/** By repository. Paths, entry points and variables are those of the images' own Dockerfiles. */
const IMAGES: Record<string, Image> = {
  "docker.io/library/traefik": {
    program: "traefik",
    path: "/usr/local/bin/traefik",
    entrypoint: ["traefik"],
  },
  "ghcr.io/twin/gatus": {
    program: "gatus",
    path: "/gatus",
    entrypoint: ["/gatus"],
    env: { GATUS_CONFIG_PATH: "", GATUS_LOG_LEVEL: "INFO", PORT: "8080" },
  },
  "ghcr.io/fluxcd/source-controller": flux("source-controller"),
  "ghcr.io/fluxcd/kustomize-controller": flux("kustomize-controller"),
  "ghcr.io/fluxcd/helm-controller": flux("helm-controller"),
  "gcr.io/k8s-staging-gateway-api/echo-basic": {
    program: "echo-basic",
    path: "/echo-basic",
    entrypoint: ["/echo-basic"],
  },
  "edgefirst.dev/gateway-api-conformance": {
    program: "gateway-api-conformance",
    path: "/gateway-api-conformance",
    entrypoint: ["/gateway-api-conformance"],
  },
  "docker.io/traefik/whoami": {
    script: join(import.meta.dirname, "whoami.mts"),
    path: "/whoami.mts",
    entrypoint: [NODE_PATH, "/whoami.mts"],
    difference: "edgefirst's own whoami, which tells the same in another form",
  },
};

/** From now on, this program of the machine runs in place of gatus-sidecar's image. */
export function giveGatusSidecar(file: string): void {
  const path = "/gatus-sidecar";
  IMAGES["ghcr.io/home-operations/gatus-sidecar"] = {
    ...{ file, path, entrypoint: [path] },
    difference: "the gatus-sidecar of this machine, whatever its version",
  };
}

/** What runs in place of a container image, whatever its tag; undefined if there is nothing. */
export function imageOf(reference: string): Image | undefined {
  return IMAGES[repositoryOf(reference)];
}

/** A reference's repository with its registry, as Docker completes it: `traefik:v3` is `docker.io/library/traefik`. */
export function repositoryOf(reference: string): string {
  const [name = ""] = reference.split("@");
  const repository = name.replace(/:[^:/]+$/, "");
  const parts = repository.split("/");
  const first = parts[0] ?? "";
  if (parts.length > 1 && (/[.:]/.test(first) || first === "localhost")) return repository;
  return parts.length === 1 ? `docker.io/library/${repository}` : `docker.io/${repository}`;
}

/** The tag of a reference, without a leading `v`. */
export function tagOf(reference: string): string | undefined {
  return /:v?([^:/]+)$/.exec(reference.split("@")[0] ?? "")?.[1];
}

/** Whether a pod can run: one of the containers that go on for as long as it has a local program. The others are simulated, visibly. */
export function canRun({ spec }: RealPod): boolean {
  return spec.hostNetwork !== true && spec.containers.some(({ image }) => imageOf(image) !== undefined);
}
