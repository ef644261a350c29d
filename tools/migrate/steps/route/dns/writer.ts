/** A text by name. */
export type Texts = Readonly<Record<string, string>>;

/** A program that writes or answers DNS records, and which Ingresses and routes it reads. */
export interface DnsWriter {
  /** `namespace/name` */
  readonly id: string;
  /** What runs it. */
  readonly kind: "HelmRelease" | "Deployment";
  /** What becomes of a record that nothing asks for any more: `would delete it`. */
  readonly afterwards: string;
  /** The classes of Ingresses that it is limited to; that does not limit the routes. */
  readonly ingressClasses: readonly string[];
  /** Whether it manages the records of a host, according to its domains. */
  readonly covers: (host: string) => boolean;
  readonly readsIngress: (ingress: ReadIngress) => boolean;
  /** Why it does not write the record of a route, to be read after its name; undefined if it does. */
  readonly whyBlind: (route: ReadRoute) => string | undefined;
}

/** What it reads of an Ingress or IngressRoute. */
export interface ReadIngress {
  readonly kind: string;
  readonly ingressClass: string;
  readonly annotations: Texts;
  /** Undefined if a chart adds further labels. */
  readonly labels: Texts | undefined;
}

/** What it reads of a route with one Gateway. */
export interface ReadRoute {
  readonly annotations: Texts;
  /** As for {@link ReadIngress}. */
  readonly labels: Texts | undefined;
  readonly gateway: {
    readonly namespace: string;
    readonly name: string;
    /** Undefined if the Gateway is not in the repository. */
    readonly labels: Texts | undefined;
    /** As for `labels`. */
    readonly className: string | undefined;
  };
}
