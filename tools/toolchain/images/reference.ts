import { EdgefirstError } from "../../../lib/errors.ts";

/** The API endpoint for a repository in a registry. */
export interface Endpoint {
  /** `https://host`, or `http://host` if the registry is on this machine. */
  readonly url: string;
  readonly repository: string;
  /** Tag or digest. */
  readonly version: string;
}

const MIRROR = "EDGEFIRST_REGISTRY_MIRROR";

/** Registries whose API is on a different host from the one in their images' names. */
const API_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

/**
 * Where to pull an image: from its registry, or from a mirror. EDGEFIRST_REGISTRY_MIRROR has entries separated by commas:
 * `ghcr.io=mirror.example.com/ghcr` for one registry, `mirror.example.com/proxy` for all others, with the registry's name in the path
 * (`mirror.example.com/proxy/ghcr.io/…`).
 * @throws EdgefirstError if the mirror has no host
 */
export function endpointOf(reference: string, digest: string | undefined, env: NodeJS.ProcessEnv): Endpoint {
  const [, registry = "", repository = "", tag = "latest"] =
    /^([^/]+)\/([^:@]+)(?::([^@]+))?(?:@.*)?$/.exec(reference) ?? [];
  if (registry === "") throw new Error(`${reference} does not name a registry`);
  const version = digest ?? tag;
  const mirror = mirrorOf(registry, env[MIRROR]);
  if (mirror === undefined) return { url: urlOf(API_HOSTS[registry] ?? registry), repository, version };
  const [host = "", ...prefix] = mirror.split("/");
  if (!/^[\w.-]+(:\d+)?$/.test(host)) {
    throw new EdgefirstError(
      `${MIRROR} names no host: ${mirror}`,
      `Use a form such as mirror.example.com/proxy or ghcr.io=mirror.example.com/ghcr.`,
    );
  }
  return { url: urlOf(host), repository: [...prefix, repository].join("/"), version };
}

function mirrorOf(registry: string, setting = ""): string | undefined {
  const entries = setting.split(",").map((entry) => entry.trim().split("="));
  const own = entries.find(([name, target]) => target !== undefined && name === registry)?.[1];
  if (own !== undefined) return own;
  const general = entries.find(([name = "", target]) => target === undefined && name !== "")?.[0];
  return general && `${general}/${registry}`;
}

/** The URL of a registry; plain HTTP is used only for registries on this machine. */
function urlOf(host: string): string {
  const isLocal = /^(127\.\d+\.\d+\.\d+|localhost)(:\d+)?$/.test(host);
  return `${isLocal ? "http" : "https"}://${host}`;
}
