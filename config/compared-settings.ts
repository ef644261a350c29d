/**
 * Settings that are not part of a release and change what its verification means: who installs a part, and what the stack does with Flux's objects. The gate
 * compares them between stacks.
 */
export const COMPARED_SETTINGS = [
  "gatewayApi.install",
  "traefik.install",
  "flux.install",
  "flux.root.mode",
  "flux.apps.placement",
  "flux.apps.rbac",
  "gatus.install",
  "alerting.install",
] as const;
export type ComparedSetting = (typeof COMPARED_SETTINGS)[number];
