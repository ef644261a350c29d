import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes, webcrypto } from "node:crypto";
import { join } from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const VALID_YEARS = 10;

/** A certificate authority with its private key. */
interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** The subject of a certificate. */
interface Subject {
  readonly commonName: string;
  /** For a client certificate: the user's groups. */
  readonly organizations?: readonly string[];
  /** Host names and addresses; if present, the certificate is also a server certificate. */
  readonly hosts?: readonly x509.JsonGeneralName[];
}

/** The certificate subjects of the API server's clients, keyed by the base name of their files; see {@link createPki}. */
const USERS = (node: string) =>
  ({
    admin: { commonName: "edgefirst:sandbox-admin", organizations: ["system:masters"] },
    "controller-manager": { commonName: "system:kube-controller-manager" },
    scheduler: { commonName: "system:kube-scheduler" },
    agent: { commonName: `system:node:${node}`, organizations: ["system:nodes", AGENT_GROUP] },
  }) satisfies Record<string, Subject>;

/** A client of the API server, with its certificate in `<name>.crt` and its key in `<name>.key`. */
export type User = keyof ReturnType<typeof USERS>;

/** The group that gives the agent more permissions than a kubelet has. */
export const AGENT_GROUP = "edgefirst:sandbox-agents";

/** The name of the API server's client certificate for the servers of aggregated APIs. */
export const FRONT_PROXY = "front-proxy-client";

/**
 * Creates all keys and certificates for a cluster in `dir` (files with mode 0600, folder 0700), unless the folder exists. The folder
 * appears complete or not at all.
 *
 * etcd has a separate authority: whoever can read etcd can read every Secret, so no certificate from the cluster's authority may grant
 * access.
 */
export async function createPki(
  dir: string,
  options: { node: string; apiserverAddress: string },
): Promise<void> {
  if (existsSync(dir)) return;
  const files = new Map<string, string>();
  const save = saveIn(files);
  const ca = await save("ca", createAuthority("edgefirst-sandbox-ca"));
  const etcdCa = await save("etcd-ca", createAuthority("edgefirst-sandbox-etcd-ca"));
  await save("etcd", issue(etcdCa, { commonName: "etcd", hosts: [{ type: "ip", value: "127.0.0.1" }] }));
  await save("etcd-client", issue(etcdCa, { commonName: "kube-apiserver" }));
  await save(
    "apiserver",
    issue(ca, { commonName: "kube-apiserver", hosts: apiserverHosts(options.apiserverAddress) }),
  );
  for (const [name, subject] of Object.entries(USERS(options.node))) await save(name, issue(ca, subject));

  const serviceAccount = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  files.set("service-account.key", await keyPem(serviceAccount.privateKey));
  files.set("service-account.pub", await keyPem(serviceAccount.publicKey));
  writeFolder(dir, files);
}

/**
 * Creates the authority and the certificate with which the API server identifies itself to the servers of aggregated APIs, like {@link createPki}. This is a
 * separate folder so that sandboxes from before it get one.
 */
export async function createFrontProxyPki(dir: string): Promise<void> {
  if (existsSync(dir)) return;
  const files = new Map<string, string>();
  const save = saveIn(files);
  const ca = await save("ca", createAuthority("edgefirst-sandbox-front-proxy-ca"));
  await save("client", issue(ca, { commonName: FRONT_PROXY }));
  writeFolder(dir, files);
}

/** Returns a function that adds a certificate and its key to `files`. */
function saveIn(files: Map<string, string>) {
  return async (name: string, issued: Promise<Authority>): Promise<Authority> => {
    const { certificate, key } = await issued;
    files.set(`${name}.crt`, certificate.toString("pem")).set(`${name}.key`, await keyPem(key));
    return { certificate, key };
  };
}

function apiserverHosts(serviceAddress: string): x509.JsonGeneralName[] {
  const names = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  return [
    ...["localhost", ...names].map((value) => ({ type: "dns" as const, value })),
    ...["127.0.0.1", serviceAddress].map((value) => ({ type: "ip" as const, value })),
  ];
}

async function createAuthority(commonName: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function issue(authority: Authority, subject: Subject): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const usages = [
    x509.ExtendedKeyUsage.clientAuth,
    ...(subject.hosts ? [x509.ExtendedKeyUsage.serverAuth] : []),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(),
    serialNumber: serialNumber(),
    subject: [{ CN: [subject.commonName] }, ...(subject.organizations ?? []).map((name) => ({ O: [name] }))],
    issuer: authority.certificate.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: EC,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      ...(subject.hosts ? [new x509.SubjectAlternativeNameExtension([...subject.hosts])] : []),
    ],
  });
  return { certificate, key: keys.privateKey };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(Date.now() - 60_000);
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notAfter.getFullYear() + VALID_YEARS);
  return { notBefore, notAfter };
}

function serialNumber(): string {
  return randomBytes(16).toString("hex");
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const [format, tag] =
    key.type === "private" ? (["pkcs8", "PRIVATE KEY"] as const) : (["spki", "PUBLIC KEY"] as const);
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey(format, key), tag);
}

function writeFolder(dir: string, files: ReadonlyMap<string, string>): void {
  const temporary = `${dir}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) writeFileSync(join(temporary, name), `${content}\n`, { mode: 0o600 });
  renameSync(temporary, dir);
}
