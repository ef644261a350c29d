import type { Caller } from "../support/reachable.ts";

/** A way to reach a cluster, and the caller that the cluster sees. */
export interface Way {
  readonly cluster?: object;
  /** By default, a user with the token `abc`: without credentials, kubectl would ask for a user name. */
  readonly user?: object;
  /** Environment variables in addition to KUBECONFIG. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Value of KUBECONFIG; `edge` by default, relative to the folder. */
  readonly files?: readonly string[];
  /** Text at the start of the kubeconfig. */
  readonly prefix?: string;
  /** Follows the kubeconfig in its file. */
  readonly suffix?: string;
  /** What the server sees; undefined if it is not reached. */
  readonly seen: Caller | undefined;
}

/** A name that only the proxies know. */
const BEHIND_PROXY = "https://kubernetes:6443";
const ca = { "certificate-authority": "pki/ca.crt" };
/** The server without a proxy. */
export const direct = { server: "https://127.0.0.1:{https}", ...ca };
/** An exec plugin next to the kubeconfig. */
export const plugin = (apiVersion = "client.authentication.k8s.io/v1") => ({
  exec: { apiVersion, command: "./login", interactiveMode: "Never", provideClusterInfo: true },
});

/** A JSON Web Token that expires in 2100; nothing checks its signature. */
const ID_TOKEN = [{ alg: "RS256" }, { exp: 4_102_444_800, sub: "ann" }, {}]
  .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
  .join(".");

/** Ways to reach a cluster, by name. `{https}` and the like are the ports of the servers. */
export const WAYS: Readonly<Record<string, Way>> = {
  "a token": { seen: { authorization: "Bearer abc" } },
  "a token in a file next to the kubeconfig": {
    user: { tokenFile: "token" },
    seen: { authorization: "Bearer tok" },
  },
  "a token in a file, and an old one inline": {
    user: { tokenFile: "token", token: "old" },
    seen: { authorization: "Bearer tok" },
  },
  "a token file that does not exist": { user: { tokenFile: "gone" }, seen: undefined },
  "a certificate": {
    user: { "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
    seen: { certificate: "edgefirst:sandbox-admin" },
  },
  "a name and a password": {
    user: { username: "ann", password: "secret" },
    seen: { authorization: `Basic ${Buffer.from("ann:secret").toString("base64")}` },
  },
  impersonation: {
    user: { token: "abc", as: "deployer" },
    seen: { authorization: "Bearer abc", impersonated: "deployer" },
  },
  "an exec plugin next to the kubeconfig": { user: plugin(), seen: { authorization: "Bearer exec" } },
  "an exec plugin of another version": {
    user: plugin("client.authentication.k8s.io/v1beta1"),
    seen: undefined,
  },
  "a server that is not verified": {
    cluster: { server: "https://127.0.0.1:{https}", "insecure-skip-tls-verify": true },
    seen: { authorization: "Bearer abc" },
  },
  "a server of unknown authority": { cluster: { server: "https://127.0.0.1:{https}" }, seen: undefined },
  "another server name": {
    cluster: { ...direct, "tls-server-name": "kubernetes" },
    seen: { authorization: "Bearer abc" },
  },
  "a wrong server name": { cluster: { ...direct, "tls-server-name": "wrong" }, seen: undefined },
  "plain HTTP, without credentials": {
    cluster: { server: "http://127.0.0.1:{http}" },
    seen: {},
  },
  "proxy-url": {
    cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "http://127.0.0.1:{httpProxy}" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "a SOCKS proxy-url": {
    cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "socks5://127.0.0.1:{socksProxy}" },
    seen: { authorization: "Bearer abc", proxy: "socks for kubernetes" },
  },
  "proxy-url with a certificate and another server name": {
    cluster: {
      server: "https://api.internal:6443",
      ...ca,
      "tls-server-name": "localhost",
      "proxy-url": "http://127.0.0.1:{httpProxy}",
    },
    user: { "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
    seen: { certificate: "edgefirst:sandbox-admin", proxy: "http for api.internal:6443" },
  },
  HTTPS_PROXY: {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { HTTPS_PROXY: "127.0.0.1:{httpProxy}" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "https_proxy, with NO_PROXY for others": {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { https_proxy: "http://127.0.0.1:{httpProxy}", NO_PROXY: "example.com,10.0.0.0/8" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "HTTPS_PROXY, which does not apply to this machine": {
    environment: { HTTPS_PROXY: "http://127.0.0.1:1" },
    seen: { authorization: "Bearer abc" },
  },
  NO_PROXY: {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { HTTPS_PROXY: "http://127.0.0.1:{httpProxy}", NO_PROXY: "example.com, kubernetes" },
    seen: undefined,
  },
  "proxy-url, which NO_PROXY does not concern": {
    cluster: { server: BEHIND_PROXY, ...ca, "proxy-url": "http://127.0.0.1:{httpProxy}" },
    environment: { NO_PROXY: "*" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "the first of several kubeconfigs": {
    user: { token: "first" },
    files: ["edge", "stranger"],
    seen: { authorization: "Bearer first" },
  },
  "a kubeconfig after one that does not exist": {
    files: ["gone", "edge"],
    seen: { authorization: "Bearer abc" },
  },
  "a user in the first file and the context in the second": {
    user: { token: "shadowed" },
    files: ["user", "edge"],
    seen: { authorization: "Bearer merged" },
  },
  "a cluster in another folder": {
    cluster: { server: "https://127.0.0.1:1" },
    files: ["sub/cluster", "edge"],
    seen: { authorization: "Bearer abc" },
  },
  "a server with a path, as Rancher and vcluster have it": {
    cluster: { ...direct, server: "https://127.0.0.1:{https}/k8s/clusters/a/" },
    seen: { authorization: "Bearer abc" },
  },
  "NO_PROXY with a leading dot, which does not mean the name itself": {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { HTTPS_PROXY: "http://127.0.0.1:{httpProxy}", NO_PROXY: ".kubernetes" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "NO_PROXY for another port": {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { HTTPS_PROXY: "http://127.0.0.1:{httpProxy}", NO_PROXY: "kubernetes:443" },
    seen: { authorization: "Bearer abc", proxy: "http for kubernetes:6443" },
  },
  "NO_PROXY for a network, with an address as the server": {
    cluster: { server: "https://10.0.0.1:6443", ...ca },
    environment: { HTTPS_PROXY: "http://127.0.0.1:{httpProxy}", NO_PROXY: "10.1.0.0/16,10.0.0.2" },
    seen: { authorization: "Bearer abc", proxy: "http for 10.0.0.1:6443" },
  },
  "NO_PROXY in upper and lower case": {
    cluster: { server: "https://10.0.0.1:6443", ...ca },
    environment: {
      HTTPS_PROXY: "http://127.0.0.1:{httpProxy}",
      NO_PROXY: "example.com",
      no_proxy: "10.0.0.1",
    },
    seen: { authorization: "Bearer abc", proxy: "http for 10.0.0.1:6443" },
  },
  "HTTP_PROXY, which does not apply to https": {
    environment: { HTTP_PROXY: "http://127.0.0.1:1" },
    seen: { authorization: "Bearer abc" },
  },
  "a SOCKS proxy in the environment": {
    cluster: { server: BEHIND_PROXY, ...ca },
    environment: { HTTPS_PROXY: "socks5://127.0.0.1:{socksProxy}" },
    seen: { authorization: "Bearer abc", proxy: "socks for kubernetes" },
  },
  "impersonation with groups and a token in a file": {
    user: { tokenFile: "token", as: "deployer", "as-groups": ["ops"] },
    seen: { authorization: "Bearer tok", impersonated: "deployer" },
  },
  "a token and a name with a password": {
    user: { token: "abc", username: "ann", password: "secret" },
    seen: undefined,
  },
  "a token in a file and a name with a password": {
    user: { tokenFile: "token", username: "ann", password: "secret" },
    seen: undefined,
  },
  "an exec plugin and a token": {
    user: { ...plugin(), token: "abc" },
    seen: { authorization: "Bearer abc" },
  },
  "an exec plugin and a certificate": {
    user: { ...plugin(), "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
    seen: { certificate: "edgefirst:sandbox-admin" },
  },
  "an exec plugin, and a token in a file": {
    user: { ...plugin(), tokenFile: "token" },
    seen: { authorization: "Bearer tok" },
  },
  "an exec plugin, and a name with a password": {
    user: { ...plugin(), username: "ann", password: "secret" },
    seen: { authorization: `Basic ${Buffer.from("ann:secret").toString("base64")}` },
  },
  "auth-provider with OpenID Connect": {
    user: {
      "auth-provider": {
        name: "oidc",
        config: {
          "idp-issuer-url": "https://issuer.example.com",
          "client-id": "kubectl",
          "id-token": ID_TOKEN,
        },
      },
    },
    seen: { authorization: `Bearer ${ID_TOKEN}` },
  },
  "an exec plugin and auth-provider": {
    user: { ...plugin(), "auth-provider": { name: "oidc", config: { "id-token": "abc" } } },
    seen: undefined,
  },
  "a certificate and impersonation": {
    user: { as: "deployer", "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
    seen: { certificate: "edgefirst:sandbox-admin", impersonated: "deployer" },
  },
  "a certificate without its key": {
    user: { "client-certificate": "pki/admin.crt" },
    seen: undefined,
  },
  "a certificate and a token": {
    user: { token: "abc", "client-certificate": "pki/admin.crt", "client-key": "pki/admin.key" },
    seen: { authorization: "Bearer abc", certificate: "edgefirst:sandbox-admin" },
  },
  "a byte-order mark at the start of the file": {
    prefix: "\uFEFF",
    seen: { authorization: "Bearer abc" },
  },
  "a context of a cluster in another file": { files: ["stranger", "edge"], seen: undefined },
};
