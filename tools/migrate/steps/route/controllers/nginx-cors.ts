import { commaList } from "../../../../../lib/comma-list.ts";
import { setting, type Annotations, type Translation } from "./nginx-translation.ts";

const OTHERS = [
  ...["origin", "methods", "headers", "credentials"].map((name) => `cors-allow-${name}`),
  "cors-expose-headers",
  "cors-max-age",
];

/** Source: the defaults in internal/ingress/annotations/cors/main.go. */
const DEFAULTS = {
  methods: "GET, PUT, POST, DELETE, PATCH, OPTIONS",
  headers:
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
  maxAge: "1728000",
};

const ORIGIN = /^[a-z]+:\/\/(\*\.)?[a-z0-9.-]+(?::\d+)?$/;
const NAME = /^[A-Za-z0-9_-]+$/;

const DIFFERENCE =
  "a preflight request gets the status 200, not 204, and an OPTIONS request that is none reaches the app";

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#enable-cors */
export function cors(of: Annotations): Translation | undefined {
  const origins = commaList((of("cors-allow-origin") ?? "*").toLowerCase());
  const methods = commaList(of("cors-allow-methods") ?? DEFAULTS.methods);
  const headers = commaList(of("cors-allow-headers") ?? DEFAULTS.headers);
  const exposed = commaList(of("cors-expose-headers") ?? "");
  const maxAge = of("cors-max-age") ?? DEFAULTS.maxAge;
  const isAny = origins.includes("*");
  const isKnown =
    (isAny || (origins.length > 0 && origins.every((origin) => ORIGIN.test(origin)))) &&
    [...methods, ...headers, ...exposed].every((name) => NAME.test(name)) &&
    /^\d{1,9}$/.test(maxAge);
  if ((of("enable-cors") ?? "false") === "false")
    return { names: OTHERS, withoutEffect: "ingress-nginx ignores it without enable-cors" };
  if (of("enable-cors") !== "true" || !isKnown) return undefined;
  // A browser sends no credentials to a server that allows every origin as `*`; with credentials, Traefik would name the origin instead.
  const withCredentials = !isAny && (of("cors-allow-credentials") ?? "true") === "true";
  return {
    names: ["enable-cors", ...OTHERS],
    middleware: {
      suffix: "cors",
      spec: {
        headers: {
          ...(isAny ? { accessControlAllowOriginList: ["*"] } : originLists(origins)),
          ...(withCredentials
            ? {
                accessControlAllowCredentials: true,
                // Traefik allows credentials for every origin, so an origin that only the app allows must not be named.
                customResponseHeaders: { "Access-Control-Allow-Origin": "" },
              }
            : {}),
          accessControlAllowMethods: methods,
          accessControlAllowHeaders: headers,
          ...(exposed.length > 0 ? { accessControlExposeHeaders: exposed } : {}),
          accessControlMaxAge: Number(maxAge),
        },
      },
    },
    losses: setting(
      withCredentials ? `${DIFFERENCE}; origins that only the app allows are no longer allowed` : DIFFERENCE,
    ),
  };
}

/** A wildcard stands for one label. */
function originLists(origins: readonly string[]): Readonly<Record<string, string[]>> {
  const exact = origins.filter((origin) => !origin.includes("*"));
  const patterns = origins
    .filter((origin) => origin.includes("*"))
    .map((origin) => `^${origin.replaceAll(".", String.raw`\.`).replace("*", "[a-z0-9-]+")}$`);
  return {
    ...(exact.length > 0 ? { accessControlAllowOriginList: exact } : {}),
    ...(patterns.length > 0 ? { accessControlAllowOriginListRegex: patterns } : {}),
  };
}
