import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KubeObject } from "../../../kube/objects.ts";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { buildClusters } from "../../../tools/migrate/build.ts";
import type { LossKind } from "../../../tools/migrate/loss-kinds.ts";
import { readOptions } from "../../../tools/migrate/options.ts";
import { runStep } from "../../../tools/migrate/run.ts";
import type { Note } from "../../../tools/migrate/step.ts";
import { route } from "../../../tools/migrate/steps/route/step.ts";

/** What a cluster has before and after the step. */
export interface Moved {
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
  readonly notes: readonly Note[];
  readonly status: "holds" | "fails" | "unproven";
}

/** The Gateway of `startTraefik`, as an owner would describe it. */
const OPTIONS = {
  route: {
    gateways: {
      traefik: {
        name: "external",
        namespace: "network",
        middlewares: true,
        entryPoints: { web: "http", websecure: "https" },
      },
      nginx: { name: "external", namespace: "network", middlewares: true },
    },
  },
};

/** Runs the step `route` on a repository with one file per object. */
export function move(objects: readonly KubeObject[], acceptLoss: readonly LossKind[] = []): Moved {
  const root = mkdtempSync(join(tmpdir(), "edgefirst-routes-"));
  try {
    mkdirSync(join(root, ".edgefirst"));
    writeFileSync(join(root, ".edgefirst/migrate.yaml"), stringify({ ...OPTIONS, acceptLoss }));
    for (const [index, object] of objects.entries())
      writeFileSync(join(root, `${index}-${object.kind.toLowerCase()}.yaml`), stringify(object));
    const repository = new Repository(root);
    const clusters = buildClusters(repository);
    const context = { repository, clusters, selected: () => true, options: readOptions(repository) };
    const { plan, proof } = runStep(route, context);
    const plain = (built: typeof clusters): readonly KubeObject[] =>
      built.flatMap((cluster) => cluster.objects.map(({ object }) => structuredClone(object) as never));
    return {
      before: plain(clusters),
      after: plain(proof.clusters),
      notes: plan.notes,
      status: proof.status,
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}
