import { join } from "node:path";
import { parseManifest } from "../../../kube/manifest-source.ts";
import type { KubeObject } from "../../../kube/objects.ts";
import type { Helm, TemplateRequest } from "../../render/helm.ts";
import { moduleDirectory } from "../../toolchain/modules.ts";
import { programNamed } from "../../toolchain/program.ts";
import { PROGRAMS } from "../../toolchain/programs.ts";
import { pinnedVersion } from "../../toolchain/version.ts";

/** A chart in the Go module of the program that it installs. */
export interface ModuleChart {
  /** The folder in `tools/toolchain` that pins the module. */
  readonly module: string;
  readonly goModulePath: string;
  /** The chart's directory in the module. */
  readonly directory: string;
  readonly release: { readonly name: string; readonly namespace: string };
  readonly values: TemplateRequest["values"];
}

/** The tag of a program's image in the version that the toolchain pins. In a module, charts name another version or none. */
export async function imageTag(program: string): Promise<string> {
  return `v${(await pinnedVersion(programNamed(program, PROGRAMS))).version}`;
}

/** The objects of a chart, as Helm renders them. */
export async function renderChart(helm: Helm, args: ModuleChart): Promise<KubeObject[]> {
  const chart = join(await moduleDirectory(args.module, args.goModulePath), args.directory);
  const { version: kubeVersion } = await pinnedVersion(programNamed("kube-apiserver", PROGRAMS));
  const release = { ...args.release, crds: true, hooks: false, tests: false, validatesValues: true };
  const capabilities = { kubeVersion, apiVersions: [] };
  return parseManifest(await helm.template({ chart, values: args.values, release, capabilities }), chart);
}
