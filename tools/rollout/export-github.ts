import { Document, Scalar } from "yaml";
import { planWaves, type StackNode } from "./plan.ts";

/** Arguments of {@link githubWorkflow}. */
export interface GithubArgs {
  readonly stacks: readonly StackNode[];
  /** A push to this branch starts a rollout. */
  readonly branch: string;
  /** The context of each stack's cluster; a stack without one is left out. */
  readonly contexts: ReadonlyMap<string, string>;
}

/** The actions that the workflow uses, pinned by commit, with the version next to it. */
export const ACTIONS = {
  checkout: { uses: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", version: "v7.0.1" },
  setupNode: { uses: "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020", version: "v7.0.0" },
} as const;

const MINUTES = { plan: 20, rollout: 60 } as const;

const COMMENT = ` Rolls out the platform wave by wave. Written by edgefirst export github; save it as .github/workflows/rollout.yaml.

 For each wave, the plan comes first: it previews every stack and writes the changes to the run's summary. The rollout of a
 stack then waits for the reviewers of its environment. Two environments per stack:
   <stack>          for the plan, and for the previews of pull requests; no reviewers
   rollout-<stack>  add required reviewers, and allow only deployments from the branch below
 Secrets of both: KUBECONFIG_DATA, and what the state backend needs: PULUMI_ACCESS_TOKEN for Pulumi Cloud; PULUMI_BACKEND_URL
 and PULUMI_CONFIG_PASSPHRASE for another backend (add the backend's own credentials to the last step of each job). For the
 plan, a kubeconfig that can only read is enough. The contexts that each kubeconfig needs:
`;
const COMMENT_END = `
 The key "needs" only orders the jobs. The gate inside the program holds a stack back, even if you re-run a single job.`;

/**
 * A workflow with two jobs per wave: a plan, and the rollout that people approve after reading it. The stacks in a wave run in parallel, each in
 * GitHub environments named after it.
 */
export function githubWorkflow({ stacks, branch, contexts }: GithubArgs): string {
  const jobs = planWaves(stacks).flatMap((wave, index) => [
    [`plan-${index + 1}`, planJob(wave, index, branch)] as const,
    [`wave-${index + 1}`, waveJob(wave, index, branch)] as const,
  ]);
  const document = new Document({
    name: "rollout",
    on: { push: { branches: [branch] }, workflow_dispatch: {} },
    permissions: {},
    // A second rollout waits: cancelling the first would leave a stack half updated.
    concurrency: { group: "edgefirst-rollout", "cancel-in-progress": false },
    jobs: Object.fromEntries(jobs),
  });
  document.commentBefore = `${COMMENT}${contextLines(stacks, contexts).join("\n")}\n${COMMENT_END}`;
  return document.toString({ lineWidth: 0 });
}

/** For each stack, the contexts of its cluster and of those that its gate reads. */
function contextLines(stacks: readonly StackNode[], contexts: GithubArgs["contexts"]): string[] {
  const width = Math.max(...stacks.map(({ name }) => name.length));
  return stacks.map(({ name, after }) => {
    const own = contexts.get(name) ?? name;
    const upstream = after.map((stack) => contexts.get(stack) ?? stack);
    const gate = upstream.length > 0 ? `, and for its gate ${upstream.join(", ")}` : "";
    return `   ${name.padEnd(width)}  ${own}${gate}`;
  });
}

function planJob(stacks: readonly string[], index: number, branch: string) {
  const run = [
    "code=0",
    'npx edgefirst rollout --only "$STACK" --dry-run > "$RUNNER_TEMP/plan.txt" 2>&1 || code=$?',
    `{ echo "### $STACK"; echo '\`\`\`\`text'; cat "$RUNNER_TEMP/plan.txt"; echo '\`\`\`\`'; } | tee -a "$GITHUB_STEP_SUMMARY"`,
    'exit "$code"',
  ].join("\n");
  return job(stacks, {
    name: "plan ${{ matrix.stack }}",
    needs: index > 0 ? `wave-${index}` : undefined,
    branch,
    minutes: MINUTES.plan,
    environment: "${{ matrix.stack }}",
    step: { name: "Plan", run },
  });
}

function waveJob(stacks: readonly string[], index: number, branch: string) {
  return job(stacks, {
    name: "${{ matrix.stack }}",
    needs: `plan-${index + 1}`,
    branch,
    minutes: MINUTES.rollout,
    environment: "rollout-${{ matrix.stack }}",
    step: { name: "Roll out", run: 'npx edgefirst rollout --only "$STACK" --yes' },
  });
}

interface JobArgs {
  readonly name: string;
  readonly needs: string | undefined;
  readonly branch: string;
  readonly minutes: number;
  readonly environment: string;
  readonly step: { readonly name: string; readonly run: string };
}

function job(stacks: readonly string[], { name, needs, branch, minutes, environment, step }: JobArgs) {
  const kubeconfig = "${{ runner.temp }}/kubeconfig";
  return {
    name,
    ...(needs !== undefined && { needs: [needs] }),
    // A manual run on another branch would deploy it.
    if: `github.ref == 'refs/heads/${branch.replaceAll("'", "''")}'`,
    "runs-on": "ubuntu-24.04",
    "timeout-minutes": minutes,
    permissions: { contents: "read" },
    // If one stack fails, the others in its wave still finish.
    // A copy: as an alias of another job's list, YAML anchors would appear, which not every runner reads.
    strategy: { "fail-fast": false, matrix: { stack: [...stacks] } },
    environment,
    steps: [
      // No step needs to push.
      { uses: pinned(ACTIONS.checkout), with: { "persist-credentials": false } },
      // No cache: a pull request could store code in it that a rollout then runs.
      { uses: pinned(ACTIONS.setupNode), with: { "node-version": 24, "package-manager-cache": false } },
      { run: "npm ci" },
      {
        name: "Kubeconfig",
        env: { KUBECONFIG_DATA: "${{ secrets.KUBECONFIG_DATA }}" },
        run: '(umask 077 && printf \'%s\' "$KUBECONFIG_DATA" > "$RUNNER_TEMP/kubeconfig")',
      },
      {
        name: step.name,
        env: {
          STACK: "${{ matrix.stack }}",
          KUBECONFIG: kubeconfig,
          PULUMI_ACCESS_TOKEN: "${{ secrets.PULUMI_ACCESS_TOKEN }}",
          PULUMI_BACKEND_URL: "${{ secrets.PULUMI_BACKEND_URL }}",
          PULUMI_CONFIG_PASSPHRASE: "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}",
        },
        run: step.run,
      },
      { name: "Remove the kubeconfig", if: "always()", run: 'rm -f "$RUNNER_TEMP/kubeconfig"' },
    ],
  };
}

/** An action pinned by commit, with its version as a comment; Renovate and Dependabot update both together. */
function pinned({ uses, version }: { readonly uses: string; readonly version: string }): Scalar<string> {
  const scalar = new Scalar(uses);
  scalar.comment = ` ${version}`;
  return scalar;
}
