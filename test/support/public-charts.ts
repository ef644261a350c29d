import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Go modules with charts, in a pinned version; Go checks their sums. The second field is the directory with the charts in the module. */
const MODULES = [
  ["github.com/prometheus-community/helm-charts@v0.0.0-20260828105119-ed5d7d9b5933", "charts"],
  ["github.com/traefik/traefik-helm-chart@v41.6.0+incompatible", "."],
  ["github.com/external-secrets/external-secrets@v1.3.2", "deploy/charts"],
  ["sigs.k8s.io/metrics-server@v0.9.0", "charts"],
  ["sigs.k8s.io/descheduler@v0.36.0", "charts"],
] as const;

/** The directories of public charts, downloaded as Go modules. */
export async function publicCharts(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [module, below] of MODULES) {
    const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", module], {
      cwd: tmpdir(),
    });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    const charts = join(Dir, below);
    found.push(
      ...readdirSync(charts)
        .map((name) => join(charts, name))
        .filter((directory) => existsSync(join(directory, "Chart.yaml"))),
    );
  }
  return found;
}
