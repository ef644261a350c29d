import { direct, plugin, type Way } from "./kubeconfig-ways.ts";

const ca = { "certificate-authority": "pki/ca.crt" };
const token = { token: "abc" };
const { exec } = plugin();
const nulls = (...names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, null]));
/** An exec plugin in the shell; the kubeconfig is in the folder `$D`. */
const shell = (script: string, more: object = {}) => ({
  exec: { ...exec, command: "sh", args: ["-c", `D=$(dirname "$KUBECONFIG"); ${script}`], ...more },
});
/** Prints credentials; the fields are the JSON of their status. */
const credentials = (status: string, apiVersion = exec.apiVersion): string =>
  `printf '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{%s}}' "${status}"`;
/** A PEM file as a JSON string. */
const pem = (file: string): string => `\\"$(sed ':a;N;$!ba;s/\\n/\\\\n/g' "$D/pki/${file}")\\"`;

/** A server that is not verified, in YAML. */
const unverified = (written: string): string =>
  `clusters: [{ name: c, cluster: { server: "https://127.0.0.1:{https}", insecure-skip-tls-verify: ${written} } }]\n`;

/** Ways to reach a cluster that few kubeconfigs use, by name. */
export const UNUSUAL_WAYS: Readonly<Record<string, Way>> = {
  "a server without a scheme": {
    cluster: { server: "127.0.0.1:{http}" },
    seen: {},
  },
  "a server without a scheme, which does not serve plain HTTP": {
    cluster: { ...direct, server: "127.0.0.1:{https}" },
    seen: undefined,
  },
  "a server with a scheme in capitals": {
    cluster: { ...direct, server: "HTTPS://127.0.0.1:{https}" },
    seen: { authorization: "Bearer abc" },
  },
  "an authority of a server that is not verified": {
    cluster: { server: "https://127.0.0.1:{https}", ...ca, "insecure-skip-tls-verify": true },
    seen: undefined,
  },
  "an empty token in a file, and one inline": {
    user: { tokenFile: "/dev/null", token: "inline" },
    seen: { authorization: "Bearer inline" },
  },
  "proxy-url with a name and a password": {
    cluster: {
      server: "https://kubernetes:6443",
      ...ca,
      "proxy-url": "http://ann:secret@127.0.0.1:{httpProxy}",
    },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "proxy-url without a scheme": {
    cluster: { server: "https://kubernetes:6443", ...ca, "proxy-url": "127.0.0.1:{httpProxy}" },
    seen: undefined,
  },
  "impersonation with a UID and more": {
    user: { ...token, as: "deployer", "as-uid": "7", "as-user-extra": { team: ["blue", "red"] } },
    seen: { authorization: "Bearer abc", impersonated: "deployer" },
  },
  "groups to impersonate, without a user": { user: { ...token, "as-groups": ["ops"] }, seen: undefined },
  "null in place of fields": {
    cluster: { ...direct, ...nulls("certificate-authority-data", "insecure-skip-tls-verify", "proxy-url") },
    user: {
      ...token,
      ...nulls("tokenFile", "username", "password", "client-certificate", "exec", "auth-provider"),
      ...nulls("as", "as-uid", "as-groups", "as-user-extra"),
    },
    seen: { authorization: "Bearer abc" },
  },
  "an exec plugin with null in place of a variable's value": {
    user: {
      ...nulls("token", "username"),
      ...shell(credentials(`\\"token\\":\\"x$MINE\\"`), { env: [{ name: "MINE", value: null }] }),
    },
    seen: { authorization: "Bearer x" },
  },
  "a folder in KUBECONFIG": { files: ["pki", "edge"], seen: undefined },
  "one kubeconfig twice": { files: ["edge", "edge"], seen: { authorization: "Bearer abc" } },
  "an exec plugin with variables": {
    user: shell(credentials(`\\"token\\":\\"$MINE\\"`), { env: [{ name: "MINE", value: "from-env" }] }),
    seen: { authorization: "Bearer from-env" },
  },
  "an exec plugin that returns a certificate": {
    user: shell(
      `printf '{"apiVersion":"${exec.apiVersion}","kind":"ExecCredential","status":{"clientCertificateData":%s,"clientKeyData":%s}}' "${pem("admin.crt")}" "${pem("admin.key")}"`,
    ),
    seen: { certificate: "edgefirst:sandbox-admin" },
  },
  "an exec plugin that returns nothing": { user: shell(credentials("")), seen: undefined },
  "an exec plugin that answers in YAML": {
    user: shell(
      `printf 'apiVersion: ${exec.apiVersion}\nkind: ExecCredential\nstatus: { token: x, expirationTimestamp: 2999-01-01T00:00:00Z }\n'`,
    ),
    seen: { authorization: "Bearer x" },
  },
  "an exec plugin that does not say when its token expires": {
    user: shell(credentials(`\\"token\\":\\"x\\",\\"expirationTimestamp\\":\\"soon\\"`)),
    seen: undefined,
  },
  "an exec plugin that answers with neither": { user: shell("echo token"), seen: undefined },
  "an exec plugin that answers in another version": {
    user: shell(credentials(`\\"token\\":\\"x\\"`, "client.authentication.k8s.io/v1beta1")),
    seen: undefined,
  },
  "a second document in a kubeconfig": {
    suffix: "---\nkind: Other\n",
    seen: { authorization: "Bearer abc" },
  },
  "a key of a kubeconfig twice": {
    suffix: "users: [{ name: u, user: { token: last } }]\n",
    seen: { authorization: "Bearer last" },
  },
  "yes in place of true, and what is a time in YAML 1.1": {
    suffix: `${unverified("yes")}users: [{ name: u, user: { token: 2024-01-01 } }]\n`,
    seen: { authorization: "Bearer 2024-01-01" },
  },
  "a text in place of true": { suffix: unverified('"true"'), seen: undefined },
  "a name twice in a kubeconfig": {
    suffix: "users: [{ name: u, user: { token: abc } }, { name: u, user: { token: abc } }]\n",
    seen: undefined,
  },
  "a kubeconfig that starts a document": { prefix: "# mine\n---\n", seen: { authorization: "Bearer abc" } },
};
