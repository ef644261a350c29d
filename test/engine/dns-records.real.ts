import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { temporaryFolder } from "../../lib/temporary-folder.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { Helm } from "../../tools/render/helm.ts";
import { waitUntil } from "../../tools/sandbox/wait.ts";
import { findProgram } from "../../tools/toolchain/find.ts";
import { programNamed } from "../../tools/toolchain/program.ts";
import { PROGRAMS } from "../../tools/toolchain/programs.ts";
import { CASES } from "../support/dns/cases/cases.ts";
import { claimsIn } from "../support/dns/claims.ts";
import { ClusterState } from "../support/dns/cluster-state.ts";
import { TRAEFIK_DEFINITIONS } from "../support/dns/definitions.ts";
import { disagreements, keptDisagreements } from "../support/dns/disagreements.ts";
import { observe, type Laboratory } from "../support/dns/observed.ts";
import { plansFor } from "../support/dns/plans.ts";
import { gatewayApiDefinitions } from "../support/gateway-api.ts";
import { useSandbox } from "../support/sandbox.ts";
import { skip } from "../support/skip.ts";

const NAMESPACES = ["apps", "doors", "network"];
const WAIT = { timeoutMs: 60_000 };

/** The real external-dns reads the cluster before and after the step, and its records are compared with what the step says about them. */
describe("engine: the step route says what external-dns does with the records", function () {
  // A case takes a second or two, and much longer on a busy machine.
  this.timeout(180_000);
  const context = useSandbox("edge");
  let laboratory: Laboratory;
  let client: KubeClient | undefined;
  let home: string | undefined;

  before(async function () {
    const [program, helm] = await Promise.all(
      ["external-dns", "helm"].map((name) => findProgram(programNamed(name, PROGRAMS))),
    );
    if (!program || !helm) skip(this, "external-dns or helm would have to be built first");
    const { kubeconfig } = context.sandbox;
    const connected = new KubeClient({ kubeconfig, context: "edge" }, 30_000);
    client = connected;
    const definitions = [...(await gatewayApiDefinitions()), ...TRAEFIK_DEFINITIONS];
    const namespaces = NAMESPACES.map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    }));
    for (const object of [...definitions, ...namespaces])
      await connected.apply(object, { fieldManager: "test" });
    for (const [version, kind] of [
      ["gateway.networking.k8s.io/v1", "HTTPRoute"],
      ["traefik.io/v1alpha1", "IngressRouteUDP"],
    ] as const)
      await waitUntil(`the API server to serve ${kind}`, () => connected.serves(version, kind), WAIT);
    home = temporaryFolder("helm");
    laboratory = {
      cluster: new ClusterState(connected),
      kubeconfig,
      helm: new Helm(helm.path, helm.version, home),
      program: program.path,
    };
  });
  after(async () => {
    client?.close();
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  });

  for (const one of CASES)
    it(one.title, async () => {
      const plans = plansFor(one);
      const observed = await observe(plans, laboratory);
      const claims = claimsIn(plans.accepted.notes);
      const refusals = plans.plain.notes.filter(({ kind }) => kind === "refused");
      const accepted = claims.messages.filter(
        (message) =>
          [...claims.lost, ...claims.published, ...claims.targets].some(
            (claim) => claim.message === message,
          ) && !refusals.some((refusal) => refusal.message.includes(message)),
      );
      assert.deepEqual(accepted, [], "accepted without --accept-loss");
      assert.deepEqual(
        [...disagreements(observed, claims), ...keptDisagreements(observed, claimsIn(plans.kept.notes))],
        [],
        JSON.stringify(observed),
      );
    });
});
