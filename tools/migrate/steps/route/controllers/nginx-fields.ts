import type { PathStep } from "../../../../gitops/yaml/values.ts";

const cookie = (field: string): readonly PathStep[] => ["sticky", "cookie", field];
const cors = (field: string): readonly PathStep[] => ["headers", field];

/**
 * Where an annotation that is translated ends up: its field in the spec of the Middleware, or in the Service of the TraefikService. Those that are not here
 * turn the whole thing on.
 */
export const TRANSLATED_FIELDS: Readonly<Record<string, readonly PathStep[]>> = {
  "auth-secret": ["basicAuth", "secret"],
  "auth-realm": ["basicAuth", "realm"],
  "whitelist-source-range": ["ipAllowList", "sourceRange"],
  "allowlist-source-range": ["ipAllowList", "sourceRange"],
  "denylist-source-range": ["ipAllowList", "sourceRange"],
  "proxy-body-size": ["buffering", "maxRequestBodyBytes"],
  "limit-rps": ["rateLimit", "average"],
  "limit-rpm": ["rateLimit", "average"],
  "limit-burst-multiplier": ["rateLimit", "burst"],
  "limit-connections": ["inFlightReq", "amount"],
  "app-root": ["redirectRegex", "replacement"],
  "cors-allow-origin": cors("accessControlAllowOriginList"),
  "cors-allow-methods": cors("accessControlAllowMethods"),
  "cors-allow-headers": cors("accessControlAllowHeaders"),
  "cors-allow-credentials": cors("accessControlAllowCredentials"),
  "cors-expose-headers": cors("accessControlExposeHeaders"),
  "cors-max-age": cors("accessControlMaxAge"),
  "backend-protocol": ["scheme"],
  "proxy-ssl-verify": ["serversTransport"],
  "session-cookie-name": cookie("name"),
  "session-cookie-path": cookie("path"),
  "session-cookie-domain": cookie("domain"),
  "session-cookie-secure": cookie("secure"),
  "session-cookie-samesite": cookie("sameSite"),
  "session-cookie-max-age": cookie("maxAge"),
  "session-cookie-expires": cookie("maxAge"),
};
