import { X509Certificate } from "node:crypto";
import { distinct } from "../../../../lib/distinct.ts";
import { named } from "../../../../lib/counted.ts";
import type { KubeObject } from "../../../../kube/objects.ts";
import type { GroupKind } from "../../../../policy/engine/object-index.ts";
import { at, fields, text, texts } from "../../../../policy/engine/read.ts";
import { SECRET } from "../../../../policy/objects/kinds.ts";
import { isAmong } from "../../../../policy/objects/secret-sources.ts";
import { isCiphertext } from "../../../gitops/flux/ciphertext.ts";
import { indexOf } from "../../clusters.ts";
import type { Moving, Parents } from "./gateway/parents.ts";

const CERTIFICATE: GroupKind = { group: "cert-manager.io", kind: "Certificate" };

/** What the repository shows of the certificate in a Secret. */
interface Shown {
  readonly names: readonly string[];
  /** Another name for which clients may accept it: most read only the DNS names. */
  readonly commonName?: string;
  /** Where it is shown, as the start of a sentence that goes on with the names. */
  readonly where: string;
}

/** Whether a name in a certificate covers a host: a wildcard covers one label. Source: RFC 6125, 6.4.3 */
export function coversHost(pattern: string, host: string): boolean {
  const [one, other] = [pattern.toLowerCase(), host.toLowerCase()];
  return one === other || (one.startsWith("*.") && other.replace(/^[^.]+/, "*") === one);
}

/** What is known today of the certificate of a host, as the end of a sentence that asks for one; empty if the Ingress names no Secret. */
export function certificateToday(host: string, moving: Moving): string {
  const { kind, tlsSecrets } = moving.reading;
  const shown = new Map(tlsSecrets.map((secret) => [secret, shownOf(secret, moving)]));
  const answers = Map.groupBy(tlsSecrets, (secret) => answerOf(host, shown.get(secret) ?? []));
  const covering = answers.get("covers") ?? [];
  if (covering.length > 0)
    return `, as ${named(covering, "Secret")} ${covering.length === 1 ? "does" : "do"} today`;
  const lacking = (answers.get("lacks") ?? []).map((secret) => {
    const reasons = (shown.get(secret) ?? []).map(
      ({ where, names }) => `${where} ${names.length === 0 ? "no DNS name" : `only ${names.join(", ")}`}`,
    );
    return `; Secret ${secret}, which the ${kind} names, does not: ${distinct(reasons).join(", ")}`;
  });
  const open = answers.get("unknown") ?? [];
  const names = open.length === 0 ? "" : ` (the ${kind} names ${named(open, "Secret")})`;
  return `${names}${lacking.join("")}`;
}

function answerOf(host: string, shown: readonly Shown[]): "covers" | "lacks" | "unknown" {
  const covers = ({ names }: Shown): boolean => names.some((name) => coversHost(name, host));
  if (shown.length === 0) return "unknown";
  if (shown.every(covers)) return "covers";
  const isSure = shown.every(
    (one) =>
      !covers(one) &&
      [host, ...one.names, one.commonName ?? ""].every(isLiteral) &&
      !coversHost(one.commonName ?? "", host),
  );
  return isSure ? "lacks" : "unknown";
}

/** Whether a name has no variables, templates or encrypted parts. */
const isLiteral = (name: string): boolean => !/[${}]/.test(name) && !isCiphertext(name);

/** What shows the certificate in a Secret of the Ingress's namespace: what issues it there, the Secret itself or, if there is neither, what is copied there. */
function shownOf(secret: string, moving: Moving): readonly Shown[] {
  const { cluster, namespace } = moving;
  const asked = askedFor(moving);
  if (!cluster) return asked;
  const index = indexOf(cluster);
  const certificates = index.ofKind(CERTIFICATE);
  const inPlace = (own: string, name: string): readonly Shown[] => [
    ...certificates.filter((one) => namespaceOf(one) === own && secretOf(one) === name).map(fromCertificate),
    ...fromSecret(index.get(SECRET, own, name)),
  ];
  const own = [...asked, ...inPlace(namespace, secret)];
  if (own.length > 0) return own;
  const copy = index.get(SECRET, namespace, secret);
  const source = COPIES.map((key) => text(fields(copy?.metadata.annotations)[key])).find(Boolean);
  const [from, name] = source?.split("/") ?? [];
  if (from !== undefined && name !== undefined) return inPlace(from, name);
  return copy
    ? []
    : certificates
        .filter((one) => secretOf(one) === secret && isCopiedTo(one, namespace))
        .map(fromCertificate);
}

/** cert-manager issues a certificate for the hosts in `tls` of an Ingress with its annotations. Source: https://cert-manager.io/docs/usage/ingress/ */
function askedFor({ reading }: Moving): readonly Shown[] {
  const { kind, annotations, tlsHosts, tlsSecrets } = reading;
  const isAsked = kind === "Ingress" && annotations.certificate.length > 0 && tlsHosts.length > 0;
  // Which of several Secrets has which host is not known here.
  return isAsked && tlsSecrets.length === 1 ? [{ names: tlsHosts, where: "its tls lists" }] : [];
}

const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? "default";
const secretOf = ({ spec }: KubeObject): string | undefined => text(fields(spec).secretName);

function fromCertificate(certificate: KubeObject): Shown {
  const { dnsNames, commonName } = fields(certificate.spec);
  const where = `Certificate ${namespaceOf(certificate)}/${certificate.metadata.name} has`;
  return { names: texts(dnsNames), commonName: text(commonName) ?? "", where };
}

/**
 * The certificate that cert-manager deletes with an Ingress, and what the Gateway needs instead: none if a Certificate of the repository writes its Secret.
 * Sources: https://cert-manager.io/docs/usage/ingress/, and https://cert-manager.io/docs/usage/gateway/ (an Issuer must be in the Gateway's namespace)
 */
export function deletedCertificate(moving: Moving, gateway: Parents["gateway"]): readonly string[] {
  const { cluster, namespace, reading } = moving;
  const { kind, annotations, usesTls, tlsSecrets } = reading;
  const { certificate } = annotations;
  // cert-manager issues nothing for an Ingress without `tls`, and nothing for an IngressRoute.
  if (certificate.length === 0 || !usesTls || kind === "IngressRoute") return [];
  const written = cluster ? indexOf(cluster).ofKind(CERTIFICATE) : [];
  const isWritten = (secret: string): boolean =>
    written.some(
      (one) => secretOf(one) === secret && (namespaceOf(one) === namespace || isCopiedTo(one, namespace)),
    );
  if (tlsSecrets.length > 0 && tlsSecrets.every(isWritten)) return [];
  const goes = "cert-manager deletes the certificate with the Ingress";
  const [issuer] = certificate.flatMap((one) => /^issuer (.+)$/.exec(one)?.[1] ?? []);
  const isOwn = certificate.every((one) => !one.startsWith("issuer-kind ") || one === "issuer-kind Issuer");
  return issuer === undefined || !isOwn || gateway.namespace === namespace
    ? [`${goes}: move ${certificate.join(", ")} to the Gateway`]
    : [
        `${goes}: issuer ${issuer} is an Issuer in namespace ${namespace}, and the Gateway needs one in namespace ${gateway.namespace}, or a ClusterIssuer`,
      ];
}

/** The certificate in a Secret whose contents the repository has in plain text. */
function fromSecret(secret: KubeObject | undefined): readonly Shown[] {
  const plain = text(at(secret, ["stringData", "tls.crt"]));
  const pem = plain ?? Buffer.from(text(at(secret, ["data", "tls.crt"])) ?? "", "base64").toString();
  if (!pem.includes("BEGIN CERTIFICATE")) return [];
  try {
    const { subject, subjectAltName = "" } = new X509Certificate(pem);
    const names = subjectAltName.split(", ").flatMap((one) => /^DNS:(.+)/.exec(one)?.[1] ?? []);
    const commonName = /^CN=(.+)$/m.exec(subject)?.[1] ?? "";
    return [{ names, commonName, where: "its certificate has" }];
  } catch {
    // It may be a placeholder.
    return [];
  }
}

const REFLECTOR = "reflector.v1.k8s.emberstack.com";
const REPLICATOR = "replicator.v1.mittwald.de";
/** Annotations of a Secret that takes its contents from another: `namespace/name`. */
const COPIES = [`${REFLECTOR}/reflects`, `${REPLICATOR}/replicate-from`];

/**
 * Whether a controller copies a Certificate's Secret to a namespace.
 * Sources: "Annotate the source" in the README of emberstack/kubernetes-reflector, and "Push-based replication" in that of mittwald/kubernetes-replicator
 */
function isCopiedTo({ spec }: KubeObject, namespace: string): boolean {
  const annotations = fields(at(spec, ["secretTemplate", "annotations"]));
  const of = (key: string): string => text(annotations[key]) ?? "";
  const pushed = of(`${REPLICATOR}/replicate-to`);
  if (pushed !== "" && isAmong(namespace, pushed)) return true;
  const isReflected = ["reflection-auto-enabled", "reflection-allowed"].every(
    (key) => of(`${REFLECTOR}/${key}`) === "true",
  );
  return (
    isReflected &&
    ["reflection-auto-namespaces", "reflection-allowed-namespaces"].every((key) => {
      const list = of(`${REFLECTOR}/${key}`);
      return list === "" || isAmong(namespace, list);
    })
  );
}
