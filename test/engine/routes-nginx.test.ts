import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { startBackends, type Backends } from "../support/routes/backends.ts";
import { hangUp, type Question } from "../support/routes/client.ts";
import { selfSigned } from "../support/routes/credentials.ts";
import { move, type Moved } from "../support/routes/moved.ts";
import { startTraefik, type RunningTraefik } from "../support/routes/traefik-process.ts";

const KUBERNETES = "https://kubernetes.io/docs/concepts/services-networking/ingress/";
const NGINX = "https://kubernetes.github.io/ingress-nginx/user-guide/";

/** What ingress-nginx answers, by its documentation: no ingress-nginx runs here, so only the routes are asked ("after only"). */
const TABLE: readonly (readonly [string, Partial<Question>, string | number, string])[] = [
  ["/", {}, "one", `${KUBERNETES}#examples: / (Prefix) matches all paths`],
  ["/elsewhere", {}, "one", `${KUBERNETES}#examples: / (Prefix) matches all paths`],
  ["/foo", {}, "two", `${KUBERNETES}#examples: /foo (Prefix) matches /foo`],
  ["/foo/", {}, "two", `${KUBERNETES}#examples: /foo (Prefix) matches /foo/`],
  ["/foo/bar", {}, "two", `${KUBERNETES}#examples: /aaa/bbb (Prefix) matches subpaths`],
  ["/foobar", {}, "one", `${KUBERNETES}#examples: /aaa/bbb (Prefix) does not match /aaa/bbbxyz`],
  ["/foo/bar/baz", {}, "three", `${NGINX}ingress-path-matching/#path-priority: the longest path comes first`],
  ["/foo/bar/bazz", {}, "two", `${NGINX}ingress-path-matching/#path-priority`],
  ["/foo/exact", {}, "three", `${KUBERNETES}#multiple-matches: an exact path precedes a prefix`],
  ["/foo/exact/", {}, "two", `${KUBERNETES}#examples: /foo (Exact) does not match /foo/`],
  ["/FOO", {}, "one", `${KUBERNETES}#path-types: matching is case sensitive`],
  ["/foo?a=b", {}, "two", `${KUBERNETES}#path-types: the path alone is matched`],
  [
    "/foo",
    { method: "POST", size: 2_000_000 },
    "two",
    `${NGINX}nginx-configuration/annotations/#custom-max-body-size: 0 means no limit`,
  ],
  ["/foo", { scheme: "https" }, "two", `${NGINX}tls/: the same paths over TLS`],
  [
    "/foo",
    { scheme: "http" },
    "two",
    `${NGINX}tls/#server-side-https-enforcement-through-redirect: ssl-redirect "false" turns the redirect off`,
  ],
  ["/", { host: "other.example.com" }, 404, `${NGINX}default-backend/: 404 for a host that no Ingress names`],
];

describe("engine: routes for ingress-nginx answer as its documentation says (after only)", function () {
  this.timeout(60_000);
  let backends: Backends;
  let moved: Moved;
  let traefik: RunningTraefik;

  before(async () => {
    backends = await startBackends(["one", "two", "three"]);
    moved = move([...backends.objects("apps"), INGRESS]);
    traefik = await startTraefik(moved.after, await selfSigned("web.example.com"));
  });
  after(async () => {
    await traefik.stop();
    backends.close();
    hangUp();
  });

  it("after a proven step", () => {
    assert.equal(moved.status, "holds");
    assert.ok(!moved.after.some(({ kind }) => kind === "Ingress"));
  });

  for (const [path, more, expected, source] of TABLE)
    it(`${JSON.stringify(more)} ${path}: ${expected} (${source})`, async () => {
      const { status, seen } = await traefik.ask({ host: "web.example.com", path, ...more });
      assert.equal(typeof expected === "number" ? status : seen?.backend, expected);
    });
});

const path = (value: string, pathType: string, name: string): object => ({
  path: value,
  pathType,
  backend: { service: { name, port: { number: 80 } } },
});

const INGRESS: KubeObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: {
    name: "web",
    namespace: "apps",
    annotations: {
      "nginx.ingress.kubernetes.io/proxy-body-size": "0",
      "nginx.ingress.kubernetes.io/ssl-redirect": "false",
    },
  },
  spec: {
    ingressClassName: "nginx",
    tls: [{ secretName: "web", hosts: ["web.example.com"] }],
    rules: [
      {
        host: "web.example.com",
        http: {
          paths: [
            path("/", "Prefix", "one"),
            path("/foo", "Prefix", "two"),
            path("/foo/bar/baz", "Prefix", "three"),
            path("/foo/exact", "Exact", "three"),
          ],
        },
      },
    ],
  },
};
