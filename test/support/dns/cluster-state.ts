import type { KubeClient } from "../../../kube/kube-client.ts";
import { describeObject, type KubeObject } from "../../../kube/objects.ts";
import { fields, list, text } from "../../../policy/engine/read.ts";

/** The kinds that external-dns reads, and the order in which they are applied. */
const KINDS = ["Gateway", "Ingress", "IngressRoute", "HTTPRoute"];

const PLURALS: Readonly<Record<string, string>> = {
  Gateway: "gateways",
  Ingress: "ingresses",
  HTTPRoute: "httproutes",
};

/** The address that a class's controller writes into the status of its Ingresses, and a Gateway into its own. */
export const INGRESS_ADDRESS = "192.0.2.10";
export const GATEWAY_ADDRESS = "198.51.100.20";

/** The objects of one cluster that external-dns reads, with the statuses that controllers would write. */
export class ClusterState {
  readonly #client: KubeClient;
  readonly #live = new Map<string, KubeObject>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Makes these objects the only ones of their kinds. */
  async become(objects: readonly KubeObject[]): Promise<void> {
    const wanted = objects
      .filter(({ kind }) => KINDS.includes(kind))
      .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
    const names = new Set(wanted.map(describeObject));
    for (const [name, object] of this.#live)
      if (!names.has(name)) {
        await this.#client.delete(object);
        this.#live.delete(name);
      }
    for (const object of wanted) {
      await this.#client.apply(object, { fieldManager: "test", force: true });
      const status = statusOf(object);
      if (status) await this.#client.call("PATCH", `${pathOf(object)}/status`, patch(status));
      this.#live.set(describeObject(object), object);
    }
  }
}

const patch = (status: object): object => ({
  body: { status },
  contentType: "application/merge-patch+json",
});

function pathOf({ apiVersion, kind, metadata: { namespace = "", name } }: KubeObject): string {
  return `/apis/${apiVersion}/namespaces/${namespace}/${PLURALS[kind] ?? ""}/${name}`;
}

/** A status as its controller writes it once everything works. */
function statusOf({ kind, spec, metadata: { namespace } }: KubeObject): object | undefined {
  if (kind === "Ingress") return { loadBalancer: { ingress: [{ ip: INGRESS_ADDRESS }] } };
  if (kind === "Gateway") return { addresses: [{ type: "IPAddress", value: GATEWAY_ADDRESS }] };
  if (kind !== "HTTPRoute") return undefined;
  const parents = list(fields(spec).parentRefs)
    .map(fields)
    .map((parentRef) => ({
      parentRef: {
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        ...parentRef,
        namespace: text(parentRef.namespace) ?? namespace,
      },
      controllerName: "example.com/gateway",
      conditions: [
        {
          type: "Accepted",
          status: "True",
          reason: "Accepted",
          message: "",
          observedGeneration: 1,
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    }));
  return { parents };
}
