/** The fields of a Service that the network reads. */
export interface Service {
  readonly metadata: Metadata;
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalIPs?: readonly string[];
    readonly ports?: readonly ServicePort[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

/** One port of a Service. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly protocol?: string;
}

/** The fields of an EndpointSlice that the network reads. */
export interface EndpointSlice {
  readonly metadata: Metadata;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly hostname?: string;
  }[];
}

/** The fields of a Gateway that the network reads. */
export interface Gateway {
  readonly metadata: Metadata;
  readonly spec: { readonly listeners?: readonly { readonly hostname?: string }[] };
  readonly status?: { readonly addresses?: readonly { readonly type?: string; readonly value: string }[] };
}

/** The fields of an HTTPRoute that the network reads. */
export interface HttpRoute {
  readonly metadata: Metadata;
  readonly spec: {
    readonly hostnames?: readonly string[];
    readonly parentRefs?: readonly {
      readonly kind?: string;
      readonly name: string;
      readonly namespace?: string;
    }[];
  };
}

/** The fields of an Ingress that the network reads. */
export interface Ingress {
  readonly metadata: Metadata;
  readonly spec: { readonly rules?: readonly { readonly host?: string }[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The objects that define a cluster's network. */
export interface NetworkObjects {
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, EndpointSlice>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly ingresses: ReadonlyMap<string, Ingress>;
}

/** The ready endpoints of a Service, along with the slices that they come from. */
export function readyEndpoints(
  { slices }: Pick<NetworkObjects, "slices">,
  { metadata }: Service,
): { readonly slice: EndpointSlice; readonly address: string; readonly hostname?: string | undefined }[] {
  return [...slices.values()]
    .filter(
      (slice) =>
        slice.metadata.namespace === metadata.namespace &&
        slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name,
    )
    .flatMap((slice) =>
      (slice.endpoints ?? [])
        // Absent means ready, says the API.
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses, hostname }) => addresses.map((address) => ({ slice, address, hostname }))),
    );
}
