import { lost, noEffect, refused, unknownTo, type Controller, type Fate } from "./controller.ts";

const isOff = (value: string): boolean => value === "false";
const OFF = noEffect("it is off");

/** For annotations that block requests or decide who may send them. */
const protects = (what: string): Fate =>
  refused(
    `it ${what}; write a route with a policy that does the same (in Traefik, a Middleware), then remove the Ingress`,
  );

/** An on/off annotation that protects the app when it is on. */
const guards =
  (what: string) =>
  (value: string): Fate =>
    isOff(value) ? OFF : protects(what);

/** An annotation that limits requests, unless its value is 0. */
const limits =
  (what: string) =>
  (value: string): Fate =>
    /^0[kmg]?$/i.test(value) ? noEffect("0 means no limit, and a route has none") : protects(what);

const tunes = (): Fate => lost("it tunes nginx's own proxy");

/** For annotations that change the request that an app receives or the response that a client gets. */
const rewrites =
  (what: string) =>
  (value: string): Fate =>
    isOff(value) ? OFF : refused(`it ${what}: use a filter on the route instead`);

/** For annotations that change an app's responses. `off` and `default` are nginx's own settings. */
const rewritesAnswers =
  (what: string) =>
  (value: string): Fate =>
    value === "off" || value === "default" ? OFF : refused(`it rewrites ${what} in the app's responses`);

/**
 * Annotations for ingress-nginx, unless nginx-translations.ts finds an equivalent.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
const ANNOTATIONS: readonly (readonly [RegExp, (value: string) => Fate])[] = [
  [/^auth-tls-/, () => protects("requires client certificates")],
  [
    /^auth-(?:url|signin|method|request-redirect|response-headers|always-set-cookie|cache-|keepalive|proxy-set-headers)/,
    () =>
      refused(
        "it asks another server for a login, which judges the header X-Original-URL: Traefik's forwardAuth takes that header from the client, and other Gateways do not set it either; write a route with a login at the server's endpoint for your Gateway, then remove the Ingress",
      ),
  ],
  [/^auth-/, () => protects("requires a login")],
  [
    /^enable-global-auth$/,
    (value) =>
      isOff(value)
        ? noEffect("it turns off the login of its class, and a route has no such login")
        : noEffect("it only states the default"),
  ],
  [/^satisfy$/, () => protects("combines a login with an allow list")],
  [/^(?:whitelist|allowlist)-source-range$/, () => protects("allows only some addresses")],
  [/^denylist-source-range$/, () => protects("denies some addresses")],
  [/^limit-/, limits("limits the rate of requests")],
  [/^global-rate-limit/, () => protects("limits the rate of requests")],
  [/^proxy-body-size$/, limits("limits the size of requests")],
  [/^(?:enable-modsecurity|enable-owasp-core-rules)$/, guards("filters requests with ModSecurity")],
  [/^modsecurity-/, () => protects("filters requests with ModSecurity")],
  [/-snippet$/, () => protects("runs a snippet of nginx configuration, which may protect the app")],
  [/^(?:enable-cors)$/, guards("sets CORS headers")],
  [/^cors-/, () => protects("sets CORS headers")],
  [
    /^custom-headers$/,
    () =>
      protects(
        "sets response headers from a ConfigMap, if the controller's global-allowed-response-headers permits",
      ),
  ],
  [/^(?:force-)?ssl-redirect$/, (value) => (isOff(value) ? OFF : { fate: "redirect" })],
  [/^preserve-trailing-slash$/, tunes],
  [/^ssl-passthrough$/, (value) => (isOff(value) ? OFF : refused("it passes TLS through to the app"))],
  [/^ssl-/, () => protects("restricts TLS")],
  [
    /^proxy-ssl-verify$/,
    (value) =>
      value === "off" ? OFF : refused("it verifies the app's certificate: write a BackendTLSPolicy"),
  ],
  [/^proxy-ssl-/, () => refused("it uses TLS to the app: write a BackendTLSPolicy")],
  [/^secure-verify-ca-secret$/, () => refused("it verifies the app's certificate: write a BackendTLSPolicy")],
  [/^(?:affinity|session-cookie-)/, () => refused("a route has no such sticky sessions")],
  [
    /^upstream-hash-by/,
    () => refused("it chooses the pod by a value of the request, which a route cannot do"),
  ],
  [
    /^backend-protocol$/,
    (value) =>
      value.toUpperCase() === "HTTP"
        ? noEffect("it only states the default")
        : refused("set the port's appProtocol, or write a BackendTLSPolicy"),
  ],
  [
    /^use-regex$/,
    (value) => (isOff(value) ? OFF : refused("its paths are case-insensitive regular expressions")),
  ],
  [/^rewrite-target$/, rewrites("rewrites paths")],
  [/^x-forwarded-prefix$/, rewrites("sets a request header")],
  [/^upstream-vhost$/, rewrites("sets the Host header")],
  [/^app-root$/, rewrites("redirects /")],
  [/^(?:permanent|temporal)-redirect/, rewrites("redirects requests")],
  [
    /^from-to-www-redirect$/,
    (value) =>
      isOff(value)
        ? OFF
        : refused(
            "it redirects another host, from or to www: write a route for that host that redirects, with its own record and certificate",
          ),
  ],
  [
    /^canary/,
    () =>
      refused(
        "it sends some requests of another Ingress elsewhere: write one route for both, with weights or a match",
      ),
  ],
  [/^mirror-/, () => refused("it mirrors requests: use a RequestMirror filter")],
  [/^server-alias$/, () => refused("it adds hosts: add them to the route's hostnames")],
  [/^(?:default-backend|custom-http-errors)$/, () => refused("it serves error pages from another Service")],
  [/^proxy-(?:connect|send|read)-timeout$/, tunes],
  [/^proxy-next-upstream/, tunes],
  [/^proxy-(?:buffer|buffers|buffering|request-buffering|busy-buffers|http-version|max-temp)/, tunes],
  [/^proxy-cookie-/, rewritesAnswers("cookies")],
  [/^proxy-redirect-/, rewritesAnswers("redirects")],
  [/^client-body-buffer-size$/, tunes],
  [/^(?:enable-access-log|enable-rewrite-log|enable-opentelemetry|opentelemetry-)/, tunes],
  [/^(?:service-upstream|load-balance|connection-proxy-header)$/, tunes],
  [/^http2-push-preload$/, tunes],
  [/^(?:relative-redirects|use-port-in-redirects|disable-proxy-intercept-errors)$/, tunes],
  [/^fastcgi-/, () => refused("its app speaks FastCGI, for which a route has no protocol")],
];

/** ingress-nginx. */
export const nginx: Controller = {
  name: "ingress-nginx",
  classController: "k8s.io/ingress-nginx",
  prefix: "nginx.ingress.kubernetes.io/",
  fateOf: (name, value) => {
    const [, fateOf] = ANNOTATIONS.find(([pattern]) => pattern.test(name)) ?? [];
    return fateOf?.(value) ?? unknownTo("ingress-nginx");
  },
  // For the path /api, the type Prefix becomes the locations `/api/` and `= /api`; any other type becomes the location `/api`.
  // Source: https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
  matchesCharacters: (pathType) => pathType === "ImplementationSpecific",
};
