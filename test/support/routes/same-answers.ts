import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../kube/objects.ts";
import { startBackends, type Backends } from "./backends.ts";
import { hangUp, type Answer } from "./client.ts";
import { selfSigned, type Credentials } from "./credentials.ts";
import { generatedHosts, MIDDLEWARES, type Generated } from "./generated.ts";
import { move, type Moved } from "./moved.ts";
import { USERS } from "./protections.ts";
import { startTraefik } from "./traefik-process.ts";

const hostOf = (index: number): string => `g${index}.example.com`;

/** Hosts with random rules, Middlewares and entry points. A host that the step leaves alone must also answer as before. */
export function generatedHostsAnswerTheSame(count: number): void {
  const hosts = generatedHosts(count);
  let backends: Backends;
  let certificate: Credentials;
  let moved: Moved;

  before(async () => {
    certificate = await selfSigned("example.com");
    backends = await startBackends(["one", "two", "three"]);
    const own = hosts.flatMap(({ objects }, index) => objects(hostOf(index)));
    const all = [...backends.objects("apps"), USERS, ...MIDDLEWARES, ...own];
    // The order of rules is part of what the step proves, so their priorities are no loss.
    moved = move(all, ["setting", "annotation"]);
  });
  after(() => {
    backends.close();
    hangUp();
  });

  it("in a proven step that moves at least half of them", () => {
    assert.equal(moved.status, "holds");
    const routes = new Set(moved.after.filter(({ kind }) => kind === "HTTPRoute").map(hostsOf));
    assert.ok(routes.size >= count / 2, `only ${routes.size} hosts have routes`);
  });

  it("to every request", async () => {
    const was = await answers(hosts, moved.before, certificate);
    const is = await answers(hosts, moved.after, certificate);
    const different = hosts.flatMap(({ requests }, index) =>
      requests(hostOf(index)).flatMap((request, at) => {
        const [before, after] = [was[index]?.[at], is[index]?.[at]];
        return isDeepStrictEqual(before, after) ? [] : [{ request, before, after }];
      }),
    );
    const objects = moved.before.filter((object) => hostsOf(object) === different[0]?.request.host);
    assert.deepEqual(different.slice(0, 1), [], `${different.length} requests; ${JSON.stringify(objects)}`);
  });
}

function hostsOf(object: KubeObject): string {
  return /g\d+\.example\.com/.exec(JSON.stringify(object.spec ?? {}))?.[0] ?? "";
}

async function answers(
  hosts: readonly Generated[],
  objects: readonly KubeObject[],
  certificate: Credentials,
): Promise<readonly (readonly Answer[])[]> {
  const traefik = await startTraefik(objects, certificate);
  const all = async ({ requests }: Generated, index: number): Promise<readonly Answer[]> =>
    Promise.all(requests(hostOf(index)).map((request) => traefik.ask(request)));
  try {
    const result: (readonly Answer[])[] = [];
    for (const [index, host] of hosts.entries()) result.push(await all(host, index));
    return result;
  } finally {
    await traefik.stop();
  }
}
