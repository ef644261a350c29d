import { createHash } from "node:crypto";

/** The certificate for a hostname: a Secret of type kubernetes.io/tls, or a cert-manager issuer. */
export type Certificate =
  | { readonly secret: string; readonly namespace?: string | undefined }
  | { readonly issuer: string; readonly kind: "Issuer" | "ClusterIssuer" };

/**
 * An HTTPS listener of a Gateway: one hostname with one certificate, since Traefik reads only the first of a listener's certificateRefs
 * (docs/decisions/one-https-listener-per-hostname.md).
 */
export interface HttpsListener {
  /** Name of the listener: `websecure` for the first configured hostname, `websecure-<hostname>` for the others. */
  readonly name: string;
  readonly hostname: string;
  /** The Secret with the certificate, which cert-manager may not have created yet. */
  readonly secret: { readonly name: string; readonly namespace: string };
  /** Whether cert-manager creates the Secret. */
  readonly issued: boolean;
}

interface ListenerArgs {
  readonly name: string;
  readonly namespace: string;
  readonly https: {
    readonly hostnames: readonly {
      readonly hostname: string;
      readonly certificate?: Certificate | undefined;
    }[];
  };
}

/** The HTTPS listeners of a Gateway: one per hostname with a certificate, in configuration order. */
export function httpsListeners({ name, namespace, https }: ListenerArgs): HttpsListener[] {
  const slugs = uniqueSlugs(https.hostnames.map(({ hostname }) => hostname));
  return https.hostnames.flatMap(({ hostname, certificate }, index) => {
    if (certificate === undefined) return [];
    const slug = slugs[index] ?? "";
    const secret =
      "secret" in certificate
        ? { name: certificate.secret, namespace: certificate.namespace ?? namespace }
        : { name: `${name}-${slug}-tls`, namespace };
    const issued = "issuer" in certificate;
    return [{ name: index === 0 ? "websecure" : `websecure-${slug}`, hostname, secret, issued }];
  });
}

/** Leaves room for the prefix `websecure-`, since a DNS label has at most 63 characters. */
const MAX_SLUG = 50;

/**
 * Hostnames in a form that fits into DNS labels: dots become dashes, and `*` becomes `wildcard`. A name that is too long or already taken is shortened and gets
 * a hash of the hostname.
 */
function uniqueSlugs(hostnames: readonly string[]): string[] {
  const taken = new Set<string>();
  return hostnames.map((hostname) => {
    const plain = hostname.replace(/^\*/, "wildcard").replaceAll(".", "-");
    const hash = createHash("sha256").update(hostname).digest("hex").slice(0, 8);
    const shortened = `${plain.slice(0, MAX_SLUG - hash.length - 1).replace(/-+$/, "")}-${hash}`;
    const slug = plain.length > MAX_SLUG || taken.has(plain) ? shortened : plain;
    taken.add(slug);
    return slug;
  });
}
