/** The arrows of the design: who may import whom. `npm run check` enforces them. */
const only = (from, allowed) => ({
  name: `${from}-imports`,
  severity: "error",
  from: { path: `^${from}` },
  to: {
    path: "^(cli|components|cluster|gitops|policy|rollout|sandbox|toolchain|test|platform|index\\.ts|config(-schema)?\\.ts|config/|release\\.ts|errors\\.ts)",
    pathNot: `^(${[from, ...allowed, "errors\\.ts"].join("|")})`,
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "nothing-imports-index", severity: "error", from: {}, to: { path: "^index\\.ts$" } },
    {
      name: "only-index-imports-the-program",
      severity: "error",
      from: { pathNot: "^index\\.ts$" },
      to: { path: "^program\\.ts$" },
    },
    {
      name: "nothing-imports-tests",
      severity: "error",
      from: { pathNot: "^(test|bench)/" },
      to: { path: "^test/" },
    },
    only("errors\\.ts", []),
    only("release\\.ts", []),
    only("cluster", []),
    only("components", ["cluster", "release\\.ts"]),
    only("config(-schema\\.ts|\\.ts|/)", ["config(-schema)?\\.ts|config/", "policy/settings\\.ts"]),
    only("policy", ["cluster"]),
    only("platform", ["cluster", "components", "config(-schema)?\\.ts", "policy", "release\\.ts"]),
    only("gitops", ["policy", "cluster"]),
    only("toolchain", []),
    only("sandbox", ["toolchain", "cluster"]),
    only("rollout", ["cluster", "toolchain"]),
    only("cli", ["rollout", "gitops", "sandbox", "toolchain", "cluster", "release\\.ts"]),
    {
      name: "components-read-no-configuration",
      severity: "error",
      from: { path: "^components" },
      to: { path: "^(config\\.ts|index\\.ts|program\\.ts)" },
    },
    {
      // So that preview, CI and the repository's lint share one rule set.
      name: "rules-without-pulumi",
      severity: "error",
      from: { path: "^policy/", pathNot: "^policy/index\\.ts$" },
      to: { path: "node_modules/@pulumi/" },
    },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|\\.sandbox)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
