import { DNS_SUBDOMAIN } from "../../../../../lib/dns-names.ts";
import { backendProtocol, stickyCookie } from "./nginx-backends.ts";
import { cors } from "./nginx-cors.ts";
import { denyList } from "./nginx-deny-list.ts";
import type { WrittenPath } from "./nginx-rewrites.ts";
import { sizeOf } from "./nginx-sizes.ts";
import { setting, type Annotations, type Translate, type Translation } from "./nginx-translation.ts";

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[0-9a-fA-F:]*:[0-9a-fA-F:]*(?:\/\d{1,3})?)$/;

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#whitelist-source-range */
function allowList(of: Annotations): Translation | undefined {
  const name = ["whitelist-source-range", "allowlist-source-range"].find((one) => of(one) !== undefined);
  const sourceRange = (of(name ?? "") ?? "").split(",").map((range) => range.trim());
  if (name === undefined || of("satisfy") !== undefined || !sourceRange.every((range) => ADDRESS.test(range)))
    return undefined;
  return { names: [name], middleware: { suffix: "allow-list", spec: { ipAllowList: { sourceRange } } } };
}

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#authentication */
function login(of: Annotations): Translation | undefined {
  const [secret = "", realm] = [of("auth-secret"), of("auth-realm")];
  const isFile = (of("auth-secret-type") ?? "auth-file") === "auth-file";
  if (of("auth-type") !== "basic" || !/^[a-z0-9.-]+$/.test(secret) || !isFile) return undefined;
  // `satisfy: any` lets an address in without a login; an external login is a second one.
  if (of("satisfy") !== undefined || of("auth-url") !== undefined) return undefined;
  return {
    names: ["auth-type", "auth-secret", "auth-realm", "auth-secret-type"],
    middleware: {
      suffix: "login",
      spec: { basicAuth: { secret, ...(realm === undefined ? {} : { realm }) } },
    },
    losses: setting(
      `Traefik reads passwords in Secret ${secret} only if they are hashed with bcrypt, MD5 or SHA1, and no other key is in the Secret; it rejects every other login`,
    ),
  };
}

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-max-body-size */
function bodySize(of: Annotations): Translation | undefined {
  const maxRequestBodyBytes = sizeOf(of("proxy-body-size") ?? "");
  if (maxRequestBodyBytes === undefined || maxRequestBodyBytes === 0) return undefined;
  return {
    names: ["proxy-body-size"],
    middleware: { suffix: "body-size", spec: { buffering: { maxRequestBodyBytes } } },
    losses: setting(
      "to limit the size of requests, Traefik also buffers responses, so an app that streams them stops working",
    ),
  };
}

const OVER_LIMIT = "a request over the limit gets the status 429, not 503";

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#rate-limiting */
function rateLimit(of: Annotations): Translation | undefined {
  const [name, ...others] = ["limit-rps", "limit-rpm"].filter((one) => of(one) !== undefined);
  const average = count(of(name ?? ""));
  const factor = count(of("limit-burst-multiplier") ?? "5");
  const isLimitedFor = of("limit-whitelist") === undefined && of("limit-allowlist") === undefined;
  if (name === undefined || others.length > 0 || average === 0 || factor === 0 || !isLimitedFor)
    return undefined;
  const period = name === "limit-rps" ? "1s" : "1m";
  return {
    names: [name, "limit-burst-multiplier"],
    middleware: {
      suffix: "rate-limit",
      spec: {
        rateLimit: {
          average,
          period,
          burst: average * factor,
          sourceCriterion: { ipStrategy: { depth: 0 } },
        },
      },
    },
    losses: setting(OVER_LIMIT),
  };
}

/** The same section. */
function connections(of: Annotations): Translation | undefined {
  const amount = count(of("limit-connections"));
  if (amount === 0 || of("limit-whitelist") !== undefined || of("limit-allowlist") !== undefined)
    return undefined;
  return {
    names: ["limit-connections"],
    middleware: {
      suffix: "connections",
      spec: { inFlightReq: { amount, sourceCriterion: { ipStrategy: { depth: 0 } } } },
    },
    losses: setting(OVER_LIMIT),
  };
}

const count = (value: string | undefined): number => (/^\d{1,9}$/.test(value ?? "") ? Number(value) : 0);

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-nginx-upstream-vhost */
function upstreamHost(of: Annotations): Translation | undefined {
  const hostname = of("upstream-vhost") ?? "";
  if (!DNS_SUBDOMAIN.test(hostname)) return undefined;
  return { names: ["upstream-vhost"], filter: { type: "URLRewrite", urlRewrite: { hostname } } };
}

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#permanent-redirect */
function redirect(of: Annotations): Translation | undefined {
  const kinds = ["permanent", "temporal"].filter((one) => of(`${one}-redirect`) !== undefined);
  const [kind] = kinds;
  const target = /^(https?):\/\/([a-z0-9][-a-z0-9.]*[a-z0-9])(?::(\d+))?(\/[-A-Za-z0-9._~/]*)?$/.exec(
    of(`${kind}-redirect`) ?? "",
  );
  const statusCode = Number(of(`${kind}-redirect-code`) ?? (kind === "permanent" ? "301" : "302"));
  if (kinds.length !== 1 || !target || ![301, 302].includes(statusCode)) return undefined;
  const [, scheme = "", hostname = "", port, path = "/"] = target;
  return {
    names: [`${kind}-redirect`, `${kind}-redirect-code`],
    filter: {
      type: "RequestRedirect",
      requestRedirect: {
        scheme,
        hostname,
        ...(port === undefined ? {} : { port: Number(port) }),
        path: { type: "ReplaceFullPath", replaceFullPath: path },
        statusCode,
      },
    },
    losses: setting("the redirect keeps the query of the request, which ingress-nginx drops"),
  };
}

/**
 * https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#rewrite. It redirects requests to `/` on the whole
 * host, so the Ingress must have that path.
 */
function appRoot(of: Annotations, paths: readonly WrittenPath[]): Translation | undefined {
  const root = of("app-root") ?? "";
  const hosts = [...Map.groupBy(paths, ({ host }) => host).values()];
  const hasRoot = hosts.length > 0 && hosts.every((own) => own.some(({ path }) => path === "/"));
  // Flux substitutes only `${…}`, so `$1` reaches Traefik.
  if (!/^\/[-A-Za-z0-9._~/?=&#:@]+$/.test(root) || !hasRoot) return undefined;
  const redirectRegex = { regex: String.raw`^(https?://[^/]+)/(?:\?.*)?$`, replacement: `$1${root}` };
  return {
    names: ["app-root"],
    middleware: { suffix: "app-root", spec: { redirectRegex } },
    losses: setting(
      "a request for / with another method than GET gets the status 307, which keeps the method, not 302",
    ),
  };
}

/** Source: buildProxyPass in internal/ingress/controller/template/template.go */
function forwardedPrefix(of: Annotations): Translation | undefined {
  if (of("rewrite-target") !== undefined) return undefined;
  return { names: ["x-forwarded-prefix"], withoutEffect: "ingress-nginx ignores it without rewrite-target" };
}

/**
 * In the order in which a request passes them: ingress-nginx redirects `/` and answers preflight requests before it asks for a login or
 * compares addresses. Later fields of a backend replace earlier ones.
 */
const TRANSLATIONS: readonly Translate[] = [
  appRoot,
  cors,
  denyList,
  allowList,
  connections,
  rateLimit,
  login,
  bodySize,
  upstreamHost,
  redirect,
  forwardedPrefix,
  stickyCookie,
  backendProtocol,
];

/** What the annotations of an Ingress for ingress-nginx become; an annotation in none of them has no equivalent that is as safe. */
export function translationsOf(of: Annotations, paths: readonly WrittenPath[]): readonly Translation[] {
  const found = TRANSLATIONS.flatMap((translate) => translate(of, paths) ?? []);
  // A snippet could change any of them, and a global login adds to them.
  const isOpaque = ["configuration-snippet", "server-snippet", "auth-snippet"].some(
    (one) => of(one) !== undefined,
  );
  return isOpaque
    ? []
    : found
        .map((one) => ({ ...one, names: one.names.filter((name) => of(name) !== undefined) }))
        .filter(({ names }) => names.length > 0);
}
