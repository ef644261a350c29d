import { EdgefirstError } from "../../lib/errors.ts";
import { buildClusters } from "../migrate/build.ts";
import { Repository } from "../gitops/yaml/repository.ts";
import { readOptions } from "../migrate/options.ts";
import { explainVerdict, reportOf, unifiedDiff, type StepReport } from "../migrate/report.ts";
import { runStep } from "../migrate/run.ts";
import { writeChanges } from "../migrate/write.ts";
import { route } from "../migrate/steps/route/step.ts";
import { reconcileNow } from "../sandbox/flux-reconcile.ts";
import { waitUntil } from "../sandbox/processes.ts";
import { askMoving, gatusSees, MOVING, podsAreReal, type Answer } from "../sandbox/served.ts";
import { publishWorkingCopy, workingCopy } from "../sandbox/working-copy.ts";

/** Arguments of {@link moveApp}. */
export interface MoveArgs {
  /** Folder of the sandbox. */
  readonly dir: string;
  readonly kubeconfig: string;
  /** All clusters that follow the sandbox's repository. */
  readonly clusters: readonly string[];
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Result of {@link moveApp}. */
export interface Move {
  /** The working copy. */
  readonly repository: string;
  /** The changed files; empty if an earlier run moved the app. */
  readonly files: StepReport["files"];
  /** What the step has proven about the change. */
  readonly verdict: string;
  /** The Gateway's answers for the app's host before and after; absent if pods are simulated. */
  readonly answers?: { readonly before: Answer; readonly after: Answer };
}

/** gatus-sidecar writes the endpoint for a new route, and Gatus re-reads its configuration twice a minute. */
const TIMEOUT_MS = 90_000;

/**
 * Moves an app in the sandbox from its Ingress to a route, as a user would: runs `migrate route --write` on the working copy and pushes;
 * Flux applies it. An app that has already moved is left unchanged.
 * @throws {EdgefirstError} if the step's proof does not hold, Flux does not apply the change, or the Gateway does not respond
 */
export async function moveApp(args: MoveArgs): Promise<Move> {
  const { dir, kubeconfig, clusters, progress, signal } = args;
  const isReal = podsAreReal(dir, MOVING.stack);
  const repository = workingCopy(dir);
  const before = isReal ? await askMoving(dir) : undefined;
  const change = writeRoutes(repository, progress);
  await publishWorkingCopy({ dir, clusters, progress, signal });
  await reconcileNow({ kubeconfig, context: MOVING.stack, signal });
  const after = isReal ? await answered(dir, signal) : undefined;
  const done =
    change.files.length === 0 ? `${MOVING.name} already has its route` : "pushed, and applied by Flux";
  progress(
    after === undefined ? done : `${done}; ${after.url} answers ${after.status ?? "?"}, and Gatus sees it`,
  );
  return {
    repository,
    ...change,
    ...(before !== undefined && after !== undefined && { answers: { before, after } }),
  };
}

/** Does what `edgefirst migrate route PATH --write` does. */
function writeRoutes(
  path: string,
  progress: MoveArgs["progress"],
): Pick<StepReport, "files"> & Pick<Move, "verdict"> {
  const repository = new Repository(path);
  const clusters = buildClusters(repository);
  const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
  const result = runStep(route, context);
  const report = reportOf(result, repository);
  const { files, proof, failures, gaps } = report;
  if (files.length > 0 && proof !== "holds")
    throw new EdgefirstError(
      `The proof of the route step fails for ${path}: ${[...failures, ...gaps].join("; ")}`,
      `See the diff: edgefirst migrate route ${path}`,
    );
  writeChanges(repository, result.plan.changes);
  if (files.length > 0) {
    progress(`migrate route --write ${path}`);
    const lines = unifiedDiff(result, repository).split("\n");
    const count = (sign: RegExp): number => lines.filter((line) => sign.test(line)).length;
    const changed = files.map(({ path: file }) => file).join(", ");
    progress(`  ${changed}: +${count(/^\+(?!\+\+ )/)} -${count(/^-(?!-- )/)} lines`);
    progress(`  ${explainVerdict(report)}`);
  }
  return { files, verdict: explainVerdict(report) };
}

/** The Gateway's answer once it serves the route and Gatus has probed it. */
async function answered(dir: string, signal: AbortSignal): Promise<Answer> {
  const options = { timeoutMs: TIMEOUT_MS, signal };
  const ask = async (): Promise<Answer | false> => {
    const answer = await askMoving(dir);
    return answer.status === 200 && answer;
  };
  const answer = await waitUntil(`${MOVING.host} to answer through the Gateway`, ask, options);
  await waitUntil(
    `Gatus to see ${MOVING.host}`,
    async () => (await gatusSees(dir, MOVING.name)) === true,
    options,
  );
  return answer;
}
