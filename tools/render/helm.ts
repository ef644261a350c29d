import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { MEBIBYTE } from "../../lib/bytes.ts";
import type { Mapping } from "../gitops/yaml/values.ts";
import type { ReleaseOptions } from "./release.ts";
import { NotRenderable } from "./rendered.ts";

/** What a cluster supports, as charts see it in `.Capabilities`. */
export interface Capabilities {
  /** Such as `1.36.3`. */
  readonly kubeVersion: string;
  /** API versions in addition to Helm's built-in ones: `group/version` and `group/version/Kind`, sorted. */
  readonly apiVersions: readonly string[];
}

/** One call of `helm template`. */
export interface TemplateRequest {
  /** Absolute path of a chart's directory or archive. */
  readonly chart: string;
  readonly values: Mapping;
  readonly release: ReleaseOptions;
  readonly capabilities: Capabilities;
}

const TIMEOUT_MS = 60_000;
const MOST_BYTES = 64 * MEBIBYTE;

/** Runs the `helm` program, without the user's Helm settings and without a cluster. */
export class Helm {
  readonly #program: string;
  /** `4.2.2` */
  readonly version: string;
  readonly #home: string;

  /** @param home an empty directory for files that Helm writes */
  constructor(program: string, version: string, home: string) {
    this.#program = program;
    this.version = version;
    this.#home = home;
    mkdirSync(join(home, "plugins"), { recursive: true });
  }

  /**
   * The manifests of a release: those from `crds/`, the templates, then the hooks.
   * @throws NotRenderable if Helm rejects the chart or the values
   */
  template({ chart, values, release, capabilities }: TemplateRequest): Promise<string> {
    const { kubeVersion, apiVersions } = capabilities;
    const args = [
      "template",
      ...["--namespace", release.namespace, "--kube-version", kubeVersion, "--values", "-"],
      ...(apiVersions.length > 0 ? ["--api-versions", apiVersions.join(",")] : []),
      ...(release.crds ? ["--include-crds"] : []),
      ...(release.hooks ? [] : ["--no-hooks"]),
      ...(release.tests ? [] : ["--skip-tests"]),
      ...(release.validatesValues ? [] : ["--skip-schema-validation"]),
      // Names come from the repository: after this, none of them can be an option.
      ...["--", release.name, chart],
    ];
    return this.#run(args, JSON.stringify(values));
  }

  #run(args: readonly string[], input: string): Promise<string> {
    const { PATH = "" } = process.env;
    const home = this.#home;
    const env = {
      PATH,
      HOME: home,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
      HELM_PLUGINS: join(home, "plugins"),
      KUBECONFIG: "",
    };
    const options = { env, cwd: home, timeout: TIMEOUT_MS, maxBuffer: MOST_BYTES };
    return new Promise((resolve, reject) => {
      const child = execFile(this.#program, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.killed === true)
          reject(
            new NotRenderable(
              `Helm did not finish in ${TIMEOUT_MS / 1000} seconds, or its output is too large`,
            ),
          );
        else
          reject(
            typeof error.code === "number" ? new NotRenderable(`Helm fails: ${reasonIn(stderr)}`) : error,
          );
      });
      // Helm may exit before it reads the values.
      child.stdin?.on("error", () => undefined).end(input);
    });
  }
}

/** Helm's error on one line, without the directory of the chart, which differs from run to run. */
function reasonIn(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(?:WARNING|level=|time=|Use --debug)/.test(line));
  const text = lines.join(" ").replace(/^Error: (?:INSTALLATION FAILED: )?/, "");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text || "no message";
}
