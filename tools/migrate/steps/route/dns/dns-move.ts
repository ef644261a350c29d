import { at, text } from "../../../../../policy/engine/read.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../../gitops/yaml/values.ts";
import { fieldsIn, nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import { admittedAnnotations } from "../admission/injected.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import type { MovingForm } from "../gateway/parents.ts";
import type { ReadRoute, Texts } from "./writer.ts";

/** An Ingress in one cluster, as DNS writers read it, and the Gateway of its route. */
export interface DnsMove extends Pick<MovingForm, "form" | "reading" | "hosts" | "cluster"> {
  /** `namespace/name` */
  readonly gateway: string;
  /** Those of the Ingress, as it is in the cluster. */
  readonly annotations: Texts;
  /** As in {@link DnsRecord}. */
  readonly attachesBlindly: boolean;
  /** Undefined if the Gateway is not in the repository. */
  readonly gatewayObject: KubeObject | undefined;
  readonly parentRefs: readonly Mapping[];
  readonly route: ReadRoute;
}

/** What DNS writers read of an Ingress before the move, and of its route afterwards. */
export function dnsMove(moving: MovingForm, parentRefs: readonly Mapping[]): DnsMove {
  const { form, reading, hosts, cluster, namespace } = moving;
  const [parentRef = {}] = parentRefs;
  const named = { namespace: scalarText(parentRef.namespace), name: scalarText(parentRef.name) };
  const found = gatewayIn(cluster, named);
  const metadata = found?.metadata;
  return {
    form,
    reading,
    hosts,
    cluster,
    gateway: `${named.namespace}/${named.name}`,
    annotations: admittedAnnotations(moving),
    attachesBlindly:
      found === undefined && parentRef.sectionName === undefined && parentRef.port === undefined,
    gatewayObject: found,
    parentRefs,
    route: {
      namespace,
      name: isRelease(form.object) ? undefined : nameOf(form.object).name,
      hosts,
      annotations: textsOf(reading.annotations.kept),
      labels: labelsOf(form.object),
      gateway: {
        ...named,
        labels: metadata && (metadata.labels ?? {}),
        annotations: metadata && (metadata.annotations ?? {}),
        className: text(at(found?.spec, ["gatewayClassName"])),
      },
    },
  };
}

const textsOf = (values: Mapping): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, scalarText(value)]));

/** The labels of an Ingress, which its route has as well; undefined if a chart renders both. */
const labelsOf = (object: Mapping): Readonly<Record<string, string>> | undefined =>
  isRelease(object) ? undefined : textsOf(fieldsIn(object, ["metadata", "labels"]));
