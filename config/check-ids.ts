/** Ids of a verification's checks, in the order in which they are reported; staging/checks/ has one file for each. */
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
