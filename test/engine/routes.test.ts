import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { listeningPort, startBackends, type Backends } from "../support/routes/backends.ts";
import { hangUp, type Answer, type Question } from "../support/routes/client.ts";
import { selfSigned } from "../support/routes/credentials.ts";
import { move, type Moved } from "../support/routes/moved.ts";
import { protections, type Protection } from "../support/routes/protections.ts";
import { startTraefik, type RunningTraefik } from "../support/routes/traefik-process.ts";
import type { KubeObject } from "../../kube/objects.ts";

const hostOf = (index: number): string => `p${index}.example.com`;

/** The real Traefik on the objects before the step, after it, and after it without any protection. */
describe("engine: the step route, by the answers of the real Traefik", function () {
  this.timeout(60_000);
  let table: readonly Protection[];
  let backends: Backends;
  let moved: Moved;
  const answers: Record<"before" | "after" | "without", (readonly Answer[])[]> = {
    before: [],
    after: [],
    without: [],
  };

  before(async () => {
    const [server, client, stranger] = await Promise.all(
      ["example.com", "client", "stranger"].map(selfSigned),
    );
    assert.ok(server && client && stranger);
    table = protections(client, stranger);
    backends = await startBackends(["one", "two"]);
    const services = backends.objects("apps");
    const own = table.flatMap(({ objects }, index) => objects(hostOf(index)));
    const all = new Map(
      [...services, ...own].map((object) => [`${object.kind} ${object.metadata.name}`, object]),
    );
    moved = move([...all.values()].map((object) => withPort(object, services)));
    for (const [name, objects] of [
      ["before", moved.before],
      ["after", moved.after],
      ["without", moved.after.map(unprotected)],
    ] as const) {
      const traefik = await startTraefik(objects, server);
      try {
        for (const [index, { requests }] of table.entries())
          answers[name].push(await inOrder(traefik, requests(hostOf(index))));
      } finally {
        await traefik.stop();
      }
    }
  });
  after(() => {
    backends.close();
    hangUp();
  });

  /** The objects of a host without what protects it. */
  function unprotected(object: KubeObject): KubeObject {
    const index = Number(/^p(\d+)/.exec(object.metadata.name)?.[1] ?? NaN);
    return table[index]?.without?.(object) ?? object;
  }

  it("is proven", () => {
    assert.equal(moved.status, "holds");
  });

  it("moves what a route can express, and leaves the rest", () => {
    const stays = (index: number): boolean =>
      moved.after.some(({ kind, metadata }) => kind.startsWith("Ingress") && metadata.name === `p${index}`);
    assert.deepEqual(
      table.filter((_, index) => stays(index)).map(({ name }) => name),
      table.filter(({ moves }) => !moves).map(({ name }) => name),
    );
  });

  it("keeps every protection: each answer is the same", () => {
    for (const [index, { name, statuses }] of table.entries()) {
      const [was = [], is = []] = [answers.before[index], answers.after[index]];
      assert.deepEqual(
        was.map(({ status }) => status),
        statuses,
        name,
      );
      assert.deepEqual(is, was, name);
    }
  });

  it("would not pass without one of them", () => {
    const unnoticed = table.filter(
      ({ moves }, index) => moves && isDeepStrictEqual(answers.before[index], answers.without[index]),
    );
    assert.deepEqual(
      unnoticed.map(({ name }) => name),
      [],
    );
  });
});

async function inOrder(traefik: RunningTraefik, questions: readonly Question[]): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) answers.push(await traefik.ask(question));
  return answers;
}

/** Fills in the port of the app that checks logins. */
function withPort(object: KubeObject, services: readonly KubeObject[]): KubeObject {
  return JSON.parse(JSON.stringify(object).replace(":AUTH/", `:${listeningPort(services)}/`)) as KubeObject;
}
