import type { CaseTable } from "./case-table.ts";
import { both, deployment, gateway, ingress, ingresses, ingressRoute, release, TARGET } from "./objects.ts";

const IN = { [TARGET]: "in.example.com" };
const TLS = { tls: ["web.example.com", "tls.example.com"] };
const FORCED = ["--default-targets=fixed.example.com", "--force-default-targets"];
const TEMPLATE = "--fqdn-template={{.Name}}.{{.Namespace}}.example.com";

/** Without its chart, which has templates of its own in arguments. */
const deployed = (...args: readonly string[]): object => deployment(["--source=ingress", ...args]);

/** Which of its names and targets external-dns writes. */
export const WRITTEN: CaseTable = {
  "without the rules": [ingresses("--ignore-ingress-rules-spec"), gateway(), ingress()],
  "without the rules, and routes": [both("--ignore-ingress-rules-spec"), gateway(), ingress()],
  "without the rules, but tls": [
    ingresses("--ignore-ingress-rules-spec"),
    gateway(),
    ingress({ tls: ["web.example.com"] }),
  ],
  "a host only in tls": [both(), gateway(), ingress(TLS)],
  "a host only in tls, and Ingresses only": [ingresses(), gateway(), ingress(TLS)],
  "a host only in tls, which is ignored": [ingresses("--ignore-ingress-tls-spec"), gateway(), ingress(TLS)],
  "a wildcard in tls": [both(), gateway(), ingress({ tls: ["*.example.com"] })],
  "a wildcard in tls, and Ingresses only": [ingresses(), gateway(), ingress({ tls: ["*.example.com"] })],
  "a template for names": [deployed(TEMPLATE, "--source=gateway-httproute"), gateway(), ingress()],
  "a template in addition": [
    deployed(TEMPLATE, "--source=gateway-httproute", "--combine-fqdn-annotation"),
    gateway(),
    ingress(),
  ],
  "a template in addition, and Ingresses only": [
    deployed(TEMPLATE, "--combine-fqdn-annotation"),
    gateway(),
    ingress(),
  ],
  "a template for IngressRoutes": [
    deployment(["--source=traefik-proxy", TEMPLATE, "--combine-fqdn-annotation"]),
    gateway(),
    ingressRoute(IN),
  ],
  "the same targets for all": [both(...FORCED), gateway(), ingress({ annotations: IN })],
  "the same targets for all, and Ingresses only": [ingresses(...FORCED), gateway(), ingress()],
  "the same targets for all, whatever the Gateway's": [
    both(...FORCED),
    gateway({ annotations: IN }),
    ingress(),
  ],
  "targets for those without": [both("--default-targets=fixed.example.com"), gateway(), ingress()],
  "targets for those without, and a target": [
    both("--default-targets=fixed.example.com"),
    gateway(),
    ingress({ annotations: IN }),
  ],
  "targets for IngressRoutes without": [
    release({
      sources: ["traefik-proxy", "gateway-httproute"],
      extraArgs: ["--default-targets=fixed.example.com"],
    }),
    gateway(),
    ingressRoute(),
  ],
};
