/** Who may import whom (docs/decisions/layout.md). `npm run check` enforces it. */

/** The project's own files; tests may import anything. */
const PARTS =
  "^(index\\.ts|program\\.ts|config/|platform/|components/|staging/|policy/|kube/|lib/|tools/|test/)";

/** Files of `from` import from `allowed`, from themselves and from `lib/`, and from nothing else of the project. */
const only = (from, allowed) => ({
  name: `${from}-imports`,
  severity: "error",
  from: { path: `^${from}` },
  to: { path: PARTS, pathNot: `^(${[from, ...allowed, "lib/"].join("|")})` },
});

/** Only files in `within` may import from `path`. */
const closed = (path, within, name) => ({
  name,
  severity: "error",
  from: { pathNot: `^(${within.join("|")})` },
  to: { path: `^${path}` },
});

const RULES = "policy/(engine|rules|objects|knowledge)/";

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },

    // The program.
    closed("index\\.ts$", ["main\\.js$"], "only-main-imports-index"),
    closed("program\\.ts$", ["index\\.ts$"], "only-index-imports-the-program"),
    closed("test/", ["test/", "tools/(bench|scripts)/"], "nothing-imports-tests"),
    only("program\\.ts", ["config/", "platform/", "staging/", "components/", "kube/"]),
    only("lib/", []),
    only("kube/", []),
    only("config/", [RULES]),
    only("components/", ["kube/", "config/pins\\.ts"]),
    only("staging/", ["kube/", "config/", RULES]),
    only("platform/", ["components/", "config/", "kube/", "staging/", RULES]),
    only("policy/", ["kube/"]),
    {
      // Rules read objects, objects read the tables; the engine alone lists the rules.
      name: "the-layers-of-policy",
      severity: "error",
      from: { path: "^policy/knowledge/" },
      to: { path: "^policy/(engine|objects|rules)/" },
    },
    {
      name: "only-the-registry-imports-rules",
      severity: "error",
      from: { path: "^policy/(objects|knowledge|rules|engine)/", pathNot: "^policy/engine/registry\\.ts$" },
      to: { path: "^policy/rules/" },
    },
    {
      name: "the-engine-reads-no-objects",
      severity: "error",
      from: { path: "^policy/engine/" },
      to: { path: "^policy/objects/" },
    },
    {
      name: "the-program-knows-no-tools",
      severity: "error",
      from: { pathNot: "^(tools|test)/" },
      to: { path: "^tools/" },
    },
    {
      name: "components-read-no-configuration",
      severity: "error",
      from: { path: "^components/" },
      to: { path: "^config/", pathNot: "^config/pins\\.ts$" },
    },
    {
      // So that preview, CI and the repository's lint share one rule set.
      name: "rules-without-pulumi",
      severity: "error",
      from: { path: `^${RULES}` },
      to: { path: "node_modules/@pulumi/" },
    },

    // The tools: cli and scripts -> lint, migrate, rollout, sandbox -> gitops, toolchain.
    only("tools/gitops/", ["policy/", "kube/"]),
    only("tools/render/", ["tools/gitops/", "tools/toolchain/", "policy/objects/", "kube/objects\\.ts"]),
    only("tools/lint/", ["tools/gitops/", "tools/render/", "policy/", "kube/"]),
    only("tools/diff/", ["tools/gitops/", "tools/lint/", "tools/render/", "policy/", "kube/"]),
    only("tools/migrate/", [
      "tools/gitops/",
      "tools/lint/",
      "tools/render/",
      "tools/toolchain/images/",
      "policy/",
      "kube/",
      // The step `sidecar` writes what the platform runs.
      "components/gatus/sidecar",
      "config/pins\\.ts",
    ]),
    only("tools/init/", ["config/", "kube/", RULES]),
    only("tools/toolchain/", []),
    only("tools/sandbox/", ["tools/toolchain/", "tools/render/helm\\.ts", "kube/"]),
    only("tools/rollout/", ["tools/toolchain/", "staging/", "kube/"]),
    {
      // So that --help and a completion load no more than they show: the code behind a command is imported when it runs.
      name: "commands-are-light",
      severity: "error",
      from: { path: "^tools/cli/(commands/|main\\.ts|enter\\.ts|program\\.ts|verbs?\\.ts)" },
      to: {
        pathNot:
          "^(tools/cli/(commands/|enter\\.ts|program\\.ts|verbs?\\.ts|version\\.ts|exit-codes\\.ts)|lib/|package\\.json)|node_modules/commander",
        dependencyTypesNot: ["core", "type-only", "dynamic-import"],
      },
    },
    closed("tools/cli/", ["tools/(cli|scripts|conformance|bench)/", "test/"], "only-scripts-import-the-cli"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|dist|\\.sandbox)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
