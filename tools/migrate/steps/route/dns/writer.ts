/** A text by name. */
export type Texts = Readonly<Record<string, string>>;

/** An annotation of an object, by its name without the prefix. */
export type OwnAnnotation = (name: string, annotations: Texts) => string | undefined;

/** A program that writes or answers DNS records, and which Ingresses and routes it reads. */
export interface DnsWriter {
  /** `namespace/name` */
  readonly id: string;
  /** What runs or configures it. */
  readonly kind: "HelmRelease" | "Deployment" | "ConfigMap";
  readonly program: "external-dns" | "k8s_gateway";
  /** The annotations that it filters Ingresses and routes by; absent if it has no such filter. */
  readonly filtered?: readonly string[];
  /** What becomes of a record that nothing asks for any more: `would delete it`. */
  readonly afterwards: string;
  /** The classes of Ingresses that it is limited to; that does not limit the routes. */
  readonly ingressClasses: readonly string[];
  /** Whether it manages the records of a host, according to its domains. */
  readonly covers: (host: string) => boolean;
  /** The names of whose records it writes for an Ingress; none if it does not read that. */
  readonly namesOf: (ingress: ReadIngress) => readonly string[];
  /** Why it does not write the record of a route, to be read after its name; undefined if it does. */
  readonly whyBlind: (route: ReadRoute) => string | undefined;
  /** The names of whose records it writes for a route that it reads, if the Gateway has listeners for them. */
  readonly routeNames: (route: ReadRoute) => readonly string[];
  /** The targets that annotations give; undefined if it takes the address. Absent if it never reads any. */
  readonly targetIn?: (annotations: Texts) => string | undefined;
  /** The targets of all its records, whatever the annotations. */
  readonly fixedTarget?: string | undefined;
  /** What decides about records and is not known here, each to be read after its name. */
  readonly conditions?: readonly string[];
}

/** What it reads of an Ingress or IngressRoute. */
export interface ReadIngress {
  readonly kind: string;
  readonly namespace: string;
  /** Undefined if a chart names it. */
  readonly name: string | undefined;
  /** The class that it names itself. */
  readonly ingressClass: string;
  readonly annotations: Texts;
  /** Undefined if a chart adds further labels. */
  readonly labels: Texts | undefined;
  readonly hosts: readonly string[];
  readonly tlsHosts: readonly string[];
}

/** What it reads of a route with one Gateway. */
export interface ReadRoute {
  readonly namespace: string;
  /** As for {@link ReadIngress}. */
  readonly name: string | undefined;
  readonly hosts: readonly string[];
  readonly annotations: Texts;
  /** As for {@link ReadIngress}. */
  readonly labels: Texts | undefined;
  readonly gateway: {
    readonly namespace: string;
    readonly name: string;
    /** Undefined if the Gateway is not in the repository. */
    readonly labels: Texts | undefined;
    /** As for `labels`. */
    readonly annotations: Texts | undefined;
    /** As for `labels`. */
    readonly className: string | undefined;
  };
}
