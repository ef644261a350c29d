import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Evidence, GitopsRevision } from "../../staging/evidence.ts";
import type { Movement } from "../../staging/movement.ts";
import type { UpstreamStack } from "../../staging/upstream.ts";
import {
  promote,
  type PromotedSource,
  type Promotion,
  type SourceReference,
} from "../../staging/promotion.ts";
import { outputsOf, verification } from "../support/evidence.ts";

const commit = (digit: string): string => digit.repeat(40);
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const GIT: PromotedSource = { kind: "GitRepository", url: "https://x/repo", ref: { branch: "main" } };
const OCI: PromotedSource = { kind: "OCIRepository", url: "oci://x/repo", ref: { tag: "v1" } };

function upstream(
  gitops: GitopsRevision | null,
  more: { movement?: Movement; revisions?: string[] } = {},
): UpstreamStack {
  const record = verification("r2", { gitops });
  const { evidence } = outputsOf("r2", [record]) as { evidence: Evidence };
  const revisions = (more.revisions ?? []).map((revision) => ({ kind: OCI.kind, url: OCI.url, revision }));
  return {
    stack: "edge",
    running: "r2",
    evidence: { ...evidence, revisions },
    record,
    movement: more.movement ?? "forward",
  };
}

function live(source: PromotedSource, revision: string, ref: SourceReference): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: source.kind,
    metadata: { name: "repo", namespace: "flux-system" },
    spec: { ref },
    status: { artifact: { revision } },
  };
}

const ran = (source: PromotedSource, revision: string): GitopsRevision => ({ ...source, revision });
const errorOf = ({ findings }: Promotion): string | undefined =>
  findings.find(({ severity }) => severity === "error")?.message;

describe("promotion of a GitRepository", () => {
  const target = ran(GIT, `main@sha1:${commit("b")}`);
  const running = live(GIT, `main@sha1:${commit("a")}`, { branch: "main", commit: commit("a") });
  const to = (from: UpstreamStack | undefined, answer: boolean | Error = true, source = GIT) =>
    promote({
      from,
      source,
      live: running,
      descendsFrom: (newer, older) => {
        assert.deepEqual([newer, older], [commit("b"), commit("a")]);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    });

  it("pins the verified commit of the shared branch, and reports what that proves", async () => {
    const { ref, findings } = await to(upstream(target));
    assert.deepEqual(ref, { branch: "main", commit: commit("b") });
    assert.match(findings[0]!.message, /covers only the paths that edge builds/);
  });

  const kept = { branch: "main", commit: commit("a") };
  const refusals: readonly [string, Parameters<typeof to>, RegExp][] = [
    [
      "a commit that does not descend from the live one",
      [upstream(target), false],
      /does not descend.*would move back/,
    ],
    [
      "a commit whose history git cannot check",
      [upstream(target), new EdgefirstError("git cannot check")],
      /git cannot check/,
    ],
    ["another repository", [upstream({ ...target, url: "https://y" })], /follows GitRepository https:\/\/y/],
    [
      "another branch",
      [upstream({ ...target, revision: `edge@sha1:${commit("b")}` })],
      /runs edge@sha1:b+, but this stack follows branch main/,
    ],
    [
      "a source without a branch",
      [upstream(target), true, { ...GIT, ref: { tag: "v1" } }],
      /follows no branch/,
    ],
    ["evidence without a revision", [upstream(null)], /names no revision of a repository/],
  ];
  for (const [what, args, expected] of refusals)
    it(`refuses ${what}, and keeps the live pin`, async () => {
      const result = await to(...args);
      assert.match(errorOf(result) ?? "", expected);
      assert.deepEqual(result.ref, kept);
    });

  it("keeps the live pin when a release is rolled back", async () => {
    const result = await to(upstream(target, { movement: "back" }));
    assert.deepEqual([result.ref, errorOf(result)], [kept, undefined]);
  });

  it("keeps the live pin while the release is unverified; the gate reports that", async () => {
    assert.deepEqual(await to(undefined), { ref: kept, findings: [] });
  });
});

describe("promotion of an OCIRepository, where the order of verification is the history", () => {
  const to = (runs: string | undefined, revisions: string[]) =>
    promote({
      from: upstream(ran(OCI, `v1@${digest("b")}`), { revisions }),
      source: OCI,
      live: runs === undefined ? undefined : live(OCI, runs, { tag: "v1" }),
      descendsFrom: () => assert.fail("git has no part in it"),
    });
  const b = `v1@${digest("b")}`;
  const a = `v1@${digest("a")}`;

  it("pins a digest that was verified after the live one", async () => {
    assert.deepEqual((await to(digest("a"), [b, a])).ref, { digest: digest("b") });
  });
  it("pins the live digest, and any digest on a cluster without a source", async () => {
    assert.deepEqual((await to(b, [])).ref, { digest: digest("b") });
    assert.deepEqual((await to(undefined, [b])).ref, { digest: digest("b") });
  });
  it("refuses a step back", async () => {
    assert.match(errorOf(await to(a, [a, b])) ?? "", /after .*would move back/);
  });
  it("refuses if the order is unknown", async () => {
    const result = await to(`v1@${digest("c")}`, [b, a]);
    assert.match(errorOf(result) ?? "", /unknown whether/);
    assert.deepEqual(result.ref, { tag: "v1" });
  });
});

describe("messages of a promotion", () => {
  const of = (from: UpstreamStack, more: Partial<Parameters<typeof promote>[0]> = {}) =>
    promote({ from, source: GIT, live: undefined, descendsFrom: () => Promise.resolve(false), ...more });
  const target = ran(GIT, `main@sha1:${commit("b")}`);
  const finding = async (...args: Parameters<typeof of>) => (await of(...args)).findings[0];

  it("say what is pinned, or that a rollback pins nothing", async () => {
    const pinned = (to: string) => ({
      severity: "info",
      message: `The repository is pinned to ${to}, which edge has verified. That covers only the paths that edge builds.`,
    });
    assert.deepEqual(await finding(upstream(target)), pinned(commit("b")));
    assert.deepEqual(
      await finding(upstream(ran(OCI, `v1@${digest("b")}`)), { source: OCI }),
      pinned(digest("b")),
    );
    assert.deepEqual(await finding(upstream(target, { movement: "back" })), {
      severity: "info",
      message: "Rolling back a release does not move the repository.",
    });
  });

  it("say what to do about each refusal", async () => {
    const runs = live(GIT, `sha1:${commit("a")}`, { branch: "main" });
    const [a, b] = [`v1@${digest("a")}`, `v1@${digest("b")}`];
    const oci = (revisions: string[], running: string) =>
      finding(upstream(ran(OCI, b), { revisions }), { source: OCI, live: live(OCI, running, {}) });
    const start = "Cannot promote the repository from edge: ";
    assert.deepEqual(await finding(upstream(null)), {
      severity: "error",
      message: `${start}its evidence names no revision of a repository.`,
      hint: "Fix it, or set edgefirst:promotion.pin to false.",
    });
    assert.deepEqual(await finding(upstream(target), { live: runs }), {
      severity: "error",
      message: `${start}its commit ${commit("b")} does not descend from ${commit("a")}, which this cluster runs, so the repository would move back.`,
      hint: "Merge the commits that only this cluster has into the shared branch, and verify that branch on the upstream stack.",
    });
    assert.deepEqual(await oci([a, b], a), {
      severity: "error",
      message: `${start}edge verified ${digest("a")}, which this cluster runs, after ${digest("b")}, so the repository would move back.`,
      hint: "Publish a new artifact and bring edge up with it. To go back anyway, set edgefirst:promotion.pin to false and the digest in edgefirst:flux.source.",
    });
    assert.deepEqual(await oci([b], a), {
      severity: "error",
      message: `${start}this cluster runs ${digest("a")}, which edge has no record of verifying, so it is unknown whether ${digest("b")} is newer.`,
      hint: "Set the ref of edgefirst:flux.source to a digest that edge has verified, run pulumi up once, then set edgefirst:promotion.pin to true.",
    });
  });

  it("quote a revision that names no commit or digest", async () => {
    assert.match(
      (await finding(upstream(ran(GIT, "main/abc"))))?.message ?? "",
      /: main\/abc is not a revision of a branch\.$/,
    );
    assert.match(
      (await finding(upstream(ran(OCI, "v1")), { source: OCI }))?.message ?? "",
      /: v1 names no digest\.$/,
    );
  });

  it("do not count digests of another repository, and hide no bug", async () => {
    const from = upstream(ran(OCI, `v1@${digest("b")}`), { revisions: [`v1@${digest("b")}`] });
    const other = { kind: OCI.kind, url: "oci://other", revision: `v1@${digest("a")}` };
    const elsewhere = {
      ...from,
      evidence: { ...from.evidence, revisions: [...from.evidence.revisions, other] },
    };
    const running = live(OCI, digest("a"), {});
    assert.match((await finding(elsewhere, { source: OCI, live: running }))?.message ?? "", /no record/);
    const bug = () => Promise.reject(new TypeError("bug"));
    const at = live(GIT, `sha1:${commit("a")}`, {});
    await assert.rejects(of(upstream(target), { live: at, descendsFrom: bug }), TypeError);
    const unread = { ...at, status: {} };
    assert.deepEqual((await of(upstream(target), { live: unread, descendsFrom: bug })).ref, {
      branch: "main",
      commit: commit("b"),
    });
  });
});
