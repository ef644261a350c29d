import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ApiError } from "../../kube/api-error.ts";
import type { KubeObject } from "../../kube/objects.ts";
import type { Evidence } from "../../staging/evidence.ts";
import { markReference, readMark } from "../../staging/update-mark.ts";
import { beginUpdate, verify, type VerificationArgs } from "../../staging/verify.ts";
import {
  CLUSTER_UID,
  FakeClock,
  ready,
  scriptedCluster,
  unreachable,
  type ScriptedCluster,
} from "../support/scripted-cluster.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const STACK = { project: "edgefirst", stack: "edge" };
const APP = "Kustomization flux-system/app";

function app(name: string, status: "True" | "False"): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "flux-system" },
    status: ready(status, "reported by the test"),
  };
}

describe("an update that begins", () => {
  let clock: FakeClock;
  let objects: KubeObject[];
  let cluster: ScriptedCluster;
  let earlier: Evidence | undefined;
  let lines: string[];
  beforeEach(() => {
    lines = [];
    clock = new FakeClock();
    objects = [app("app", "True")];
    cluster = scriptedCluster(() => objects);
    earlier = undefined;
  });

  const args = (release: string): VerificationArgs => ({
    ...STACK,
    release,
    manifests: {},
    directory: "/",
    cluster,
    uid: CLUSTER_UID,
    gatus: null,
    skip: {},
    removed: {},
    earlier,
    recorded: () => Promise.resolve([]),
    timing: { soakMs: 2_000, timeoutMs: 10_000, intervalMs: 1_000, outageMs: 5_000 },
    clock,
    progress: (line) => void lines.push(line),
  });

  /** An update that is killed before its verification. */
  async function killed(release: string): Promise<void> {
    await beginUpdate(args(release), []);
    await clock.sleep(60_000);
  }

  /** A whole update. @returns the failing objects */
  async function up(release: string, during: () => void = () => undefined): Promise<string[]> {
    const baseline = await beginUpdate(args(release), []);
    await clock.sleep(1_000);
    during();
    const result = await verify(args(release), { baseline, declared: [] });
    if ("inconclusive" in result) return ["inconclusive"];
    const { evidence, record } = result;
    earlier = evidence;
    return "failures" in record ? record.failures.map(({ object }) => object) : [];
  }

  it("records the owner's knowledge rows in its evidence, as configuration", async () => {
    const directory = temporaryDirectory("edgefirst-owner-rows-");
    const file = join(directory, ".edgefirst/knowledge/version-labels.yaml");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "- chart: own\n  source: https://example.com\n  date: 2026-01-31\n");
    const own = { ...args("r1"), directory };
    const baseline = await beginUpdate(own, []);
    const result = await verify(own, { baseline, declared: [] });
    assert.ok("evidence" in result);
    const [rows, ...others] = result.evidence.verified[0]?.ownerRows ?? [];
    assert.deepEqual(
      { ...rows, sha256: "" },
      { file: ".edgefirst/knowledge/version-labels.yaml", sha256: "", rows: 1 },
    );
    assert.match(rows?.sha256 ?? "", /^[0-9a-f]{64}$/);
    assert.deepEqual(others, []);
  });

  it("is marked in kube-system until its evidence is stored, even if its verification has passed", async () => {
    await killed("r1");
    assert.ok(await cluster.get(markReference(STACK)));
    assert.deepEqual(await up("r1"), []);
    const mark = (): Promise<unknown> => readMark(cluster, STACK, earlier?.lastPass?.time);
    assert.equal(await mark(), undefined, "the evidence makes the mark obsolete");
    earlier = undefined;
    assert.ok(await mark(), "without the evidence, the mark counts");
  });

  it("is not excused for what broke after its verification had passed, if it was killed before its evidence was stored", async () => {
    assert.deepEqual(await up("r1"), []);
    const stored = earlier;
    objects = [...objects, app("new", "True")];
    assert.deepEqual(await up("r2"), []);
    earlier = stored;
    objects = [app("app", "True"), app("new", "False")];
    assert.deepEqual(await up("r2"), ["Kustomization flux-system/new"]);
  });

  it("replaces a mark that cannot be read, so that the next pass makes it obsolete", async () => {
    await cluster.apply({ ...markReference(STACK), data: { "mark.json": "{" } }, { fieldManager: "test" });
    assert.ok(await readMark(cluster, STACK, "2999-01-01T00:00:00Z"));
    assert.deepEqual(await up("r1"), []);
    assert.equal(await readMark(cluster, STACK, earlier?.lastPass?.time), undefined);
  });

  it("does not excuse what it broke before it was killed, in the stack's first update and in a later one", async () => {
    for (const passed of [false, true]) {
      if (passed) assert.deepEqual(await up("r1"), []);
      await killed("r2");
      objects = [app("app", "False")];
      assert.deepEqual(await up("r2"), [APP]);
      assert.deepEqual(await up("r2"), [APP], "nor after a failed verification");
      objects = [app("app", "True")];
      assert.deepEqual(await up("r3"), []);
    }
  });

  it("does not excuse an object that first appeared after a killed update had begun", async () => {
    assert.deepEqual(await up("r1"), []);
    await killed("r2");
    objects = [app("app", "True"), app("new", "False")];
    assert.deepEqual(await up("r2"), ["Kustomization flux-system/new"]);
  });

  it("excuses nothing on a rebuilt cluster, and still expects what is healthy there to exist", async () => {
    objects = [app("app", "False"), app("other", "True")];
    const { excused, expected } = await beginUpdate({ ...args("r1"), rebuilt: true }, []);
    assert.deepEqual([[...excused], [...expected]], [[], ["flux Kustomization flux-system/other"]]);
    await cluster.delete(markReference(STACK));
    assert.equal((await beginUpdate(args("r1"), [])).excused.size, 1);
  });

  it("excuses what was unhealthy before the killed update, until it has been healthy once", async () => {
    objects = [app("app", "False")];
    await killed("r1");
    assert.deepEqual(await up("r1"), []);
    assert.deepEqual(earlier?.verified[0]?.checks.find(({ id }) => id === "flux")?.unhealthyBefore, [APP]);
    assert.deepEqual(await up("r2"), [], "still unhealthy");
    objects = [app("app", "True")];
    await killed("r3");
    objects = [app("app", "False")];
    assert.deepEqual(await up("r3"), [APP]);
  });

  it("does not excuse what was healthy for a moment in a verification that failed", async () => {
    objects = [app("app", "False"), app("other", "True")];
    cluster = scriptedCluster(() =>
      clock.seconds > 2 && clock.seconds < 4 ? [app("app", "True"), app("other", "False")] : objects,
    );
    const other = "Kustomization flux-system/other";
    assert.deepEqual(await up("r1", () => (objects = [app("app", "False"), app("other", "False")])), [
      APP,
      other,
    ]);
    objects = [app("app", "False"), app("other", "True")];
    assert.deepEqual(await up("r1"), [APP]);
  });

  it("does not excuse what was healthy at the last verification that passed", async () => {
    assert.deepEqual(await up("r1"), []);
    objects = [app("app", "False")];
    assert.deepEqual(await up("r2"), [APP]);
  });

  it("of a stack that was destroyed must not break what was healthy before its last update, and says where to list exceptions", async () => {
    assert.deepEqual(await up("r1"), []);
    assert.deepEqual(
      lines.filter((line) => line.includes("no evidence")),
      [],
    );
    // `pulumi destroy` deletes the outputs. The mark stays.
    earlier = undefined;
    objects = [app("app", "False")];
    assert.deepEqual(await up("r2"), [APP]);
    const [explained = "", ...others] = lines.filter((line) => line.includes("no evidence"));
    assert.deepEqual(others, []);
    assert.match(
      explained,
      /an update to release r1 began at .* or the stack was destroyed since\. .*edgefirst:verification\.removed and edgefirst:verification\.ignore/,
    );
    objects = [app("app", "True"), app("new", "True")];
    earlier = undefined;
    assert.deepEqual(await up("r2", () => (objects = [app("app", "True")])), [
      "Kustomization flux-system/new",
    ]);
  });

  it("expects what was healthy before the killed update to exist", async () => {
    await killed("r1");
    objects = [];
    assert.deepEqual(await up("r1"), [APP]);
  });

  it("ignores a mark that is older than the last verification that passed", async () => {
    objects = [app("app", "False")];
    assert.deepEqual(await up("r1"), []);
    assert.ok(await cluster.get(markReference(STACK)));
    objects = [app("app", "True")];
    assert.deepEqual(await up("r2"), []);
    objects = [app("app", "False")];
    assert.deepEqual(await up("r3"), [APP]);
  });

  it("neither verifies nor revokes the release if the cluster stops responding; its mark stays", async () => {
    assert.deepEqual(await up("r1"), []);
    const before = earlier;
    cluster = scriptedCluster(() => (clock.seconds > 4 && clock.seconds < 20 ? unreachable() : objects));
    assert.deepEqual(await up("r2"), ["inconclusive"]);
    assert.equal(earlier, before);
    clock.jump(30_000);
    assert.ok(await cluster.get(markReference(STACK)));
    objects = [app("app", "False")];
    assert.deepEqual(await up("r2"), [APP]);
  });

  it("does not excuse an object that was seen healthy before the verification was killed", async () => {
    objects = [app("app", "False")];
    assert.deepEqual(await up("r1"), []);
    const baseline = await beginUpdate(args("r2"), []);
    objects = [app("app", "True")];
    const asleep = Promise.withResolvers<undefined>();
    let rounds = 0;
    const sleep = (ms: number): Promise<void> => {
      if (++rounds < 2) return clock.sleep(ms);
      asleep.resolve(undefined);
      // A killed process never gets another turn.
      return new Promise(() => undefined);
    };
    void verify({ ...args("r2"), clock: { now: () => clock.now(), sleep } }, { baseline, declared: [] });
    await asleep.promise;
    objects = [app("app", "False")];
    assert.deepEqual(await up("r2"), [APP]);
  });

  it("is refused, with the missing right, if the mark cannot be written", async () => {
    const refuse = (): never => {
      throw new ApiError({
        request: "PATCH …",
        context: "edge",
        status: 403,
        body: { message: "configmaps is forbidden" },
      });
    };
    cluster = { ...cluster, apply: refuse };
    await assert.rejects(
      beginUpdate(args("r1"), []),
      /Cannot write the mark .*configmaps is forbidden\nNothing was changed\. .* create and patch on ConfigMaps in kube-system/,
    );
  });

  it("of another stack on the same cluster has its own mark", async () => {
    objects = [app("app", "False")];
    await killed("r1");
    const other = { ...args("r1"), stack: "other" };
    assert.deepEqual([...(await beginUpdate(other, [])).excused], [`flux ${APP}`]);
    assert.notDeepEqual(markReference(other), markReference(STACK));
  });
});
