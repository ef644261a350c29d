import { named } from "../../../../../lib/counted.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { Moving, Parents } from "../gateway/parents.ts";
import { readerOf } from "./classes.ts";

/** Annotations of programs that are no Ingress controllers: start pages, deployment tools, DNS servers and the like. */
const NOT_CONTROLLERS =
  /^(?:[^/]*\.)?(?:gethomepage\.dev|hajimari\.io|homer\.service|stakater\.com|argoproj\.io|cattle\.io|backstage\.io|emberstack\.com|kyverno\.io|kubectl\.kubernetes\.io|app\.kubernetes\.io|prometheus\.io|grafana\.com|coredns\.io|gatus\.io|bigboot\.dev)\//;

/** What is in the name of an annotation that decides who reaches an app. */
const MAY_PROTECT =
  /auth(?!or)|login|sso|oidc|jwt|access|allow|deny|permit|block|white|black|polic|plugin|filter|cidr|source-range|limit|snippet|secur|firewall|middleware|cert|(?:^|[^a-z])(?:acl|waf|rate|mtls)/;

/**
 * Annotations that may protect the app and that no one is known to read from a route: those of a controller that this step does not know, and those whose
 * names depend on variables.
 */
export function whyUnknown(
  { reading, cluster }: Pick<Moving, "reading" | "cluster">,
  gateway: Pick<Parents["gateway"], "namespace" | "name" | "provides">,
): readonly string[] {
  const { ingressClass = "", annotations } = reading;
  const open = annotations.unknown.filter((name) => name.includes("${"));
  const owned = annotations.unknown.filter(
    (name) =>
      !open.includes(name) &&
      MAY_PROTECT.test(name.toLowerCase()) &&
      !NOT_CONTROLLERS.test(name.toLowerCase()) &&
      !gateway.provides.includes(`annotation ${name}`),
  );
  const reasons =
    open.length === 0
      ? []
      : [
          `a variable that this repository does not define is in the name of ${named(open, "annotation")}, which may protect the app: write the name out`,
        ];
  if (owned.length === 0 || readerOf(reading, cluster) !== undefined) return reasons;
  const listed = owned.map((name) => `"annotation ${name}"`).join(", ");
  return [
    ...reasons,
    `this step does not know the controller of class ${ingressClass}, which may protect the app by ${named(owned, "annotation")}: if it does not, or Gateway ${gateway.namespace}/${gateway.name} does the same, list ${listed} in route.gateways.${ingressClass}.provides in ${OPTIONS_FILE}`,
  ];
}
