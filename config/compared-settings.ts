/**
 * Settings that are not part of a release but change what its verification means: who installs each component, and how the stack manages the root and the apps.
 * The gate compares an upstream stack's settings with this stack's.
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
