/**
 * Charts whose templates take the version as it is, where a label or a selector allows no `+`: kagent in
 * github.com/kagent-dev/kagent: helm/kagent/templates/_helpers.tpl, authentik-remote-cluster in github.com/goauthentik/helm:
 * charts/authentik-remote-cluster/templates/_helpers.tpl (August 2026). The charts of the table of `helmrelease-probes`, and
 * github.com/actions/actions-runner-controller since it replaces the `+`, were read for it and do without.
 */
export const VERSION_AS_IT_IS: readonly string[] = ["authentik-remote-cluster", "kagent"];
