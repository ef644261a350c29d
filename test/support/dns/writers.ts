import { coerce, lt } from "semver";
import type { KubeObject } from "../../../kube/objects.ts";
import { fields, list, text } from "../../../policy/engine/read.ts";
import { isExternalDns } from "../../../policy/objects/dns-sources.ts";
import { argumentsOf, containersOf } from "../../../policy/objects/workloads.ts";
import type { Helm } from "../../../tools/render/helm.ts";
import { renderChart } from "../../../tools/sandbox/neighbours/chart.ts";

/** An external-dns of a repository. */
export interface Writer {
  /** `namespace/name` of its HelmRelease or Deployment. */
  readonly id: string;
  /** What it is started with, without what decides only where its records go. */
  readonly flags: readonly string[];
  /** The flags in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Flags about the provider, the registry and the loop. */
const OTHERS = /^--(?:provider|registry|txt-[a-z-]+|interval|events|log-[a-z]+|metrics-address)(?:=|$)/;

/** The first version that no longer reads annotations with the prefix `external-dns.alpha.kubernetes.io/` by default. */
const OTHER_PREFIX = "0.22.0";

/** Every external-dns among objects; a release's flags are those that its chart renders. */
export async function writersIn(objects: readonly KubeObject[], helm: Helm): Promise<readonly Writer[]> {
  const found: Writer[] = [];
  for (const object of objects) {
    const id = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    if (object.kind === "HelmRelease") {
      const chart = fields(fields(fields(object.spec).chart).spec);
      if (chart.chart !== "external-dns") continue;
      const [deployment] = (await rendered(object, helm)).filter(({ kind }) => kind === "Deployment");
      // Version 1.21.1 of the chart installs 0.21.0, and so on.
      const version = String(text(chart.version)).replace(/^1\./, "0.");
      if (deployment) found.push({ id, ...startOf(deployment, version) });
    } else if (object.kind === "Deployment" && containersOf(object).some(isExternalDns))
      found.push({ id, ...startOf(object, imageTag(object)) });
  }
  return found;
}

/** Today's chart with the default policy of earlier ones. */
function rendered({ metadata, spec }: KubeObject, helm: Helm): Promise<KubeObject[]> {
  const { name, namespace = "" } = metadata;
  return renderChart(helm, {
    module: "external-dns",
    goModulePath: "sigs.k8s.io/external-dns",
    directory: "charts/external-dns",
    release: { name, namespace },
    values: { policy: "upsert-only", ...fields(fields(spec).values) },
  });
}

const imageTag = (deployment: KubeObject): string =>
  containersOf(deployment)
    .filter(isExternalDns)
    .map(({ spec }) => String(text(spec.image)).split(":")[1] ?? "")
    .join();

/** How a Deployment starts it, with those defaults that were others in its version. */
function startOf(deployment: KubeObject, version: string): Pick<Writer, "flags" | "env"> {
  const containers = containersOf(deployment).filter(isExternalDns);
  const flags = joined(containers.flatMap(argumentsOf)).filter((flag) => !OTHERS.test(flag));
  const env = Object.fromEntries(
    containers
      .flatMap(({ spec }) => list(spec.env).map(fields))
      .map(({ name, value }) => [text(name) ?? "", text(value) ?? ""] as const)
      .filter(([name]) => name.startsWith("EXTERNAL_DNS_")),
  );
  const isOlder = lt(coerce(version) ?? OTHER_PREFIX, OTHER_PREFIX);
  const defaults = isOlder ? ["--annotation-prefix=external-dns.alpha.kubernetes.io/", "--policy=sync"] : [];
  const isSet = (flag: string): boolean =>
    flags.some((own) => own.startsWith(flag.slice(0, flag.indexOf("=") + 1)));
  return { flags: [...flags, ...defaults.filter((flag) => !isSet(flag))], env };
}

/** Arguments with a flag and its value in one. */
function joined(args: readonly string[]): readonly string[] {
  const all: string[] = [];
  for (const arg of args) {
    const last = all.at(-1);
    if (!arg.startsWith("--") && last !== undefined && !last.includes("="))
      all.splice(-1, 1, `${last}=${arg}`);
    else all.push(arg);
  }
  return all;
}
