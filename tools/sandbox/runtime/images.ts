import { join } from "node:path";
import { type RealPod } from "./pod-spec.ts";

/** The local replacement of an image. */
export interface Image {
  /** A program of the toolchain; if absent, `node` runs {@link script}. */
  readonly program?: string;
  /** A program of this project. */
  readonly script?: string;
  /** A program of this machine. */
  readonly file?: string;
  /** Path of the program in the image, and of the replacement in the container. */
  readonly path: string;
  readonly entrypoint: readonly string[];
  /** Arguments if the pod has none. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How the replacement differs from the image. */
  readonly difference?: string;
}

/** The toolchain's programs in the pods of the platform. Resolve them before a stack is brought up, because a Deployment does not wait for a build. */
export const PLATFORM_PROGRAMS = ["traefik", "gatus"] as const;

/** Path of `node` in containers that run a script. */
export const NODE_PATH = "/usr/local/bin/node";

const flux = (name: string): Image => ({
  program: name,
  path: `/usr/local/bin/${name}`,
  entrypoint: [name],
});

/** By repository. Paths, entry points and variables come from the images' Dockerfiles. */
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
    difference: "edgefirst's whoami, with the same information in another format",
  },
};

/** From now on, this installed program replaces the image of gatus-sidecar. */
export function useGatusSidecar(file: string): void {
  const path = "/gatus-sidecar";
  IMAGES["ghcr.io/home-operations/gatus-sidecar"] = {
    ...{ file, path, entrypoint: [path] },
    difference: "the installed gatus-sidecar, of any version",
  };
}

/** The local replacement of a container image, for any tag. */
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

/** Whether a pod can run for real: at least one of its main containers has a local replacement. The others are simulated. */
export function canRun({ spec }: RealPod): boolean {
  return spec.hostNetwork !== true && spec.containers.some(({ image }) => imageOf(image) !== undefined);
}
