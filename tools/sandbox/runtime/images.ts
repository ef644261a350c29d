import { join } from "node:path";
import { type RealContainer, type RealPod } from "./pod-spec.ts";

/** The local replacement for an image. */
export interface Image {
  /** A toolchain program; if absent, `node` runs {@link script}. */
  readonly program?: string;
  /** The path of a script in this project. */
  readonly script?: string;
  /** The path of a program on this machine. */
  readonly file?: string;
  /** The path of the program in the image, which is also the path of the replacement in the container. */
  readonly path: string;
  /** Empty if only containers with a command can run. */
  readonly entrypoint: readonly string[];
  /** Default arguments, if the pod declares none. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How the replacement differs from the image. */
  readonly difference?: string;
}

/**
 * The toolchain programs that the platform's pods run. Resolve them before bringing up a stack, because a Deployment does not wait for a
 * build.
 */
export const PLATFORM_PROGRAMS = ["traefik", "gatus"] as const;

/** The path of `node` in containers that run a script. */
export const NODE_PATH = "/usr/local/bin/node";

const flux = (name: string): Image => programAt(name, `/usr/local/bin/${name}`, name);

/** An image that starts a toolchain program. */
function programAt(program: string, path: string, entrypoint = path): Image {
  return { program, path, entrypoint: [entrypoint] };
}

function certManager(name: string): Image {
  return {
    ...programAt(`cert-manager-${name}`, `/app/cmd/${name}/${name}`),
    ...(name === "controller" && {
      difference: "edgefirst's build, without the ACME, Vault and Venafi issuers",
    }),
  };
}

/** Keyed by repository. Paths, entry points and variables come from the images' Dockerfiles. */
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
  "registry.k8s.io/metrics-server/metrics-server": programAt("metrics-server", "/metrics-server"),
  "quay.io/jetstack/cert-manager-controller": certManager("controller"),
  "quay.io/jetstack/cert-manager-webhook": certManager("webhook"),
  "quay.io/jetstack/cert-manager-cainjector": certManager("cainjector"),
  "quay.io/prometheus-operator/prometheus-operator": programAt("prometheus-operator", "/bin/operator"),
  "quay.io/prometheus-operator/prometheus-config-reloader": programAt(
    "prometheus-config-reloader",
    "/bin/prometheus-config-reloader",
  ),
  "quay.io/prometheus/prometheus": programAt("prometheus", "/bin/prometheus"),
  "quay.io/prometheus/alertmanager": programAt("alertmanager", "/bin/alertmanager"),
  "registry.k8s.io/external-dns/external-dns": {
    ...programAt("external-dns", "/ko-app/external-dns"),
    difference: "edgefirst's build, which keeps its records in memory, without upstream's DNS providers",
  },
  "registry.k8s.io/gateway-api/echo-basic": {
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
    script: join(import.meta.dirname, "whoami.mjs"),
    path: "/whoami.mjs",
    entrypoint: [NODE_PATH, "/whoami.mjs"],
    difference: "edgefirst's whoami, with the same information in another format",
  },
};

/** Makes an installed program the replacement for the gatus-sidecar image. */
export function useGatusSidecar(file: string): void {
  const path = "/gatus-sidecar";
  IMAGES["ghcr.io/home-operations/gatus-sidecar"] = {
    ...{ file, path, entrypoint: [path] },
    difference: "the installed gatus-sidecar, whatever its version",
  };
}

/** Makes the machine's Python the replacement for k8s-sidecar's image, whose containers with a command run a Python script. */
export function usePython(file: string): void {
  IMAGES["ghcr.io/kiwigrid/k8s-sidecar"] = {
    ...{ file, path: "/usr/local/bin/python", entrypoint: [] },
    difference: "the machine's Python",
  };
}

/** The local replacement for a container's image; undefined if the container is simulated. */
export function replacementFor({
  image,
  command,
}: Pick<RealContainer, "image" | "command">): Image | undefined {
  const found = imageOf(image);
  return found?.entrypoint.length === 0 && command === undefined ? undefined : found;
}

/** The local replacement for an image, whatever its tag. */
export function imageOf(reference: string): Image | undefined {
  return IMAGES[repositoryOf(reference)];
}

/** The repository in an image reference, with the registry that Docker would add: `traefik:v3` is `docker.io/library/traefik`. */
export function repositoryOf(reference: string): string {
  const [name = ""] = reference.split("@");
  const repository = name.replace(/:[^:/]+$/, "");
  const parts = repository.split("/");
  const first = parts[0] ?? "";
  if (parts.length > 1 && (/[.:]/.test(first) || first === "localhost")) return repository;
  return parts.length === 1 ? `docker.io/library/${repository}` : `docker.io/${repository}`;
}

/** The tag in an image reference, without a leading `v`. */
export function tagOf(reference: string): string | undefined {
  return /:v?([^:/]+)$/.exec(reference.split("@")[0] ?? "")?.[1];
}

/** Whether a pod can run as processes, which takes a local replacement for at least one main container. Containers without one are simulated. */
export function canRun({ spec }: RealPod): boolean {
  return (
    spec.hostNetwork !== true && spec.containers.some((container) => replacementFor(container) !== undefined)
  );
}
