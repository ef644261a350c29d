import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Evidence, GitopsRevision } from "../../staging/evidence.ts";
import type { Movement } from "../../staging/movement.ts";
import type { Predecessor } from "../../staging/predecessor.ts";
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

function predecessor(
  gitops: GitopsRevision | null,
  more: { movement?: Movement; revisions?: string[] } = {},
): Predecessor {
  const record = verification("r2", { gitops });
  const { evidence } = outputsOf("r2", [record]) as { evidence: Evidence };
  const revisions = (more.revisions ?? []).map((revision) => ({ kind: OCI.kind, url: OCI.url, revision }));
  return {
    stack: "edge",
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
  const to = (from: Predecessor | undefined, answer: boolean | Error = true, source = GIT) =>
    promote({
      from,
      source,
      live: running,
      descendsFrom: (newer, older) => {
        assert.deepEqual([newer, older], [commit("b"), commit("a")]);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    });

  it("pins the verified commit of the shared branch, and says what that proves", async () => {
    const { ref, findings } = await to(predecessor(target));
    assert.deepEqual(ref, { branch: "main", commit: commit("b") });
    assert.match(findings[0]!.message, /proves only the paths that edge builds/);
  });

  const kept = { branch: "main", commit: commit("a") };
  const refusals: readonly [string, Parameters<typeof to>, RegExp][] = [
    [
      "what does not descend from the live commit",
      [predecessor(target), false],
      /does not descend.*step back/,
    ],
    [
      "where git cannot tell",
      [predecessor(target), new EdgefirstError("git cannot tell")],
      /git cannot tell/,
    ],
    [
      "another repository",
      [predecessor({ ...target, url: "https://y" })],
      /follows GitRepository https:\/\/y/,
    ],
    [
      "another branch",
      [predecessor({ ...target, revision: `edge@sha1:${commit("b")}` })],
      /runs edge@sha1:b+, and this stack follows branch main/,
    ],
    [
      "a source without a branch",
      [predecessor(target), true, { ...GIT, ref: { tag: "v1" } }],
      /follows no branch/,
    ],
    ["evidence without a revision", [predecessor(null)], /no revision of a repository/],
  ];
  for (const [what, args, expected] of refusals)
    it(`refuses ${what}, and leaves the live pin`, async () => {
      const result = await to(...args);
      assert.match(errorOf(result) ?? "", expected);
      assert.deepEqual(result.ref, kept);
    });

  it("a rollback of a release never moves the pin", async () => {
    const result = await to(predecessor(target, { movement: "back" }));
    assert.deepEqual([result.ref, errorOf(result)], [kept, undefined]);
  });

  it("leaves the live pin while the release is not verified: the gate says so", async () => {
    assert.deepEqual(await to(undefined), { ref: kept, findings: [] });
  });
});

describe("promotion of an OCIRepository: what was verified later descends from what was verified earlier", () => {
  const to = (runs: string | undefined, revisions: string[]) =>
    promote({
      from: predecessor(ran(OCI, `v1@${digest("b")}`), { revisions }),
      source: OCI,
      live: runs === undefined ? undefined : live(OCI, runs, { tag: "v1" }),
      descendsFrom: () => assert.fail("git has no part in it"),
    });
  const b = `v1@${digest("b")}`;
  const a = `v1@${digest("a")}`;

  it("pins what was verified after the digest that runs", async () => {
    assert.deepEqual((await to(digest("a"), [b, a])).ref, { digest: digest("b") });
  });
  it("pins what runs already, and on a cluster without a source", async () => {
    assert.deepEqual((await to(b, [])).ref, { digest: digest("b") });
    assert.deepEqual((await to(undefined, [b])).ref, { digest: digest("b") });
  });
  it("refuses a step back", async () => {
    assert.match(errorOf(await to(a, [a, b])) ?? "", /after .*step back/);
  });
  it("refuses where it cannot be known", async () => {
    const result = await to(`v1@${digest("c")}`, [b, a]);
    assert.match(errorOf(result) ?? "", /cannot be known/);
    assert.deepEqual(result.ref, { tag: "v1" });
  });
});
