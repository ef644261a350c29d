/** One alerting rule, as a PrometheusRule holds it. */
export interface AlertRule {
  readonly alert: string;
  /** PromQL. */
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: "warning" | "critical" };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** A named group of rules. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly AlertRule[];
}

/** The rules of the platform. */
export function alertRules(): RuleGroup[] {
  return [
    { name: "edgefirst.gatus", rules: GATUS_RULES },
    { name: "edgefirst.claims", rules: CLAIM_RULES },
    { name: "edgefirst.flux", rules: FLUX_RULES },
  ];
}

/** Metric and labels are those of Gatus' `metrics/metrics.go`, with `metrics: true` in its configuration. */
const GATUS_RULES: readonly AlertRule[] = [
  {
    alert: "GatusEndpointDown",
    expr: "max by (namespace, key, group, name) (gatus_results_endpoint_success) == 0",
    for: "5m",
    labels: { severity: "critical" },
    annotations: {
      summary: "Endpoint {{ $labels.group }}/{{ $labels.name }} is down.",
      description: "Gatus has seen no success of {{ $labels.key }} for 5 minutes.",
    },
  },
  {
    // Gatus serves nothing while its configuration is one that it refuses, and then no endpoint is down either.
    alert: "GatusAbsent",
    expr: "absent(gatus_results_endpoint_success)",
    for: "15m",
    labels: { severity: "critical" },
    annotations: {
      summary: "Gatus reports nothing.",
      description:
        "Prometheus has seen no result of any endpoint for 15 minutes, so none could be reported as down.",
    },
  },
];

/** Caches of VolSync are as full as they like. */
const CLAIMS = 'persistentvolumeclaim!~"volsync-.*-cache"';
/** A claim that several nodes mount is one claim. */
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
      description: "It has been filling up at that rate for the last 6 hours.",
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
      description: "{{ $value | humanizePercentage }} of its capacity are used.",
    },
  };
}

/**
 * kube-state-metrics exports `gotk_resource_info` with Flux' custom-resource configuration (fluxcd.io/flux/monitoring/custom-metrics). The
 * controllers' own `gotk_reconcile_condition` is gone: those that serve the versions this program needs record durations only.
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
      summary: "Prometheus does not know whether Flux' resources are ready.",
      description:
        "No gotk_resource_info: kube-state-metrics needs the custom-resource configuration of fluxcd.io/flux/monitoring/custom-metrics.",
    },
  },
];
