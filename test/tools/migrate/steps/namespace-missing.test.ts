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

/** The repository of the fixture, guarded and to be moved, whose child says more, and with more objects beside the settings of Flux. */
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

/** Why nothing is written; what is said of the live cluster, where something is. */
function said(...args: Parameters<typeof moving>): readonly string[] {
  const { plan, proof } = runStep(namespace, moving(...args));
  assert.equal(proof.status, "holds");
  const refusals = plan.notes.filter(({ kind }) => kind === "left");
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
/** What is said of the fixture as it is. */
const ALWAYS = /: before the commit: Secret flux-apps\/(?:sops-age|user-secrets) \(/;

describe("edgefirst migrate namespace, what would be looked for in vain", () => {
  const cases: readonly (readonly [string, Parameters<typeof moving>, readonly string[]])[] = [
    [
      "refuses a ServiceAccount that stays behind",
      [saying(ACCOUNT), [account("flux-system")]],
      [
        `${CHILD}:12: no move: flux-apps/player would look in vain for ServiceAccount flux-apps/deployer (serviceAccountName); today it finds flux-system/deployer; bring it to flux-apps first`,
      ],
    ],
    [
      "refuses a ServiceAccount without the rights that it has today",
      [saying(ACCOUNT), [account("flux-system"), account("flux-apps"), binding("flux-system")]],
      [
        `${CHILD}:12: no move: flux-apps/player would act as ServiceAccount flux-apps/deployer, and RoleBinding media/deployer names flux-system/deployer; name flux-apps/deployer in it as well`,
      ],
    ],
    [
      "moves with a ServiceAccount that is there, with its rights",
      [saying(ACCOUNT), [account("flux-system"), account("flux-apps"), binding("flux-system", "flux-apps")]],
      [],
    ],
    [
      "tells of a ServiceAccount that only the cluster knows",
      [saying(ACCOUNT), []],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: ServiceAccount flux-apps/deployer (serviceAccountName) has to be there; --check looks for it",
      ],
    ],
    [
      "refuses a kubeConfig that stays behind",
      [saying(ELSEWHERE), [plain("v1", "Secret", "flux-system", "far")]],
      [
        `${CHILD}:14: no move: flux-apps/player would look in vain for Secret flux-apps/far (kubeConfig); today it finds flux-system/far; bring it to flux-apps first`,
      ],
    ],
    [
      "refuses a ServiceAccount of another cluster, which has the child's namespace as well",
      [saying(`${ELSEWHERE}${ACCOUNT}`), [plain("v1", "Secret", "flux-apps", "far")]],
      [
        `${CHILD}:15: no move: flux-apps/player would act on another cluster as ServiceAccount flux-apps/deployer, today as flux-system/deployer, and nothing here tells whether it may; let it opt out`,
      ],
    ],
    [
      "tells of the account that the keys in a cloud trust, be it there or not",
      [
        saying("decryption:\n  serviceAccountName: deployer\n"),
        [account("flux-system"), account("flux-apps")],
      ],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: ServiceAccount flux-apps/deployer (decryption) has to be there, and the keys have to trust it as they do flux-system/deployer; --check looks for it",
      ],
    ],
    [
      "refuses what is optional, and would be empty without a word",
      [asItIs, [plain("v1", "Secret", "flux-system", "user-secrets")]],
      ["player", "player-data"].map(
        (name) =>
          `kubernetes/home/flux/apps.yaml:32: no move: flux-apps/${name} would look in vain for Secret flux-apps/user-secrets (substituteFrom); today it finds flux-system/user-secrets; as it is optional, what it substitutes would be empty, and nothing would say so; bring it to flux-apps first`,
      ),
    ],
    [
      "refuses a dependency that is not in the repository",
      [waiting(""), []],
      [
        `${CHILD}:13: no move: flux-apps/player would wait for Kustomization flux-apps/far (dependsOn), which is not in the repository; where it stays, say namespace: flux-system in dependsOn, and where it comes to flux-apps as well, list it in .edgefirst/migrate.yaml: namespace.dependencies`,
      ],
    ],
    [
      "tells of one that comes to the target as well, by what the options say",
      [waiting(""), [], { dependencies: ["far"] }],
      [
        "kubernetes/home/flux/apps.yaml:3: before the commit: Kustomization flux-apps/far (dependsOn) has to be there; --check looks for it",
      ],
    ],
    ["moves where the child says where that is", [waiting("      namespace: flux-system\n"), []], []],
    [
      "tells of an Alert that hears of the namespace, or of a name in its own",
      [asItIs, [alert("all", { name: "*" }), alert("one", { name: "player" })]],
      [
        `${MORE}:9: before the commit: Alert flux-system/all would no longer hear of 2 Kustomizations that move; add the same to spec.eventSources with namespace: flux-apps`,
        `${MORE}:19: before the commit: Alert flux-system/one would no longer hear of Kustomization flux-system/player; add the same to spec.eventSources with namespace: flux-apps`,
      ],
    ],
    [
      "refuses for an Alert that names a child with its namespace",
      [asItIs, [alert("one", { name: "player", namespace: "flux-system" })]],
      [
        `${MORE}:9: no move: Alert flux-system/one would no longer hear of Kustomization flux-system/player; add the same to spec.eventSources with namespace: flux-apps`,
      ],
    ],
    [
      "moves with an Alert that hears of the target, too, and of what does not move",
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
      "refuses for a Receiver and a health check that name one",
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
        `${MORE}:9: no move: Receiver flux-system/hook would no longer trigger Kustomization flux-system/player; add the same to spec.resources with namespace: flux-apps`,
        `${CHILD}:13: no move: Kustomization flux-system/player would no longer check Kustomization flux-system/player-data; take the check out, and name it where it is after the move`,
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

  it("looks for what is optional on the cluster where it is there today", async () => {
    const [old, now] = ["flux-system", "flux-apps"].map((at) => plain("v1", "Secret", at, "user-secrets"));
    assert.ok(old && now);
    assert.deepEqual(await live(asItIs), []);
    assert.deepEqual(await live(asItIs, old, now), []);
    assert.deepEqual(await live(asItIs, old), [
      "Secret flux-apps/user-secrets is not there, and flux-system/user-secrets is: what flux-apps/player, flux-apps/player-data would substitute from it would be empty",
    ]);
  });

  it("looks for a ServiceAccount on the cluster, and for the rights that it has today", async () => {
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-system")), [
      "ServiceAccount flux-apps/deployer is not there: flux-apps/player would need it (serviceAccountName)",
    ]);
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-apps"), binding("flux-system")), [
      "RoleBinding media/deployer gives rights to ServiceAccount flux-system/deployer, and none gives them to flux-apps/deployer, which flux-apps/player would act as",
    ]);
    const both = binding("flux-system", "flux-apps");
    assert.deepEqual(await live(saying(ACCOUNT), account("flux-apps"), both), []);
  });
});
