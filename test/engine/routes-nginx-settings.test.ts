import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { startBackends, type Backends } from "../support/routes/backends.ts";
import { hangUp } from "../support/routes/client.ts";
import { selfSigned } from "../support/routes/credentials.ts";
import { move, type Moved } from "../support/routes/moved.ts";
import { NGINX_SETTINGS, nginxIngress, type NginxSetting } from "../support/routes/nginx-protections.ts";
import { startTraefik, type RunningTraefik } from "../support/routes/traefik-process.ts";

const hostOf = (index: number): string => `n${index}.example.com`;

/** No ingress-nginx runs here, so only the routes are asked ("after only"). */
describe("engine: settings of ingress-nginx hold on the routes as its documentation says (after only)", function () {
  this.timeout(60_000);
  let backends: Backends;
  let moved: Moved;
  let traefik: RunningTraefik;

  before(async () => {
    backends = await startBackends(["one"]);
    const ingresses = NGINX_SETTINGS.map((setting, index) =>
      nginxIngress(`n${index}`, hostOf(index), setting),
    );
    const others = NGINX_SETTINGS.flatMap((setting) => setting.others ?? []);
    moved = move([...backends.objects("apps"), ...others, ...ingresses], ["setting", "path-prefix"]);
    traefik = await startTraefik(moved.after, await selfSigned("example.com"));
  });
  after(async () => {
    await traefik.stop();
    backends.close();
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

  it("and none of them without its filter", async () => {
    const bare = await startTraefik(moved.after.map(unfiltered), await selfSigned("example.com"));
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
  { rows }: NginxSetting,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { ask, times = 1, expected, holds } of rows) {
    const question = { host: hostOf(index), path: "/", ...ask };
    const answers = await Promise.all(Array.from({ length: times }, () => traefik.ask(question)));
    if (!answers.some(holds))
      failed.push(
        `${expected}: ${JSON.stringify(question)} ${answers.map(({ status }) => status).join(" ")}`,
      );
  }
  return failed;
}

/** A route without its filters; one that redirects gets the app instead. */
function unfiltered(object: KubeObject): KubeObject {
  if (object.kind !== "HTTPRoute") return object;
  const { rules, ...spec } = object.spec as { readonly rules: readonly Record<string, unknown>[] };
  const bare = rules.map(({ matches, backendRefs = [{ name: "one", port: 80 }] }) => ({
    matches,
    backendRefs,
  }));
  return { ...object, spec: { ...spec, rules: JSON.parse(JSON.stringify(bare)) as object } };
}
