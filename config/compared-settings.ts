/**
 * Settings that are not part of a release but change what its verification means: who installs a component, and how the stack treats Flux's objects. The gate
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
