import { valid } from "semver";
import { at, fields, text, type Fields } from "../../../../../policy/engine/read.ts";
import { appContainers } from "../../../../../policy/objects/app-template.ts";
import { isExternalDns } from "../../../../../policy/objects/dns-sources.ts";
import { DEPLOYMENT } from "../../../../../policy/objects/kinds.ts";
import { argumentsOf, containersOf, type Container } from "../../../../../policy/objects/workloads.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { idOf, isKind } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { releaseNamespace } from "../reading/hosts.ts";
import { chartOf, valuesIn } from "../release/chart.ts";
import type { DnsWriter } from "./writer.ts";

/** An external-dns, and what it is started with. */
export interface Program extends Pick<DnsWriter, "id" | "kind"> {
  /** Its default policy. */
  readonly policy: string;
  /** Empty if it is not known. */
  readonly version: string;
  /** The namespace to which its chart limits it. */
  readonly namespace: string | undefined;
  /** The values of its chart, or its arguments and environment in their form. */
  readonly values: Fields;
}

/** Every external-dns in a cluster that is a release of its chart, or a container of a Deployment or of app-template. */
export const programsIn = (cluster: BuiltCluster): readonly Program[] =>
  cluster.objects.flatMap(({ object }) => {
    if (isKind(object, DEPLOYMENT))
      return ofContainers(containersOf(asKubeObject(object)), object, "Deployment");
    if (!isRelease(object)) return [];
    const chart = chartOf(object, [cluster]);
    return chart.name === "external-dns"
      ? [ofChart(object, valuesIn(object, cluster), chart.version)]
      : ofContainers(appContainers(asKubeObject(object), indexOf(cluster)), object, "HelmRelease");
  });

function ofChart(object: Mapping, values: Fields, version: string): Program {
  const tag = text(at(values, ["image", "tag"]));
  const ownNamespace = text(values.sourceNamespace) ?? releaseNamespace(object);
  return {
    id: idOf(object),
    kind: "HelmRelease",
    policy: "upsert-only",
    // Version 1.21.1 of the chart installs 0.21.0, and so on.
    version: tag ?? (valid(version)?.startsWith("1.") ? version.replace(/^v?1/, "0") : ""),
    namespace: values.namespaced === true ? ownNamespace : undefined,
    values,
  };
}

function ofContainers(
  containers: readonly Container[],
  object: Mapping,
  kind: Program["kind"],
): readonly Program[] {
  return containers.filter(isExternalDns).map((container) => ({
    id: idOf(object),
    kind,
    policy: "sync",
    version: /:v?([^:@/]+)/.exec((text(container.spec.image) ?? "").replace(/^.*\//, ""))?.[1] ?? "",
    namespace: undefined,
    values: { sources: [], extraArgs: argumentsOf(container), env: variablesOf(container) },
  }));
}

/** A container's environment as a list; in app-template, it may be a map. */
const variablesOf = ({ spec: { env } }: Container): readonly unknown[] =>
  Array.isArray(env)
    ? env
    : Object.entries(fields(env)).map(([name, value]) => ({
        name,
        value: text(value) ?? at(value, ["value"]),
      }));
