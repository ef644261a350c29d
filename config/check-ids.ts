/** Ids of the checks in a verification, in the order in which they are reported. Each check is a file in staging/checks/. */
export const CHECK_IDS = [
  "rollouts",
  "gateways",
  "routes",
  "flux",
  "gatus",
  "declared",
  "leftovers",
  "queries",
  "http",
  "jobs",
] as const;
export type CheckId = (typeof CHECK_IDS)[number];
