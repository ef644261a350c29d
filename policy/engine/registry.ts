import type { Rule } from "./rule.ts";
import { claimStrategy } from "../rules/claim-strategy.ts";
import { chartDigestLabel } from "../rules/chart-digest-label.ts";
import { chartSource } from "../rules/chart-source.ts";
import { containerSecurity } from "../rules/container-security.ts";
import { gatewayListeners } from "../rules/gateway-listeners.ts";
import { gatusEndpoints } from "../rules/gatus-endpoints.ts";
import { helmreleaseProbes } from "../rules/helmrelease-probes.ts";
import { imagePinned } from "../rules/image-pinned.ts";
import { kustomizationSecrets } from "../rules/kustomization-secrets.ts";
import { kustomizationSource } from "../rules/kustomization-source.ts";
import { leastPrivilege } from "../rules/least-privilege.ts";
import { noIngressLeft } from "../rules/no-ingress-left.ts";
import { pruneGuard } from "../rules/prune-guard.ts";
import { remoteBuildFetch } from "../rules/remote-build-fetch.ts";
import { resources } from "../rules/resources.ts";
import { rolloutOrder } from "../rules/rollout-order.ts";
import { routeAttachment } from "../rules/route-attachment.ts";
import { routeConflicts } from "../rules/route-conflicts.ts";
import { routeFilters } from "../rules/route-filters.ts";
import { routeMonitoring } from "../rules/route-monitoring.ts";
import { secretInClear } from "../rules/secret-in-clear.ts";
import { serviceSelector } from "../rules/service-selector.ts";
import { substitution } from "../rules/substitution.ts";
import { workloadProbes } from "../rules/workload-probes.ts";

/** Every rule, in the order of `docs/reference/policies.md`. */
export const RULES: readonly Rule[] = [
  workloadProbes,
  helmreleaseProbes,
  routeMonitoring,
  gatusEndpoints,
  gatewayListeners,
  routeAttachment,
  routeFilters,
  routeConflicts,
  serviceSelector,
  chartSource,
  chartDigestLabel,
  kustomizationSecrets,
  kustomizationSource,
  pruneGuard,
  substitution,
  remoteBuildFetch,
  imagePinned,
  secretInClear,
  claimStrategy,
  containerSecurity,
  resources,
  leastPrivilege,
  rolloutOrder,
  noIngressLeft,
];
