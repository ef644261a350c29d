import { quantity } from "../../../kube/quantity.ts";
import { type PodPlace } from "./pod-place.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";

/** The value of a pod's field in the downward API. @throws Error for an unsupported field. */
export function podField(pod: RealPod, path: string, { podIP, hostIP }: PodPlace): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return lines(metadata.labels);
    case "metadata.annotations":
      return lines(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.podIP":
    case "status.podIPs":
      return podIP;
    case "status.hostIP":
    case "status.hostIPs":
      return hostIP;
    default:
      throw new Error(`the downward API has no field ${path}`);
  }
}

function lines(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
    .join("");
}

/** A container's request or limit in the downward API, in units of the divisor and rounded up; 0 if none is set. */
export function resourceField(container: RealContainer, resource: string, divisor = "1"): string {
  const [kind = "", name = ""] = resource.split(".");
  const declared = container.resources?.[kind as "limits" | "requests"]?.[name] ?? "0";
  const unit = quantity(divisor) ?? 0;
  return String(Math.ceil((quantity(declared) ?? 0) / (unit === 0 ? 1 : unit)));
}
