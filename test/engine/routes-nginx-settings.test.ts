import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import {
  listeningPort,
  startBackends,
  startOtherBackends,
  type Backends,
} from "../support/routes/backends.ts";
import { hangUp, type Question } from "../support/routes/client.ts";
import { selfSigned } from "../support/routes/credentials.ts";
import { move, type Moved } from "../support/routes/moved.ts";
import { NGINX_SETTINGS, nginxIngress, type NginxSetting } from "../support/routes/nginx-protections.ts";
import { ingressRoute, middleware } from "../support/routes/protections.ts";
import { startTraefik, type RunningTraefik } from "../support/routes/traefik-process.ts";

const hostOf = (index: number): string => `n${index}.example.com`;

/** No ingress-nginx runs here, so only the routes are asked ("after only"). */
describe("engine: settings of ingress-nginx hold on the routes as its documentation says (after only)", function () {
  this.timeout(60_000);
  let backends: readonly Backends[];
  let moved: Moved;
  let traefik: RunningTraefik;

  before(async () => {
    const certificate = await selfSigned("example.com");
    backends = [
      await startBackends(["one"]),
      await startOtherBackends(await selfSigned("another.example.org")),
    ];
    const ingresses = NGINX_SETTINGS.map((setting, index) =>
      nginxIngress(`n${index}`, hostOf(index), setting),
    );
    const others = NGINX_SETTINGS.flatMap((setting) => setting.others ?? []);
    moved = move(
      [...backends.flatMap((own) => own.objects("apps")), ...others, ...ingresses],
      ["setting", "path-prefix"],
    );
    traefik = await startTraefik(moved.after, certificate);
  });
  after(async () => {
    await traefik.stop();
    for (const own of backends) own.close();
    hangUp();
  });

  it("after a proven step that leaves none", () => {
    assert.equal(moved.status, "holds");
    assert.deepEqual(
      moved.after.filter(({ kind }) => kind === "Ingress").map(({ metadata }) => metadata.name),
      [],
    );
  });

  for (const [index, setting] of NGINX_SETTINGS.entries())
    it(`${setting.name} (${setting.source})`, async () => {
      assert.deepEqual(await unmet(traefik, index, setting), []);
    });

  it("except auth-url: Traefik lets the client choose the URL that the login server of ingress-nginx judges", async () => {
    const address = `http://127.0.0.1:${listeningPort(backends[0]?.objects("apps") ?? [])}/check`;
    const guarded = [
      middleware("login", { forwardAuth: { address } }),
      ingressRoute("login", "Host(`login.example.com`)", { middlewares: [{ name: "login" }] }),
    ];
    const own = await startTraefik([...moved.after, ...guarded], await selfSigned("example.com"));
    try {
      const invented = "https://login.example.com/public";
      const headers = { "x-original-url": invented };
      // The answer of the login server, which says what it saw.
      const { status, seen } = await own.ask({ host: "login.example.com", path: "/private", headers });
      assert.deepEqual([status, seen?.headers["x-original-url"]], [401, invented]);
      assert.equal(
        (await own.ask({ host: "login.example.com", path: "/" })).seen?.headers["x-original-url"],
        undefined,
      );
    } finally {
      await own.stop();
    }
  });

  it("and none of them without its filter or TraefikService", async () => {
    const bare = await startTraefik(
      moved.after.map((object) => unfiltered(object, moved.after)),
      await selfSigned("example.com"),
    );
    try {
      for (const [index, setting] of NGINX_SETTINGS.entries())
        assert.notDeepEqual(await unmet(bare, index, setting), [], setting.name);
    } finally {
      await bare.stop();
    }
  });
});

/** The rows of a setting that do not hold. */
async function unmet(
  traefik: RunningTraefik,
  index: number,
  { rows, sequence }: NginxSetting,
): Promise<readonly string[]> {
  const failed: string[] = [];
  const complete = (ask: Partial<Question>): Question => ({ host: hostOf(index), path: "/", ...ask });
  for (const { ask, times = 1, expected, holds } of rows) {
    const question = complete(ask);
    const answers = await Promise.all(Array.from({ length: times }, () => traefik.ask(question)));
    if (!answers.some(holds))
      failed.push(
        `${expected}: ${JSON.stringify(question)} ${answers.map(({ status }) => status).join(" ")}`,
      );
  }
  return [...failed, ...((await sequence?.((question) => traefik.ask(complete(question)))) ?? [])];
}

/** A route without its filters and TraefikServices; one that redirects gets the app instead. */
function unfiltered(object: KubeObject, services: readonly KubeObject[]): KubeObject {
  if (object.kind !== "HTTPRoute") return object;
  const { rules, ...spec } = object.spec as { readonly rules: readonly Record<string, unknown>[] };
  const bare = rules.map(({ matches, backendRefs }) => ({
    matches,
    backendRefs: [{ name: appOf(backendRefs, services), port: 80 }],
  }));
  return { ...object, spec: { ...spec, rules: JSON.parse(JSON.stringify(bare)) as object } };
}

/** The Service behind the only backend of a rule. */
function appOf(backendRefs: unknown, objects: readonly KubeObject[]): string {
  const [reference] = (backendRefs ?? [{ name: "one" }]) as readonly {
    readonly kind?: string;
    readonly name: string;
  }[];
  if (reference?.kind !== "TraefikService") return reference?.name ?? "";
  const found = objects.find(
    ({ kind, metadata }) => kind === "TraefikService" && metadata.name === reference.name,
  );
  const { weighted } = found?.spec as {
    readonly weighted: { readonly services: readonly { readonly name: string }[] };
  };
  return weighted.services[0]?.name ?? "";
}
