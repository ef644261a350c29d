import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "../toolchain/build.ts";
import { findProgram } from "../toolchain/find.ts";
import type { Program } from "../toolchain/programs.ts";

// npm run bench:lint [-- REPOSITORY]: medians of one run, Node's start included; kube-score beside it.

const RUNS = 7;
const MAIN = join(import.meta.dirname, "../cli/main.ts");
const write = (line: string): void => void process.stdout.write(`${line}\n`);

const KUBE_SCORE: Program = {
  name: "kube-score",
  purpose: "benchmark: what the lint is compared with",
  directory: join(import.meta.dirname, "../toolchain/kube-score"),
  package: "github.com/zegl/kube-score/cmd/kube-score",
  pin: { file: "go.mod", pattern: /^\s*github\.com\/zegl\/kube-score v(\S+)/m },
  mod: "readonly",
  variables: () => ({}),
  buildSeconds: 60,
};

/** Median seconds of a command over several runs; exit codes 0 and 1 are fine. */
function median(command: string, args: readonly string[], runs = RUNS): number {
  const seconds = Array.from({ length: runs }, () => {
    const start = performance.now();
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 30 });
    if (error) throw error;
    if (status !== 0 && status !== 1)
      throw new Error(`${command} exited with ${status ?? "a signal"}: ${stderr}`);
    return (performance.now() - start) / 1000;
  });
  return seconds.sort((a, b) => a - b)[runs >> 1] ?? NaN;
}

const lint = (path: string): number => median(process.execPath, [MAIN, "lint", path]);

function generate(count: number, manifest: (index: number) => string): string {
  const directory = mkdtempSync(join(tmpdir(), "bench-lint-"));
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

const [repository] = process.argv.slice(2);
if (repository !== undefined) write(`${repository}: ${lint(repository).toFixed(2)} s`);

const kubeScore =
  (await findProgram(KUBE_SCORE)) ?? (await buildProgram(KUBE_SCORE, { progress: write, env: process.env }));
within(generate(2000, deployment), (directory) => {
  const files = Array.from({ length: 2000 }, (_unused, index) => join(directory, `${index}.yaml`));
  const own = lint(directory);
  const other = median(kubeScore.path, ["score", "--output-format", "ci", ...files]);
  write(`2,000 Deployments: ${own.toFixed(2)} s; kube-score ${kubeScore.version} ${other.toFixed(2)} s`);
});
for (const count of [500, 1000, 2000, 4000]) {
  within(generate(count, release), (directory) => {
    write(`${count} HelmReleases: ${lint(directory).toFixed(2)} s`);
  });
}
