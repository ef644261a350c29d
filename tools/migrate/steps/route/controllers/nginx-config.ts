import { at, fields, type Fields } from "../../../../../policy/engine/read.ts";
import { lost, noEffect, refused, TRANSLATED, type Fate } from "./controller.ts";

/** Values of the chart from which it makes a ConfigMap of headers, and the setting with which the controller's ConfigMap names that. */
const HEADERS = { "add-headers": "addHeaders", "proxy-set-headers": "proxySetHeaders" };

/** The settings in a controller's ConfigMap, from the values of its chart. */
export function configOf(values: Fields): ReadonlyMap<string, string> {
  const headers = Object.entries(HEADERS).flatMap(([name, key]): readonly (readonly [string, unknown])[] => {
    const names = Object.keys(fields(at(values, ["controller", key])));
    return names.length === 0 ? [] : [[name, names.join(", ")]];
  });
  const entries = [...headers, ...Object.entries(fields(at(values, ["controller", "config"])))];
  return new Map(entries.filter(([, value]) => value !== null).map(([key, value]) => [key, String(value)]));
}

/**
 * Whether ingress-nginx redirects plain HTTP requests to an Ingress. An annotation takes precedence over the ConfigMap.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/tls/#server-side-https-enforcement-through-redirect
 */
export function redirects(
  annotations: ReadonlyMap<string, string>,
  usesTls: boolean,
  values: Fields,
): boolean {
  const config = configOf(values);
  const isOn = (name: string, byDefault: string): boolean =>
    (annotations.get(`nginx.ingress.kubernetes.io/${name}`) ?? config.get(name) ?? byDefault) === "true";
  return isOn("force-ssl-redirect", "false") || (usesTls && isOn("ssl-redirect", "true"));
}

/**
 * Settings that apply only to Ingresses without an annotation of the same name; what becomes of the annotation is decided for itself.
 * Source: https://github.com/kubernetes/ingress-nginx/blob/controller-v1.13.0/internal/ingress/defaults/main.go
 */
const DEFAULTS = new Set([
  ...["proxy-body-size", "whitelist-source-range", "denylist-source-range", "limit-rate", "limit-rate-after"],
  ...["proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout", "proxy-buffers-number"],
  ...["proxy-buffer-size", "proxy-busy-buffers-size", "proxy-cookie-path", "proxy-cookie-domain"],
  ...["proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries"],
  ...["proxy-redirect-from", "proxy-redirect-to", "proxy-request-buffering", "proxy-buffering"],
  ...["proxy-http-version", "proxy-max-temp-file-size", "preserve-trailing-slash", "use-port-in-redirects"],
  ...["disable-proxy-intercept-errors", "upstream-hash-by", "load-balance", "service-upstream"],
]);

/** The value with which an Ingress with these annotations overrides a setting of its controller; undefined if it does not. */
export function overriding(annotations: ReadonlyMap<string, string>, setting: string): string | undefined {
  const names = setting === "whitelist-source-range" ? [setting, "allowlist-source-range"] : [setting];
  if (!DEFAULTS.has(setting)) return undefined;
  return names
    .map((name) => (annotations.get(`nginx.ingress.kubernetes.io/${name}`) ?? "").trim())
    .find((value) => value !== "");
}

const protects = (what: string): Fate => refused(`it ${what} for every Ingress of the class`);
const OWN = noEffect("it concerns only the controller itself");
// It only permits headers for the annotation `custom-headers`, which is refused.
const PERMITS = noEffect("it has an effect only on Ingresses that set such headers, and they stay");

/**
 * Settings in the ConfigMap of ingress-nginx, which apply to every Ingress of its class.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/
 */
const SETTINGS: readonly (readonly [RegExp, Fate])[] = [
  [/^(?:force-)?ssl-redirect$/, TRANSLATED],
  [/^global-allowed-response-headers$/, PERMITS],
  [/^hsts/, protects("sends the header Strict-Transport-Security")],
  [/^(?:hide-headers|add-headers|proxy-hide-headers)$/, protects("removes or sets response headers")],
  [/^proxy-set-headers$/, protects("sets request headers")],
  [/^block-/, protects("blocks requests")],
  [/^(?:whitelist|denylist)-source-range$/, protects("allows only some addresses")],
  [/^(?:limit-|global-rate-limit)/, protects("limits requests")],
  [/^global-auth-/, protects("requires a login")],
  [/^(?:enable-modsecurity|enable-owasp-modsecurity-crs|modsecurity-)/, protects("filters requests")],
  [/^ssl-(?:session-|buffer-size$)/, lost("it tunes TLS sessions")],
  [/^ssl-/, protects("restricts TLS")],
  [/-snippet$/, protects("runs a snippet of nginx configuration")],
  [
    /^(?:proxy-body-size|large-client-header-buffers|client-header-buffer-size|http2-max-.*)$/,
    protects("limits the size of requests"),
  ],
  [/^client-(?:header|body)-timeout$/, protects("limits how slowly a client may send a request")],
  [
    /^(?:use-forwarded-headers|forwarded-for-|compute-full-forwarded-for|proxy-real-ip-|enable-real-ip|use-proxy-protocol|proxy-protocol-)/,
    protects("decides which client address apps see"),
  ],
  [
    /^(?:custom-http-errors|no-auth-locations|no-tls-redirect-locations)$/,
    protects("answers some requests itself"),
  ],
  [
    /^(?:proxy-|client-body-buffer-size$|grpc-buffer-size-kb$|service-upstream$|upstream-|keep-alive|load-balance$|retry-non-idempotent$)/,
    lost("it tunes nginx's own proxy"),
  ],
  [
    /^(?:use-gzip|gzip-|enable-brotli|brotli-|use-http2|use-http3|enable-ocsp|custom-|http-redirect-code|default-type$|relative-redirects$)/,
    lost("it tunes nginx's own responses"),
  ],
  [
    /^(?:enable-underscores-in-headers|ignore-invalid-headers)$/,
    lost("it decides which request headers apps see"),
  ],
  [
    /log|^(?:worker-|max-worker-|reuse-port$|bind-address|nginx-status|main-|use-geoip|geoip2-|enable-aio-write$|enable-serial-reloads$|lua-shared-dicts$|disable-ipv6-dns$|server-name-hash|map-hash|variables-hash|server-tokens$|generate-request-id$|enable-opentelemetry|opentelemetry-|otlp-|otel-|jaeger-|zipkin-|datadog-|disable-ipv6$|enable-multi-accept$|debug-connections$|annotations?-|allow-|strict-validate|skip-)/,
    OWN,
  ],
];

/** What becomes of a setting in the ConfigMap. An unknown one is refused: it may be a protection. */
export function configFate(name: string, value: string): Fate {
  if (value === "false" || value === "" || (name === "proxy-body-size" && /^0[kmg]?$/i.test(value)))
    return noEffect("it is off");
  const [, fate] = SETTINGS.find(([pattern]) => pattern.test(name)) ?? [];
  return fate ?? protects("may enforce something, and this step does not know what");
}
