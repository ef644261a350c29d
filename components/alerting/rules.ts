/** An alerting rule in a PrometheusRule. */
export interface AlertRule {
  readonly alert: string;
  /** PromQL. */
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: "warning" | "critical" };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** A named rule group. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertRule[];
}

/** The platform's alerting rules. */
export function alertRules(): RuleGroup[] {
  return [
    { name: "edgefirst.gatus", rules: GATUS_RULES },
    { name: "edgefirst.claims", rules: CLAIM_RULES },
    { name: "edgefirst.flux", rules: FLUX_RULES },
  ];
}

/** Metric and labels as in Gatus's `metrics/metrics.go`, with `metrics: true` in the configuration. */
const GATUS_RULES: readonly AlertRule[] = [
  {
    alert: "GatusEndpointDown",
    expr: "max by (namespace, key, group, name) (gatus_results_endpoint_success) == 0",
    for: "5m",
    labels: { severity: "critical" },
    annotations: {
      summary: "Endpoint {{ $labels.group }}/{{ $labels.name }} is down.",
      description: "All checks of {{ $labels.key }} have failed for 5 minutes.",
    },
  },
  {
    // Gatus serves nothing while it rejects its configuration, so no endpoint would be reported as down.
    alert: "GatusAbsent",
    expr: "absent(gatus_results_endpoint_success)",
    for: "15m",
    labels: { severity: "critical" },
    annotations: {
      summary: "Gatus reports no results.",
      description:
        "Prometheus has received no endpoint results for 15 minutes, so an endpoint that is down would go unnoticed.",
    },
  },
];

/** All claims except the caches of VolSync, which may be full. */
const CLAIMS = 'persistentvolumeclaim!~"volsync-.*-cache"';
/** `max`, because a claim may be mounted on several nodes. */
const FILL_RATIO = `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{${CLAIMS}} / kubelet_volume_stats_capacity_bytes)`;

const CLAIM_RULES: readonly AlertRule[] = [
  claimOver(80, "warning"),
  claimOver(90, "critical"),
  {
    alert: "ClaimFullWithinADay",
    expr: `min by (namespace, persistentvolumeclaim) (predict_linear(kubelet_volume_stats_available_bytes{${CLAIMS}}[6h], 24 * 3600)) < 0`,
    for: "1h",
    labels: { severity: "warning" },
    annotations: {
      summary:
        "Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} will be full within 24 hours.",
      description: "Forecast from the usage of the last 6 hours.",
    },
  },
];

function claimOver(percent: number, severity: "warning" | "critical"): AlertRule {
  return {
    alert: `ClaimOver${percent}Percent`,
    expr: `${FILL_RATIO} > ${percent / 100}`,
    for: "5m",
    labels: { severity },
    annotations: {
      summary: `Claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is more than ${percent} % full.`,
      description: "{{ $value | humanizePercentage }} of its capacity is used.",
    },
  };
}

/**
 * kube-state-metrics exports `gotk_resource_info` if it has Flux's custom resource configuration (fluxcd.io/flux/monitoring/custom-metrics). In the versions
 * that this program supports, Flux's controllers no longer export `gotk_reconcile_condition`.
 */
const FLUX_RULES: readonly AlertRule[] = [
  {
    alert: "FluxResourceNotReady",
    expr: 'max by (customresource_kind, exported_namespace, name) (gotk_resource_info{ready="False", suspended!="true"}) == 1',
    for: "15m",
    labels: { severity: "critical" },
    annotations: {
      summary:
        "{{ $labels.customresource_kind }} {{ $labels.exported_namespace }}/{{ $labels.name }} is not ready.",
      description: "Flux has not been able to reconcile it for 15 minutes.",
    },
  },
  {
    alert: "FluxReadinessUnknown",
    expr: "absent(gotk_resource_info)",
    for: "1h",
    labels: { severity: "warning" },
    annotations: {
      summary: "Prometheus does not know whether Flux resources are ready.",
      description:
        "There is no metric gotk_resource_info. Configure kube-state-metrics as described in fluxcd.io/flux/monitoring/custom-metrics.",
    },
  },
];
