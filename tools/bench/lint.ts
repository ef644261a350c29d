import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { buildPackage } from "../scripts/package/build.ts";
import { resolveProgram } from "../toolchain/resolve.ts";
import { keep, ratios, spread, table, timeInRounds, write, type CommandLine } from "./measure.ts";

// npm run bench:lint: measures the median time of a lint run, including Node's startup, then times source tree, packed command and kube-score in rounds.

const RUNS = 7;
const MAIN = join(import.meta.dirname, "../cli/main.js");

/** Makes Node print its peak memory in KiB as the last line of standard error. */
const PRINT_MEMORY =
  "--import=data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))";

/** Runs a command several times and returns the median duration and that run's last line of standard error. Exit codes 0 and 1 are fine. */
function median(command: string, args: readonly string[]): { seconds: number; lastLine: string } {
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
    if (error) throw error;
    if (status !== 0 && status !== 1)
      throw new Error(`${command} exited with ${status ?? "a signal"}: ${stderr}`);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, lastLine: stderr.trim().split("\n").at(-1) ?? "" };
  });
  const middle = runs.sort((a, b) => a.seconds - b.seconds)[RUNS >> 1];
  if (middle === undefined) throw new Error("nothing was run");
  return middle;
}

/** Lints a path and returns the time, files per second and peak memory as table cells. `flags` says whether an unchanged path may repeat its last report. */
function lint(path: string, files: number, flags: readonly string[] = ["--no-cache"]): readonly string[] {
  const { seconds, lastLine } = median(process.execPath, [PRINT_MEMORY, MAIN, "lint", path, ...flags]);
  return [
    `${seconds.toFixed(2)} s`,
    (files / seconds).toFixed(0),
    `${Math.round(Number(lastLine) / 1024)} MiB`,
  ];
}

function generate(count: number, manifest: (index: number) => string): string {
  const directory = temporaryFolder("bench-lint");
  for (let index = 0; index < count; index++)
    writeFileSync(join(directory, `${index}.yaml`), manifest(index));
  return directory;
}

function within<T>(directory: string, use: (directory: string) => T): T {
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const deployment = (index: number): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  namespace: apps
  labels:
    app.kubernetes.io/name: app-${index}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: app-${index}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-${index}
    spec:
      containers:
        - name: app
          image: ghcr.io/example/app:1.${index}.0
          ports:
            - name: http
              containerPort: 8080
          livenessProbe:
            httpGet:
              path: /healthz
              port: http
          resources:
            requests:
              cpu: 10m
              memory: 64Mi
            limits:
              memory: 128Mi
`;

const release = (index: number): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: app-${index}
  namespace: apps
spec:
  interval: 30m
  chartRef:
    kind: OCIRepository
    name: app-template
  values:
    controllers:
      app-${index}:
        containers:
          app:
            image:
              repository: ghcr.io/example/app
              tag: 1.${index}.0
            env:
              TZ: Etc/UTC
              PORT: &port 8080
            probes:
              liveness: &probes
                enabled: true
                custom: true
                spec:
                  httpGet:
                    path: /healthz
                    port: *port
              readiness: *probes
            securityContext:
              allowPrivilegeEscalation: false
              capabilities: { drop: ["ALL"] }
            resources:
              requests:
                cpu: 10m
              limits:
                memory: 256Mi
    service:
      app:
        controller: app-${index}
        ports:
          http:
            port: *port
    route:
      app:
        hostnames: ["app-${index}.example.com"]
        parentRefs:
          - name: external
            namespace: network
`;

const rows: (readonly string[])[] = [];
for (const [kind, counts, manifest] of [
  ["Deployments", [1000, 2000, 5000, 20_000], deployment],
  ["HelmReleases", [500, 1000, 2000, 4000], release],
] as const)
  for (const count of counts)
    within(generate(count, manifest), (directory) => {
      rows.push([`${count} ${kind}`, ...lint(directory, count)]);
      if (kind === "Deployments" && count === 2000)
        rows.push(["the same again, unchanged", ...lint(directory, count, [])]);
    });
keep("lint", table(["one document per file", "median of 7", "files per second", "peak memory"], rows));

const COMPARED = 2000;
const ROUNDS = 15;
const kubeScore = await resolveProgram("kube-score", { progress: write });
const folder = temporaryFolder("bench-lint");
try {
  execFileSync("tar", ["xzf", await buildPackage(folder), "-C", folder]);
  const packed = join(folder, "package/edgefirst.js");
  within(generate(COMPARED, deployment), (directory) => {
    const files = Array.from({ length: COMPARED }, (_unused, index) => join(directory, `${index}.yaml`));
    const node = (main: string): CommandLine => [process.execPath, main, "lint", directory, "--no-cache"];
    const score: CommandLine = [kubeScore.path, "score", "--output-format", "ci", ...files];
    const times = timeInRounds({ score, tree: node(MAIN), packed: node(packed) }, ROUNDS);
    const row = (name: string, values: readonly number[]): readonly string[] => [
      name,
      spread(values, " s"),
      spread(ratios(values, times.score)),
    ];
    keep(
      "kube-score",
      table(
        [`${COMPARED} Deployments, ${ROUNDS} rounds`, "median (min–max)", "times kube-score"],
        [
          row(`kube-score ${kubeScore.version}`, times.score),
          row("source tree, `--no-cache`", times.tree),
          row("packed command, `--no-cache`", times.packed),
        ],
      ),
    );
  });
} finally {
  rmSync(folder, { recursive: true });
}
