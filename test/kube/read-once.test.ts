import assert from "node:assert/strict";
import type { ObjectReference } from "../../kube/client.ts";
import { readOnce } from "../../kube/read-once.ts";
import { clusterHolding } from "../support/cluster.ts";

describe("reading each object and each list once", () => {
  const object = (kind: string, name: string, namespace: string) => ({
    apiVersion: "v1",
    kind,
    metadata: { name, namespace },
  });
  const objects = [
    object("Service", "a", "one"),
    object("Service", "a", "two"),
    object("Service", "b", "one"),
    object("Secret", "a", "one"),
  ];

  it("sends one request per object, even for concurrent reads and absent objects", async () => {
    const asked: ObjectReference[] = [];
    const live = clusterHolding(...objects);
    const cluster = readOnce({
      ...live,
      get: (reference) => {
        asked.push(reference);
        return live.get(reference);
      },
    });
    const absent = object("Service", "c", "one");
    const all = [...objects, absent, ...objects, absent];
    const read = () => Promise.all(all.map((reference) => cluster.get(reference)));
    const got = [...(await read()), ...(await read())];
    assert.deepEqual(got.slice(0, 5), [...objects, undefined]);
    assert.deepEqual(got.slice(5, 10), got.slice(0, 5));
    assert.deepEqual(got.slice(10, 15), got.slice(0, 5));
    assert.equal(asked.length, 5);
  });

  it("sends one request per list, which differs by kind and namespace", async () => {
    const asked: string[] = [];
    const live = clusterHolding(...objects);
    const cluster = readOnce({
      ...live,
      list: (apiVersion, kind, namespace) => {
        asked.push(`${kind} in ${namespace ?? "all"}`);
        return live.list(apiVersion, kind, namespace);
      },
    });
    const read = () =>
      Promise.all([
        cluster.list("v1", "Service"),
        cluster.list("v1", "Service", "one"),
        cluster.list("v1", "Secret"),
      ]);
    const [all, inOne, secrets] = await read();
    assert.deepEqual([all.length, inOne.length, secrets.length], [3, 2, 1]);
    assert.deepEqual(await read(), [all, inOne, secrets]);
    assert.deepEqual(asked, ["Service in all", "Service in one", "Secret in all"]);
  });
});
