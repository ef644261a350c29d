import assert from "node:assert/strict";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KubeObject } from "../../../../kube/objects.ts";
import { Repository } from "../../../../tools/gitops/yaml/repository.ts";
import { fileText } from "../../../../tools/gitops/yaml/file-text.ts";
import { buildRepository } from "../../../../tools/gitops/flux/repository-build.ts";
import { liveKustomizations } from "../../../../tools/migrate/live/kustomizations.ts";
import { missingLive } from "../../../../tools/migrate/steps/namespace/live-references.ts";
import { movingRoots } from "../../../../tools/migrate/steps/namespace/root.ts";
import { readOptions } from "../../../../tools/migrate/options.ts";
import { formatNote } from "../../../../tools/migrate/report.ts";
import { runStep } from "../../../../tools/migrate/run.ts";
import type { StepContext } from "../../../../tools/migrate/step.ts";
import { namespace } from "../../../../tools/migrate/steps/namespace/step.ts";
import { clusterHolding } from "../../../support/cluster.ts";

const FIXTURE = join(import.meta.dirname, "../../../fixtures/migrate/namespace/move/before");
const CHILD = "kubernetes/home/apps/media/player/ks.yaml";
const OPTIONS = ".edgefirst/migrate.yaml";

const plain = (apiVersion: string, kind: string, at: string, name: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { namespace: at, name },
});
const account = (at: string): KubeObject => plain("v1", "ServiceAccount", at, "deployer");
const binding = (...namespaces: readonly string[]): KubeObject => ({
  ...plain("rbac.authorization.k8s.io/v1", "RoleBinding", "media", "deployer"),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
  subjects: namespaces.map((at) => ({ kind: "ServiceAccount", name: "deployer", namespace: at })),
});

/** The fixture's repository, guarded and in phase move, with more fields in its child and more objects next to Flux's settings. */
function moving(
  change: (child: string) => string,
  objects: readonly KubeObject[],
  options: object = {},
): StepContext {
  const fixture = new Repository(FIXTURE);
  const repository = fixture.with(
    new Map([
      [CHILD, change(fileText(fixture, CHILD) ?? "")],
      [MORE, objects.map((object) => `---\n${stringify(object)}`).join("")],
      [OPTIONS, stringify({ namespace: { phases: { "kubernetes/home": "move" }, ...options } })],
    ]),
  );
  const { clusters } = buildRepository(repository);
  return { repository, clusters, selected: () => true, options: readOptions(repository) };
}

/** The refusals, or the runbook notes if something is written. */
function said(...args: Parameters<typeof moving>): readonly string[] {
  const { plan, proof } = runStep(namespace, moving(...args));
  assert.equal(proof.status, "holds");
  const refusals = plan.notes.filter(({ kind }) => kind === "refused");
  assert.equal(plan.changes.length === 0, refusals.length > 0);
  const before = plan.notes.filter(({ message }) => message.startsWith("before the commit"));
  return (refusals.length > 0 ? refusals : before).map((note) => formatNote(note));
}

/** The child with more lines in its spec. */
const saying =
  (lines: string) =>
  (child: string): string =>
    child.replace(
      "  targetNamespace: media\n",
      `  targetNamespace: media\n${lines.replace(/^(?=.)/gm, "  ")}`,
    );
const waiting =
  (namespace: string) =>
  (child: string): string =>
    child.replace("    - name: player-data\n", `    - name: far\n${namespace}`);
const asItIs = (child: string): string => child;

const MORE = "kubernetes/home/flux/more.yaml";
const alert = (name: string, ...sources: readonly object[]): KubeObject => ({
  ...plain("notification.toolkit.fluxcd.io/v1beta3", "Alert", "flux-system", name),
  spec: { eventSources: sources.map((source) => ({ kind: "Kustomization", ...source })) },
});
const ACCOUNT = "serviceAccountName: deployer\n";
const ELSEWHERE = "kubeConfig:\n  secretRef:\n    name: far\n";
/** The notes for the unchanged fixture. */
const ALWAYS = /: before the commit: Secret flux-apps\/(?:sops-age|user-secrets) \(/;

describe("migrate namespace: references that would break", () => {
  const cases: readonly (readonly [string, Parameters<typeof moving>, readonly string[]])[] = [
    [
      "refuses a ServiceAccount that stays behind",
      [saying(ACCOUNT), [account("flux-system")]],
      [
        `${CHILD}:12: cannot move: flux-apps/player would not find ServiceAccount flux-apps/deployer (serviceAccountName), because only flux-system/deployer exists; add it to this repository in flux-apps first`,
      ],
    ],
    [
      "refuses a ServiceAccount without the rights that it has today",
      [saying(ACCOUNT), [account("flux-system"), account("flux-apps"), binding("flux-system")]],
      [
        `${CHILD}:12: cannot move: flux-apps/player would use ServiceAccount flux-apps/deployer, but RoleBinding media/deployer grants rights to flux-system/deployer only; add flux-apps/deployer to it`,
      ],
    ],
    [
      "moves with a ServiceAccount that exists in the target with its rights",
      [saying(ACCOUNT), [account("flux-system"), account("flux-apps"), binding("flux-system", "flux-apps")]],
      [],
    ],
    [
      "reports a ServiceAccount that exists only on the cluster",
      [saying(ACCOUNT), []],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: ServiceAccount flux-apps/deployer (serviceAccountName) must exist; --check verifies it",
      ],
    ],
    [
      "refuses a kubeConfig that stays behind",
      [saying(ELSEWHERE), [plain("v1", "Secret", "flux-system", "far")]],
      [
        `${CHILD}:14: cannot move: flux-apps/player would not find Secret flux-apps/far (kubeConfig), because only flux-system/far exists; add it to this repository in flux-apps first`,
      ],
    ],
    [
      "refuses a ServiceAccount on a remote cluster, which is in the child's namespace too",
      [saying(`${ELSEWHERE}${ACCOUNT}`), [plain("v1", "Secret", "flux-apps", "far")]],
      [
        `${CHILD}:15: cannot move: on its remote cluster, flux-apps/player would use ServiceAccount flux-apps/deployer instead of flux-system/deployer, and its rights there are not known; exclude it with the opt-out label`,
      ],
    ],
    [
      "reports the account that a cloud's keys trust, whether or not it exists",
      [
        saying("decryption:\n  serviceAccountName: deployer\n"),
        [account("flux-system"), account("flux-apps")],
      ],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: ServiceAccount flux-apps/deployer (decryption) must exist, and the key service must trust it as it trusts flux-system/deployer; --check verifies it",
      ],
    ],
    [
      "refuses an optional reference whose variables would be empty without an error",
      [asItIs, [plain("v1", "Secret", "flux-system", "user-secrets")]],
      [
        "kubernetes/home/flux/apps.yaml:32: cannot move: flux-apps/player and 1 other child would not find Secret flux-apps/user-secrets (substituteFrom), because only flux-system/user-secrets exists; the reference is optional, so its variables would be empty without an error; add it to this repository in flux-apps first",
      ],
    ],
    [
      "refuses a dependency that is not in the repository",
      [waiting(""), []],
      [
        "kubernetes/home/flux/apps.yaml:3: cannot move: a child depends on Kustomization far, which is not in the repository. If it stays in flux-system, list it under namespace.staying in .edgefirst/migrate.yaml; if it moves to flux-apps too, under namespace.dependencies",
      ],
    ],
    [
      "reports a dependency that moves too, according to the options",
      [waiting(""), [], { dependencies: ["far"] }],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: Kustomization flux-apps/far (dependsOn) must exist; --check verifies it",
      ],
    ],
    [
      "moves with a dependency that stays, according to the options",
      [waiting(""), [], { staying: ["far"] }],
      [],
    ],
    ["moves if the child sets the namespace", [waiting("      namespace: flux-system\n"), []], []],
    [
      "reports an Alert for the whole namespace, or for a name in the Alert's own namespace",
      [asItIs, [alert("all", { name: "*" }), alert("one", { name: "player" })]],
      [
        `${MORE}:9: before the commit: Alert flux-system/all would no longer receive events from 2 Kustomizations that move; add the same entry to spec.eventSources with namespace: flux-apps`,
        `${MORE}:19: before the commit: Alert flux-system/one would no longer receive events from Kustomization flux-system/player; add the same entry to spec.eventSources with namespace: flux-apps`,
      ],
    ],
    [
      "refuses if an Alert names a child with its namespace",
      [asItIs, [alert("one", { name: "player", namespace: "flux-system" })]],
      [
        `${MORE}:9: cannot move: Alert flux-system/one would no longer receive events from Kustomization flux-system/player; add the same entry to spec.eventSources with namespace: flux-apps`,
      ],
    ],
    [
      "moves with an Alert that also covers the target, and with one for objects that do not move",
      [
        asItIs,
        [
          alert("all", { name: "*" }, { name: "*", namespace: "flux-apps" }),
          alert(
            "one",
            { name: "cluster-apps", namespace: "flux-system" },
            { name: "*", matchLabels: { a: "b" } },
          ),
        ],
      ],
      [],
    ],
    [
      "refuses if a Receiver or a health check names a child",
      [
        saying(
          "healthChecks:\n  - { apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, name: player-data, namespace: flux-system }\n",
        ),
        [
          {
            ...plain("notification.toolkit.fluxcd.io/v1", "Receiver", "flux-system", "hook"),
            spec: { resources: [{ kind: "Kustomization", name: "player", namespace: "flux-system" }] },
          },
        ],
      ],
      [
        `${MORE}:9: cannot move: Receiver flux-system/hook would no longer trigger Kustomization flux-system/player; add the same entry to spec.resources with namespace: flux-apps`,
        `${CHILD}:13: cannot move: Kustomization flux-system/player would no longer check Kustomization flux-system/player-data; remove the check, and add it again with the new namespace after the move`,
      ],
    ],
  ];
  for (const [what, args, expected] of cases)
    it(what, () => {
      assert.deepEqual(
        said(...args).filter((line) => !ALWAYS.test(line)),
        expected,
      );
    });

  async function live(
    change: (child: string) => string,
    ...objects: KubeObject[]
  ): Promise<readonly string[]> {
    const context = moving(change, []);
    const [root] = movingRoots(context.clusters, context.options);
    assert.ok(root);
    const cluster = clusterHolding(
      plain("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "home"),
      plain("v1", "ConfigMap", "flux-apps", "cluster-settings"),
      plain("v1", "Secret", "flux-apps", "sops-age"),
      ...objects,
    );
    return missingLive(root, context, await liveKustomizations(cluster), cluster);
  }

  it("checks the cluster for optional objects that exist today", async () => {
    const [old, now] = ["flux-system", "flux-apps"].map((at) => plain("v1", "Secret", at, "user-secrets"));
    assert.ok(old && now);
    assert.deepEqual(await live(asItIs), []);
    assert.deepEqual(await live(asItIs, old, now), []);
    assert.deepEqual(await live(asItIs, old), [
      "Secret flux-apps/user-secrets does not exist, but flux-system/user-secrets does: the variables from it would be empty for flux-apps/player, flux-apps/player-data",
    ]);
  });

  it("checks the cluster for a ServiceAccount, and for its rights", async () => {
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-system")), [
      "ServiceAccount flux-apps/deployer does not exist, and flux-apps/player would need it (serviceAccountName)",
    ]);
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-apps"), binding("flux-system")), [
      "RoleBinding media/deployer grants rights to ServiceAccount flux-system/deployer, but nothing grants them to flux-apps/deployer, which flux-apps/player would use",
    ]);
    const both = binding("flux-system", "flux-apps");
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-apps"), both), []);
  });
});
