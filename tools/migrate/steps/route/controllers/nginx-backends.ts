import type { Mapping } from "../../../../gitops/yaml/values.ts";
import type { WrittenPath } from "./nginx-rewrites.ts";
import { setting, type Annotations, type Translation } from "./nginx-translation.ts";

/** Anything else about TLS to the app is a certificate, or a check of one, that the route would need too. */
const VERIFIES = ["ciphers", "name", "protocols", "secret", "server-name", "verify-depth"];

/**
 * By default, ingress-nginx accepts any certificate of the app, speaks HTTP/1.1 to it and names no server (`proxy-ssl-verify` and
 * `proxy-ssl-server-name` are off), and so does Traefik with this transport.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#backend-protocol and
 * #backend-certificate-authentication there; `scheme` and `serversTransport` in
 * https://doc.traefik.io/traefik/v3.7/reference/routing-configuration/kubernetes/crd/http/serverstransport/
 */
const PROTOCOLS: Readonly<Record<string, { readonly scheme: string; readonly transport?: Mapping }>> = {
  HTTPS: { scheme: "https", transport: { insecureSkipVerify: true, disableHTTP2: true } },
  GRPC: { scheme: "h2c" },
  GRPCS: { scheme: "https", transport: { insecureSkipVerify: true } },
};

/** A route's own backend has no scheme, and verifies certificates. */
export function backendProtocol(of: Annotations): Translation | undefined {
  const name = (of("backend-protocol") ?? "").toUpperCase();
  const protocol = PROTOCOLS[name];
  const isVerified =
    (of("proxy-ssl-verify") ?? "off") !== "off" ||
    VERIFIES.some((one) => of(`proxy-ssl-${one}`) !== undefined);
  if (protocol === undefined || isVerified || of("secure-verify-ca-secret") !== undefined) return undefined;
  const { scheme, transport } = protocol;
  return {
    names: ["backend-protocol", "proxy-ssl-verify"],
    backend: { suffix: name.toLowerCase(), fields: { scheme }, ...(transport && { transport }) },
  };
}

const SAME_SITE = ["None", "Lax", "Strict"];

/**
 * https://kubernetes.github.io/ingress-nginx/examples/affinity/cookie/; attributes of the cookie as in
 * rootfs/etc/nginx/lua/balancer/sticky.lua.
 */
export function stickyCookie(of: Annotations, paths: readonly WrittenPath[]): Translation | undefined {
  const cookie = cookieOf(of, paths);
  const isKnown =
    of("affinity") === "cookie" &&
    ["balanced", "persistent"].includes(of("affinity-mode") ?? "balanced") &&
    (of("session-cookie-change-on-failure") ?? "false") === "false" &&
    (of("session-cookie-conditional-samesite-none") ?? "false") === "false";
  // Canaries are other Ingresses with the same session.
  if (!isKnown || cookie === undefined || of("affinity-canary-behavior") !== undefined) return undefined;
  const insecure =
    cookie.secure === true ? "" : ", and the new cookie does not have the attribute Secure over HTTPS";
  return {
    names: ["affinity", "affinity-mode", ...COOKIE.map((one) => `session-cookie-${one}`)],
    backend: { suffix: "sticky", fields: { scheme: "http", sticky: { cookie } } },
    losses: setting(
      `every client may get another pod once, because the value of its cookie changes${insecure}`,
    ),
  };
}

const COOKIE = [
  ...["change-on-failure", "conditional-samesite-none", "domain", "expires"],
  ...["max-age", "name", "path", "samesite", "secure"],
];

/** The cookie in Traefik's form; undefined if an attribute is not valid. */
function cookieOf(of: Annotations, paths: readonly WrittenPath[]): Mapping | undefined {
  const own = (name: string): string | undefined => of(`session-cookie-${name}`);
  const distinct = new Set(paths.map(({ path }) => path));
  const [only = "/"] = distinct;
  const path = own("path") ?? (distinct.size === 1 ? only : "/");
  const domain = own("domain");
  const sameSite = own("samesite");
  const maxAge = own("max-age") ?? own("expires");
  const name = own("name") ?? "INGRESSCOOKIE";
  const isValid =
    /^[A-Za-z0-9_-]+$/.test(name) &&
    /^\/[-A-Za-z0-9_.~/]*$/.test(path) &&
    /^[1-9]\d{0,8}$/.test(maxAge ?? "1") &&
    /^[a-z0-9.-]+$/.test(domain ?? "-") &&
    ["true", "false"].includes(own("secure") ?? "false") &&
    SAME_SITE.includes(sameSite ?? "Lax");
  if (!isValid) return undefined;
  return {
    name,
    httpOnly: true,
    path,
    ...(own("secure") === "true" ? { secure: true } : {}),
    ...(domain === undefined ? {} : { domain }),
    ...(sameSite === undefined ? {} : { sameSite: sameSite.toLowerCase() }),
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
  };
}
