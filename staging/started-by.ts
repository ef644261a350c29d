import { hostname, userInfo } from "node:os";

/** Who started an update, and in which CI run. */
export interface StartedBy {
  /** An account in the CI system, or `user@host`. */
  readonly who: string;
  /** URL of the CI run; absent outside CI. */
  readonly run?: string;
}

/** Variables set by CI systems, according to their documentation: the run's URL, and the account that started the run. */
const CI_SYSTEMS: readonly (readonly [run: string, account: string])[] = [
  ["CI_JOB_URL", "GITLAB_USER_LOGIN"],
  ["BUILDKITE_BUILD_URL", "BUILDKITE_BUILD_CREATOR"],
  ["CIRCLE_BUILD_URL", "CIRCLE_USERNAME"],
  ["BUILD_URL", "BUILD_USER_ID"],
];

/** The account that started this process, according to the CI system's variables or the operating system. */
export function startedBy(env: Readonly<Record<string, string | undefined>> = process.env): StartedBy {
  // Forgejo and Gitea set the same variables as GitHub.
  const { GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT = "1", GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_ACTOR } = env;
  if (GITHUB_RUN_ID !== undefined && GITHUB_SERVER_URL !== undefined && GITHUB_REPOSITORY !== undefined)
    return {
      who: GITHUB_ACTOR ?? "unknown",
      run: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}/attempts/${GITHUB_RUN_ATTEMPT}`,
    };
  for (const [runKey, accountKey] of CI_SYSTEMS) {
    const run = env[runKey];
    if (run !== undefined) return { who: env[accountKey] ?? "unknown", run };
  }
  return { who: `${userName(env)}@${hostname()}` };
}

/** Formats who started an update: `alice (https://…)`. */
export function describeStart({ who, run }: StartedBy): string {
  return run === undefined ? who : `${who} (${run})`;
}

function userName(env: Readonly<Record<string, string | undefined>>): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may have no entry in the password file.
    return env.USER ?? "unknown";
  }
}
