import { Document } from "yaml";
import { planWaves, type StackNode } from "./plan.ts";

/** Arguments of {@link githubWorkflow}. */
export interface GithubArgs {
  readonly stacks: readonly StackNode[];
  /** A push to this branch starts a rollout. */
  readonly branch: string;
}

const COMMENT = ` Rolls out the platform wave by wave. Written by edgefirst export github; save it as .github/workflows/rollout.yaml.

 Each stack uses the GitHub environment with the same name; add required reviewers there to approve its rollouts. The
 environment needs the secrets KUBECONFIG_CONTENT (a kubeconfig with the stack's context) and PULUMI_ACCESS_TOKEN. For
 another state backend it needs PULUMI_CONFIG_PASSPHRASE and the variable PULUMI_BACKEND_URL; add the backend's own
 credentials to the step.

 needs: only orders the jobs. The gate inside the program holds a stack back, even if you re-run a single job.`;

/** A workflow with one job per wave. The stacks in a wave run in parallel, each in the GitHub environment with its name. */
export function githubWorkflow({ stacks, branch }: GithubArgs): string {
  const jobs = planWaves(stacks).map((wave, index) => [jobName(index), waveJob(wave, index)] as const);
  const document = new Document({
    name: "rollout",
    on: { push: { branches: [branch] }, workflow_dispatch: {} },
    permissions: { contents: "read" },
    // A second rollout waits: cancelling the first would leave a stack half updated.
    concurrency: { group: "edgefirst-rollout", "cancel-in-progress": false },
    jobs: Object.fromEntries(jobs),
  });
  document.commentBefore = COMMENT;
  return document.toString({ lineWidth: 0 });
}

function waveJob(stacks: readonly string[], index: number) {
  return {
    name: "${{ matrix.stack }}",
    ...(index > 0 && { needs: [jobName(index - 1)] }),
    "runs-on": "ubuntu-latest",
    // If one stack fails, the others in its wave still finish.
    strategy: { "fail-fast": false, matrix: { stack: stacks } },
    environment: "${{ matrix.stack }}",
    steps: [
      // No step needs to push.
      { uses: "actions/checkout@v4", with: { "persist-credentials": false } },
      { uses: "actions/setup-node@v4", with: { "node-version": 24, cache: "npm" } },
      { run: "npm ci" },
      {
        name: "Kubeconfig",
        env: { KUBECONFIG_CONTENT: "${{ secrets.KUBECONFIG_CONTENT }}" },
        run: '(umask 077 && printf \'%s\' "$KUBECONFIG_CONTENT" > "$RUNNER_TEMP/kubeconfig")',
      },
      {
        name: "Roll out",
        env: {
          STACK: "${{ matrix.stack }}",
          KUBECONFIG: "${{ runner.temp }}/kubeconfig",
          PULUMI_ACCESS_TOKEN: "${{ secrets.PULUMI_ACCESS_TOKEN }}",
          PULUMI_BACKEND_URL: "${{ vars.PULUMI_BACKEND_URL }}",
          PULUMI_CONFIG_PASSPHRASE: "${{ secrets.PULUMI_CONFIG_PASSPHRASE }}",
        },
        run: 'npx edgefirst rollout --only "$STACK" --yes',
      },
    ],
  };
}

function jobName(index: number): string {
  return `wave-${index + 1}`;
}
