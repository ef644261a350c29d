import { Document } from "yaml";
import { planWaves, type StackNode } from "./plan.ts";

/** Arguments of {@link githubWorkflow}. */
export interface GithubArgs {
  readonly stacks: readonly StackNode[];
  /** Branch whose pushes are rolled out. */
  readonly branch: string;
}

const COMMENT = ` Rolls the platform out wave by wave; from edgefirst export github. Keep it as .github/workflows/rollout.yaml.

 Each stack has a GitHub environment of its name: with required reviewers it waits for their approval. An environment holds
 the secrets KUBECONFIG_CONTENT (a kubeconfig with the stack's context) and PULUMI_ACCESS_TOKEN. For another state backend it
 holds PULUMI_CONFIG_PASSPHRASE and the variable PULUMI_BACKEND_URL; the backend's own credentials are yours to add to the step.

 needs: orders the jobs. What holds a stack back is the gate inside the program, also where a single job is run again.`;

/** A workflow with one job a wave, its stacks side by side, each in a GitHub environment of its own name. */
export function githubWorkflow({ stacks, branch }: GithubArgs): string {
  const jobs = planWaves(stacks).map((wave, index) => [jobName(index), waveJob(wave, index)] as const);
  const document = new Document({
    name: "rollout",
    on: { push: { branches: [branch] }, workflow_dispatch: {} },
    permissions: { contents: "read" },
    // A second rollout waits for the first one: cancelled halfway, it would leave a stack half-done.
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
    // A stack that fails lets the others of its wave finish.
    strategy: { "fail-fast": false, matrix: { stack: stacks } },
    environment: "${{ matrix.stack }}",
    steps: [
      // No later step pushes.
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
