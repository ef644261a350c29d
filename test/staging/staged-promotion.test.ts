import assert from "node:assert/strict";
import type { KubeObject } from "../../kube/objects.ts";
import { stageUpdate } from "../../staging/staged-update.ts";
import type { StagingSettings } from "../../staging/staging-settings.ts";
import type { StagedUpdateArgs } from "../../staging/update-args.ts";
import { verification } from "../support/evidence.ts";
import { GitRepository } from "../support/git.ts";
import {
  eachInStagedWorld,
  OVERRIDE,
  storedEvidence,
  verifiedUpstream,
  type StagedWorld,
} from "./staged-update-double.ts";

const COMMIT = "c".repeat(40);

describe("the promotion of the repository in a staged update of edge", () => {
  let world: StagedWorld;
  eachInStagedWorld((fresh) => {
    world = fresh;
  });

  it("goes ahead under an override even if the repository cannot be promoted, which becomes a warning", async () => {
    world.stacks.lab = verifiedUpstream();
    const settings = { after: ["lab"], promotion: { pin: true }, override: OVERRIDE };
    await stageUpdate(world.args(settings, { repository: repositoryOf("https://example.com/repository") }));
    assert.match(
      world.logged.join("\n"),
      /^warn: Cannot promote the repository from lab: its evidence names no/m,
    );
  });

  it("pins the repository to what the upstream stack has verified, if so configured", async () => {
    const url = "https://example.com/repository";
    const at = (commit: string) => ({
      gitops: { kind: "GitRepository", url, revision: `main@sha1:${commit}` } as const,
    });
    const other = "d".repeat(40);
    world.stacks = { lab: verifiedUpstream(at(COMMIT)), canary: verifiedUpstream(at(other)) };
    const pinned = async (promotion: StagingSettings["promotion"]) => {
      const args = world.args({ after: ["lab", "canary"], promotion }, { repository: repositoryOf(url) });
      return (await stageUpdate(args)).ref?.commit;
    };
    assert.equal(await pinned({ pin: false }), undefined);
    assert.equal(await pinned({ pin: true }), COMMIT);
    assert.equal(await pinned({ pin: true, from: "canary" }), other);
    const alone = await stageUpdate(world.args({ promotion: { pin: true } }));
    assert.equal(alone.ref, undefined);
  });

  it("keeps the live pin when it goes back", async () => {
    const commit = "e".repeat(40);
    world.objects = () => [liveSource(commit)];
    const evidence = storedEvidence("r3");
    const verified = [...evidence.verified, verification("r2")];
    world.stacks = {
      edge: { release: "r3", __evidence: { ...evidence, verified } },
      lab: verifiedUpstream(),
    };
    const repository = repositoryOf("https://example.com/repository");
    const { ref } = await stageUpdate(
      world.args({ after: ["lab"], promotion: { pin: true } }, { repository }),
    );
    assert.deepEqual(ref, { branch: "main", commit });
  });

  it("asks git whether the repository would move back, at its own address or at the configured one", async () => {
    const history = new GitRepository();
    const [older, newer] = [history.commit({ a: "1" }), history.commit({ a: "2" })];
    const promoted = async (url: string, [from, to]: readonly [string, string], at?: string) => {
      world.objects = () => [liveSource(from)];
      const gitops = { kind: "GitRepository", url, revision: `main@sha1:${to}` } as const;
      world.stacks = { lab: verifiedUpstream({ gitops }) };
      const promotion = { pin: true, ...(at !== undefined && { history: at }) };
      const { ref } = await stageUpdate(
        world.args({ after: ["lab"], promotion }, { repository: repositoryOf(url) }),
      );
      return ref?.commit;
    };
    assert.equal(await promoted(history.dir, [older, newer]), newer);
    assert.equal(await promoted("/nowhere", [older, newer], history.dir), newer);
    await assert.rejects(promoted(history.dir, [newer, older]), /so the repository would move back/);
  });
});

/** The Flux source of the stack's repository, as configured. */
function repositoryOf(url: string): StagedUpdateArgs["repository"] {
  const source = {
    kind: "GitRepository",
    url,
    ref: { branch: "main" },
    name: "fleet",
    namespace: "flux-system",
  };
  return {
    source,
    root: { name: "root", namespace: "flux-system" },
  } as unknown as StagedUpdateArgs["repository"];
}

/** The same source on the cluster, pinned to a commit. */
function liveSource(commit: string): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "fleet", namespace: "flux-system" },
    spec: { ref: { branch: "main", commit } },
    status: { artifact: { revision: `main@sha1:${commit}` } },
  };
}
