import type { KubeObject } from "../../../kube/objects.ts";
import type { LossKind } from "../../../tools/migrate/loss-kinds.ts";
import { runStep } from "../../../tools/migrate/run.ts";
import type { Note, StepContext } from "../../../tools/migrate/step.ts";
import { route } from "../../../tools/migrate/steps/route/step.ts";
import { withRepository, type Files } from "../../tools/migrate/planning.ts";
import type { DnsCase } from "./cases/cases.ts";

/** What the step makes of a cluster, and its notes. */
export interface Planned {
  readonly objects: readonly KubeObject[];
  readonly notes: readonly Note[];
}

/** The cluster of a case: before the step, and after it in each way to call it. */
export interface Plans {
  readonly before: readonly KubeObject[];
  readonly plain: Planned;
  /** With `--accept-loss` for all that the cases may lose. */
  readonly accepted: Planned;
  /** With `--keep-ingress`. */
  readonly kept: Planned;
}

const FRONT = {
  name: "front",
  namespace: "doors",
  redirectsToHttps: true,
  entryPoints: { web: "http", websecure: "https" },
};
const OPTIONS = { gateways: { nginx: FRONT, traefik: FRONT } };
const ELSE: readonly LossKind[] = ["annotation", "setting"];

/** Plans the step for a case. */
export function plansFor({ objects }: DnsCase): Plans {
  const files: Files = Object.fromEntries(
    objects.map((object, index) => [`apps/${index}.yaml`, object] as const),
  );
  const planned = (acceptLoss: readonly LossKind[], more: object = {}): Planned =>
    withRepository(files, { route: { ...OPTIONS, ...more }, acceptLoss }, (context) => {
      const { plan, proof } = runStep(route, context);
      return { objects: plain(proof.clusters), notes: plan.notes };
    });
  return {
    before: withRepository(files, {}, ({ clusters }) => plain(clusters)),
    plain: planned(ELSE),
    accepted: planned([...ELSE, "dns-record"]),
    kept: planned([...ELSE, "dns-record"], { keepIngress: true }),
  };
}

const plain = (clusters: StepContext["clusters"]): readonly KubeObject[] =>
  clusters.flatMap(({ objects }) => objects.map(({ object }) => structuredClone(object) as never));
