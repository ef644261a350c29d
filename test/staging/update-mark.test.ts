import assert from "node:assert/strict";
import { ApiError } from "../../kube/api-error.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { endExcuses, markReference, readMark, writeMark } from "../../staging/update-mark.ts";
import { scriptedCluster, type ScriptedCluster } from "../support/scripted-cluster.ts";

const STACK = { project: "edgefirst", stack: "edge" };
const BEGAN = "2026-01-31T12:00:00.000Z";
const PASSED = "2026-01-31T11:00:00Z";
const BASELINE = {
  excused: new Set(["flux a", "flux b"]),
  expected: new Set(["flux c"]),
  revision: "main@sha1:1",
  moved: true,
};

describe("mark of an update", () => {
  let applied: KubeObject[];
  let cluster: ScriptedCluster;
  beforeEach(() => {
    applied = [];
    const scripted = scriptedCluster(() => []);
    cluster = {
      ...scripted,
      apply: (object, options) => {
        applied.push(object);
        return scripted.apply(object, options);
      },
    };
  });
  const write = (follows: string | undefined = PASSED) =>
    writeMark(cluster, STACK, { release: "r1", began: BEGAN, follows, baseline: BASELINE });

  it("is a ConfigMap in kube-system whose name depends on project and stack", () => {
    const { apiVersion, kind, metadata } = markReference(STACK);
    assert.deepEqual([apiVersion, kind, metadata.namespace], ["v1", "ConfigMap", "kube-system"]);
    assert.match(metadata.name, /^edgefirst-update-[0-9a-f]{10}$/);
    const names = [STACK, { ...STACK, stack: "main" }, { ...STACK, project: "p" }].map(
      (of) => markReference(of).metadata.name,
    );
    assert.equal(new Set(names).size, 3);
  });

  it("is read as it was written, and is obsolete after a later pass", async () => {
    await write();
    const mark = {
      release: "r1",
      began: BEGAN,
      follows: PASSED,
      excused: ["flux a", "flux b"],
      expected: ["flux c"],
      revision: "main@sha1:1",
      moved: true,
    };
    assert.deepEqual(await readMark(cluster, STACK, undefined), mark);
    assert.deepEqual(await readMark(cluster, STACK, PASSED), mark);
    assert.equal(await readMark(cluster, STACK, "2026-01-31T12:00:01Z"), undefined);
    assert.equal(await readMark(cluster, { ...STACK, stack: "main" }, undefined), undefined);
    assert.deepEqual(applied[0]?.metadata.annotations, { "edgefirst.dev/update-of": "edgefirst/edge" });
  });

  it("counts although the pass before it seems to be later, by the clock of another machine", async () => {
    const ahead = "2026-01-31T12:00:01.500Z";
    await write(ahead);
    assert.ok(await readMark(cluster, STACK, ahead));
    assert.equal(await readMark(cluster, STACK, "2026-01-31T12:00:02Z"), undefined);
  });

  it("counts if the evidence was restored from a backup that is older than the pass before the update", async () => {
    await write();
    assert.ok(await readMark(cluster, STACK, "2026-01-30T12:00:00Z"));
  });

  it("of an update that found no evidence counts if the evidence is older: another program may not have been able to read it", async () => {
    await writeMark(cluster, STACK, { release: "r1", began: BEGAN, follows: undefined, baseline: BASELINE });
    assert.ok(await readMark(cluster, STACK, undefined));
    assert.ok(await readMark(cluster, STACK, "2026-01-31T11:59:59Z"));
    assert.equal(await readMark(cluster, STACK, BEGAN), undefined);
  });

  it("keeps what was gone before the update, with the reason", async () => {
    const gone = new Map([["flux d", "the repository changed from 1 to 2"]]);
    const update = { release: "r1", began: BEGAN, follows: PASSED, baseline: { ...BASELINE, gone } };
    await writeMark(cluster, STACK, update);
    assert.deepEqual((await readMark(cluster, STACK, PASSED))?.gone, Object.fromEntries(gone));
    await writeMark(cluster, STACK, { ...update, baseline: { ...BASELINE, gone: new Map() } });
    assert.equal((await readMark(cluster, STACK, PASSED))?.gone, undefined);
  });

  it("of an older program is compared by its own time, also after objects have recovered", async () => {
    const { metadata } = markReference(STACK);
    const mark = { release: "r1", began: BEGAN, excused: ["flux a", "flux b"], expected: [], revision: null };
    await cluster.apply(
      { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "mark.json": JSON.stringify(mark) } },
      { fieldManager: "test" },
    );
    await endExcuses(cluster, STACK, new Set(["flux a"]));
    assert.deepEqual((await readMark(cluster, STACK, BEGAN))?.excused, ["flux b"]);
    assert.equal(await readMark(cluster, STACK, "2026-01-31T12:00:01Z"), undefined);
  });

  it("excuses nothing, and is never obsolete, if it cannot be read", async () => {
    const { metadata } = markReference(STACK);
    for (const data of [
      undefined,
      {},
      { "mark.json": "text" },
      { "mark.json": "{}" },
      { "mark.json": '{"release":1}' },
    ]) {
      const damaged = scriptedCluster(() => [{ apiVersion: "v1", kind: "ConfigMap", metadata, data }]);
      const mark = await readMark(damaged, STACK, "2030-01-01T00:00:00Z");
      assert.deepEqual(
        [mark?.release, mark?.excused, mark?.expected, mark?.revision],
        ["unknown", [], [], null],
      );
    }
  });

  it("loses the excuses of objects that have recovered, and is written only for those", async () => {
    await endExcuses(cluster, STACK, new Set(["flux a"]));
    assert.equal(applied.length, 0, "no mark");
    await write();
    await endExcuses(cluster, STACK, new Set());
    assert.equal(applied.length, 1);
    await endExcuses(cluster, STACK, new Set(["flux a"]));
    const mark = await readMark(cluster, STACK, undefined);
    assert.deepEqual(
      [mark?.excused, mark?.expected, mark?.revision, mark?.moved, mark?.began],
      [["flux b"], ["flux c"], "main@sha1:1", true, BEGAN],
    );
  });

  it("must be written before the update changes anything", async () => {
    const refused = (error: Error) => {
      cluster.apply = () => Promise.reject(error);
      return write().then(
        () => new Error("no error"),
        (reason: unknown) => reason as Error,
      );
    };
    const body = { message: "configmaps is forbidden" };
    const forbidden = new ApiError({ request: "PATCH x", context: "edge", status: 403, body });
    const error = await refused(forbidden);
    assert.equal(
      error.message.replaceAll(/\n\s*/g, " "),
      "Cannot write the mark of this update to cluster edge: configmaps is forbidden Nothing was changed. The user of this context needs get, create and patch on ConfigMaps in kube-system.",
    );
    assert.equal(error.cause, forbidden);
    assert.match(
      (await refused(new EdgefirstError("unreachable"))).message,
      /to cluster edge: unreachable\n/,
    );
    assert.ok((await refused(new TypeError("bug"))) instanceof TypeError);
  });
});
