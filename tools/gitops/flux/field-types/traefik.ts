import { strings, TEXT_MAP, TEXTS, type Fields, type FieldType } from "./notation.ts";

/** Fields of any scalar type. */
const plain = (...names: readonly string[]): FieldType => ({ fields: strings(...names) });

const withFields = (more: Fields, ...names: readonly string[]): FieldType => ({
  fields: { ...strings(...names), ...more },
});

const lists = (...names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, TEXTS]));

const MIDDLEWARES: FieldType = { list: plain("name", "namespace") };
const IP_STRATEGY: FieldType = withFields(lists("excludedIPs"), "depth", "ipv6Subnet");
const SOURCE: FieldType = withFields({ ipStrategy: IP_STRATEGY }, "requestHeaderName", "requestHost");

const DISTINGUISHED_NAME = [
  ...["commonName", "country", "domainComponent", "locality", "organization", "province", "serialNumber"],
];

const SERVICE: FieldType = withFields(
  {
    healthCheck: withFields(
      { headers: TEXT_MAP },
      ...["followRedirects", "hostname", "interval", "method", "mode", "path", "port", "scheme", "status"],
      ...["timeout", "unhealthyInterval"],
    ),
    middlewares: MIDDLEWARES,
    passiveHealthCheck: plain("failureWindow", "maxFailedAttempts"),
    responseForwarding: plain("flushInterval"),
    sticky: withFields({
      cookie: plain("domain", "httpOnly", "maxAge", "name", "path", "sameSite", "secure"),
    }),
  },
  ...["kind", "name", "namespace", "nativeLB", "nodePortLB", "passHostHeader", "port", "scheme"],
  ...["serversTransport", "strategy", "weight"],
);

/** The fields of the Middlewares that let only some requests pass. */
const ADMITTING: Fields = {
  basicAuth: plain("headerField", "realm", "removeHeader", "secret"),
  digestAuth: plain("headerField", "realm", "removeHeader", "secret"),
  forwardAuth: withFields(
    {
      ...lists("addAuthCookiesToResponse", "authRequestHeaders", "authResponseHeaders"),
      tls: plain("caOptional", "caSecret", "certSecret", "insecureSkipVerify"),
    },
    ...["address", "authResponseHeadersRegex", "authSigninURL", "forwardBody", "headerField", "maxBodySize"],
    ...["maxResponseBodySize", "preserveLocationHeader", "preserveRequestMethod", "trustForwardHeader"],
  ),
  inFlightReq: withFields({ sourceCriterion: SOURCE }, "amount"),
  ipAllowList: withFields({ ...lists("sourceRange"), ipStrategy: IP_STRATEGY }, "rejectStatusCode"),
  ipWhiteList: withFields({ ...lists("sourceRange"), ipStrategy: IP_STRATEGY }),
  rateLimit: withFields(
    {
      redis: withFields(
        { ...lists("endpoints"), tls: plain("caSecret", "certSecret", "insecureSkipVerify") },
        ...["db", "dialTimeout", "maxActiveConns", "minIdleConns", "poolSize", "readTimeout", "secret"],
        "writeTimeout",
      ),
      sourceCriterion: SOURCE,
    },
    ...["average", "burst", "period"],
  ),
};

/** All fields of a Middleware's `spec`. Source: traefik.io_middlewares.yaml in github.com/traefik/traefik v3.7. */
export const MIDDLEWARE: FieldType = {
  fields: {
    ...ADMITTING,
    addPrefix: plain("prefix"),
    buffering: plain(
      ...["maxRequestBodyBytes", "maxResponseBodyBytes", "memRequestBodyBytes", "memResponseBodyBytes"],
      "retryExpression",
    ),
    chain: withFields({ middlewares: MIDDLEWARES }),
    circuitBreaker: plain(
      ...["checkPeriod", "expression", "fallbackDuration", "recoveryDuration", "responseCode"],
    ),
    compress: withFields(
      lists("encodings", "excludedContentTypes", "includedContentTypes"),
      ...["defaultEncoding", "minResponseBodyBytes"],
    ),
    contentType: plain("autoDetect"),
    encodedCharacters: plain(
      ...["BackSlash", "Hash", "NullCharacter", "Percent", "QuestionMark", "Semicolon", "Slash"].map(
        (name) => `allowEncoded${name}`,
      ),
    ),
    errors: withFields(
      { ...lists("errorRequestHeaders", "status"), service: SERVICE, statusRewrites: TEXT_MAP },
      "query",
    ),
    grpcWeb: withFields(lists("allowOrigins")),
    headers: withFields(
      {
        ...lists("accessControlAllowHeaders", "accessControlAllowMethods", "accessControlAllowOriginList"),
        ...lists("accessControlAllowOriginListRegex", "accessControlExposeHeaders", "allowedHosts"),
        ...lists("hostsProxyHeaders"),
        customRequestHeaders: TEXT_MAP,
        customResponseHeaders: TEXT_MAP,
        sslProxyHeaders: TEXT_MAP,
      },
      ...["accessControlAllowCredentials", "accessControlMaxAge", "addVaryHeader", "browserXssFilter"],
      ...["contentSecurityPolicy", "contentSecurityPolicyReportOnly", "contentTypeNosniff"],
      ...["customBrowserXSSValue", "customFrameOptionsValue", "featurePolicy", "forceSTSHeader"],
      ...["frameDeny", "isDevelopment", "permissionsPolicy", "publicKey", "referrerPolicy", "sslForceHost"],
      ...["sslHost", "sslRedirect", "sslTemporaryRedirect", "stsIncludeSubdomains", "stsPreload"],
      "stsSeconds",
    ),
    passTLSClientCert: withFields(
      {
        info: withFields(
          {
            issuer: plain(...DISTINGUISHED_NAME),
            subject: plain(...DISTINGUISHED_NAME, "organizationalUnit"),
          },
          ...["notAfter", "notBefore", "sans", "serialNumber"],
        ),
      },
      "pem",
    ),
    // A plugin has any fields.
    plugin: TEXT_MAP,
    redirectRegex: plain("permanent", "regex", "replacement"),
    redirectScheme: plain("permanent", "port", "scheme"),
    replacePath: plain("path"),
    replacePathRegex: plain("regex", "replacement"),
    retry: withFields(
      lists("status"),
      ...["attempts", "disableRetryOnNetworkError", "initialInterval", "maxRequestBodyBytes"],
      ...["retryNonIdempotentMethod", "timeout"],
    ),
    stripPrefix: withFields(lists("prefixes"), "forceSlash"),
    stripPrefixRegex: withFields(lists("regex")),
  },
};
