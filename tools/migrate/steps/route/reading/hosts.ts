import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn, type Mapping, type Value } from "../../../../gitops/yaml/values.ts";
import { oncePer } from "../../../../../lib/once-per.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { fieldsIn, isKind, nameOf } from "../../../objects.ts";
import { rendered as renderedByChart } from "../../../../../policy/objects/app-template-dialect.ts";
import { INGRESS } from "../../../../../policy/objects/kinds.ts";
import { releaseOf } from "../../../../../policy/objects/helm.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { isRelease } from "../../oci/artifact.ts";
import { chartOf } from "../release/chart.ts";
import { OLD_TRAEFIK_GROUP, TRAEFIK_GROUP } from "../controllers/traefik.ts";
import { chartIngresses, hostsInValues } from "../release/other-charts.ts";
import { entriesAt, INGRESS as INGRESS_VALUES } from "../release/values.ts";

/** A host of an Ingress in a cluster. */
export interface ServedHost {
  readonly host: string;
  readonly source: string;
  readonly ingressClass: string;
  readonly annotations: Mapping;
}

/** The hosts of the Ingresses in a cluster, those in the values of charts included. */
export const servedHosts = oncePer((cluster: BuiltCluster): readonly ServedHost[] =>
  cluster.objects.flatMap(({ object }) => hostsOf(object, cluster)),
);

function hostsOf(object: Mapping, cluster: BuiltCluster): readonly ServedHost[] {
  if (isRelease(object)) {
    if (chartOf(object, [cluster]).name !== "app-template") return inOtherChart(object);
    return entriesAt(object, INGRESS_VALUES).flatMap(([key, entry]) => {
      const hosts = mappingsIn(entry.hosts).map(({ host }) => rendered(scalarText(host), object));
      const annotations = fieldsIn(entry, ["annotations"]);
      return served(hosts, { source: sourceOf(object, key), annotations, ingressClass: entry.className });
    });
  }
  const [spec, annotations] = [fieldsIn(object, ["spec"]), fieldsIn(object, ["metadata", "annotations"])];
  const own = { source: sourceOf(object), annotations, ingressClass: spec.ingressClassName };
  if (isKind(object, INGRESS))
    return served(
      mappingsIn(spec.rules).map(({ host }) => scalarText(host)),
      own,
    );
  const isIngressRoute = [TRAEFIK_GROUP, OLD_TRAEFIK_GROUP].some((group) =>
    isKind(object, { group, kind: "IngressRoute" }),
  );
  if (!isIngressRoute) return [];
  const hosts = mappingsIn(spec.routes).flatMap(({ match }) =>
    [...scalarText(match).matchAll(/\bHost\(([^)]*)\)/g)].map(([, argument = ""]) =>
      argument.replace(/[`"\s]/g, ""),
    ),
  );
  return served(hosts, own);
}

function inOtherChart(release: Mapping): readonly ServedHost[] {
  return chartIngresses(release).flatMap(({ path, values }) =>
    served(hostsInValues(values), {
      source: `${sourceOf(release)} (${path.slice(2).join(".")})`,
      annotations: fieldsIn(values, ["annotations"]),
      ingressClass: values.ingressClassName ?? values.className,
    }),
  );
}

/** `ingressClass` is the field; without it, the class is that of the annotation. */
function served(
  hosts: readonly string[],
  { ingressClass, ...own }: Omit<ServedHost, "host" | "ingressClass"> & { ingressClass: Value | undefined },
): readonly ServedHost[] {
  const name = scalarText(ingressClass) || scalarText(own.annotations["kubernetes.io/ingress.class"]);
  return hosts.map((host) => ({ ...own, host, ingressClass: name }));
}

/** Identifies an Ingress by its object and, in a HelmRelease of app-template, by its key in the values. */
export function sourceOf(object: Mapping, key?: string): string {
  const { namespace, name } = nameOf(object);
  return `${scalarText(object.kind)} ${namespace}/${name}${key === undefined ? "" : ` (ingress.${key})`}`;
}

/** Where Helm installs a release; the namespace of any other object. */
export function releaseNamespace(object: Mapping): string {
  return releaseOf(asKubeObject(object)).namespace;
}

/** A text in a release's values as Helm renders it, if it only uses the release's name and namespace. */
export function rendered(text: string, release: Mapping): string {
  return renderedByChart(text, asKubeObject(release));
}
