import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { GATEWAY_LABEL } from "../../kube/gateway-contract.ts";
import { loadManifest } from "../../kube/manifest-source.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { imageVersion, loadPins, type Pins } from "../../config/pins.ts";
import { CONTROL_PLANE } from "../sandbox/control-plane.ts";
import { podLogs } from "../sandbox/logs.ts";
import { waitUntil } from "../sandbox/processes.ts";
import { sandboxDown, sandboxUp } from "../sandbox/sandbox.ts";
import { progressTo } from "../toolchain/progress.ts";
import { moduleDirectory } from "../toolchain/modules.ts";
import { resolvePrograms } from "../toolchain/resolve.ts";
import { suiteFlags } from "./flags.ts";
import { PATIENCE_SECONDS } from "./patience.ts";
import { parseReport, reportName, surprises } from "./report.ts";
import {
  classLabelObjects,
  CLASS_NAME,
  NAMESPACE,
  platformObjects,
  REPORT_FILE,
  SUITE,
  suiteObjects,
} from "./objects.ts";

// npm run conformance [-- TEST]: runs the Gateway API's conformance tests, in a temporary sandbox, against Traefik as deployed by the platform.
// The whole suite writes its report to docs/reference/conformance; a single test does not.

const REPORTS = join(import.meta.dirname, "../../docs/reference/conformance");
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => {
    interrupted.abort(new Error(`stopped by ${name}`));
  });
const { signal } = interrupted;
/** A timeout. On a machine that is busy with other things, each step takes minutes. */
const WAIT = { timeoutMs: 600_000, signal };
/** A timeout. Far longer than a passing suite needs, because each failing test waits for a minute. */
const SUITE_MS = 3_600_000;
const FIELD_MANAGER = "edgefirst-conformance";
const [only] = process.argv.slice(2);
const progress = progressTo(process.stderr);

const pins = loadPins();
const temporary = temporaryFolder("conformance");
const dir = join(temporary, "sandbox");
const logFile = join(temporary, "suite.log");
try {
  await resolvePrograms([...CONTROL_PLANE, "traefik", "echo-basic", "gateway-api-conformance"], {
    progress,
    signal,
  });
  const { kubeconfig } = await sandboxUp({
    dir,
    clusters: ["edge"],
    pods: "real",
    certificates: "provided",
    progress,
    signal,
  });
  const client = new KubeClient({ kubeconfig, context: "edge" }, PATIENCE_SECONDS * 1_000);
  await deployPlatform(client, pins);
  const passed = await runSuite(client, join(temporary, "report"));
  client.close();
  if (only === undefined) conclude(join(temporary, "report", REPORT_FILE));
  else if (!passed) process.exitCode = 1;
} finally {
  await sandboxDown({ dir, deleteData: true, progress: () => undefined });
  rmSync(dir, { recursive: true, force: true });
}

/** Deploys the Gateway API CRDs, checked against release.yaml, then Traefik. */
async function deployPlatform(client: KubeClient, { gatewayApi, images }: Pins): Promise<void> {
  const module = await moduleDirectory("gateway-api", "sigs.k8s.io/gateway-api");
  const folder = join(module, "config", "crd", gatewayApi.channel);
  for (const { name, sha256 } of gatewayApi.files)
    for (const object of await loadManifest({ source: join(folder, name), sha256 }))
      await apply(client, object);
  const kinds = ["GatewayClass", "GRPCRoute", "HTTPRoute"];
  for (const kind of kinds)
    await waitUntil(`${kind} to be served`, () => client.serves("gateway.networking.k8s.io/v1", kind), WAIT);
  await apply(client, { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  for (const object of platformObjects(images.traefik)) await apply(client, object);
  await labelClasses(client);
}

/** Makes the API server add the platform's labels to new GatewayClasses. Returns once the API server does so. */
async function labelClasses(client: KubeClient): Promise<void> {
  for (const object of classLabelObjects()) await apply(client, object);
  const probe = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "probe" },
    spec: { controllerName: "edgefirst.dev/probe" },
  };
  await waitUntil(
    "new GatewayClasses to be labelled",
    async () => {
      const options = { fieldManager: FIELD_MANAGER, dryRun: true };
      // The API server's admission policies learn about a CRD later than its clients do, and reject its objects until then.
      const labelled = await client.apply(probe, options).catch(() => undefined);
      return labelled?.metadata.labels?.[GATEWAY_LABEL];
    },
    WAIT,
  );
}

/** Runs the suite in a pod. Resolves to true if all tests passed. */
async function runSuite(client: KubeClient, reportFolder: string): Promise<boolean> {
  mkdirSync(reportFolder);
  const flags = suiteFlags(await claimedFeatures(client), imageVersion(pins.images.traefik));
  const one = only === undefined ? [] : [`-run-test=${only}`];
  for (const object of suiteObjects([...flags, ...one], reportFolder)) await apply(client, object);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: SUITE, namespace: NAMESPACE } };
  const phase = async (): Promise<string> =>
    ((await client.get(pod))?.status as { phase?: string } | undefined)?.phase ?? "Pending";
  await waitUntil("the suite to start", async () => (await phase()) !== "Pending", WAIT);
  progress(`running the suite, which takes several minutes; log: ${logFile}`);
  const ended = new AbortController();
  const following = follow(AbortSignal.any([ended.signal, signal]));
  const end = await waitUntil(
    "the suite to finish",
    async () => {
      const now = await phase();
      return now === "Running" ? undefined : now;
    },
    { timeoutMs: SUITE_MS, signal },
  );
  ended.abort();
  await following;
  return end === "Succeeded";
}

/** Writes the suite's output to a file and prints each test's result. */
async function follow(signal: AbortSignal): Promise<void> {
  const file = createWriteStream(logFile);
  let rest = "";
  for await (const chunk of podLogs({ dir, pod: `${NAMESPACE}/${SUITE}`, follow: true, signal })) {
    file.write(chunk);
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (/^ {4}--- (PASS|FAIL)/.test(line)) progress(line.trim());
  }
  file.end();
  await once(file, "finish");
}

/** The features that Traefik claims to support once it has accepted its GatewayClass. */
function claimedFeatures(client: KubeClient): Promise<string[]> {
  const reference = {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: CLASS_NAME },
  };
  return waitUntil(
    "Traefik to accept its GatewayClass",
    async () => {
      const status = (await client.get(reference))?.status as
        { supportedFeatures?: { name: string }[] } | undefined;
      return status?.supportedFeatures?.map(({ name }) => name);
    },
    WAIT,
  );
}

/** Keeps the report in place of the previous one, and fails if its failures are not those that are expected. */
function conclude(file: string): void {
  if (!existsSync(file)) throw new Error(`The suite wrote no report. Its log: ${logFile}`);
  const text = readFileSync(file, "utf8");
  const report = parseReport(text, logFile);
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  writeFileAtomic(join(REPORTS, reportName(report)), text, 0o644);
  progress(`docs/reference/conformance/${reportName(report)}`);
  for (const surprise of surprises(report)) {
    progress(surprise);
    process.exitCode = 1;
  }
}

async function apply(client: KubeClient, object: KubeObject): Promise<void> {
  await client.apply(object, { fieldManager: FIELD_MANAGER });
}
