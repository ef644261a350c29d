import assert from "node:assert/strict";
import { stringify } from "yaml";
import { helmRelease, kustomization, messages, resultOf, stepThat, type Files } from "./planning.ts";

interface Case {
  readonly upgrade?: object;
  readonly timeout?: string;
  readonly persistence?: object;
  /** Whether the step changes only an annotation. */
  readonly isAnnotated?: boolean;
}

const UNINSTALL = { remediation: { retries: 1, strategy: "uninstall" } };

/** The runbook of a step that changes a release. */
function runbook({ upgrade = UNINSTALL, timeout, persistence = {}, isAnnotated }: Case): readonly string[] {
  const values = { controllers: { app: {} }, persistence };
  const release = helmRelease("app", "media", "app-template", values) as { metadata: object; spec: object };
  const before = { ...release, spec: { ...release.spec, upgrade, ...(timeout && { timeout }) } };
  const after = isAnnotated
    ? { ...before, metadata: { ...before.metadata, annotations: { "example.com/reviewed": "yes" } } }
    : { ...before, spec: { ...before.spec, values: { ...values, service: {} } } };
  const files: Files = { "flux/apps.yaml": kustomization("apps", "./apps"), "apps/release.yaml": before };
  return messages(
    resultOf(stepThat([{ path: "apps/release.yaml", text: stringify(after) }]), files),
    "runbook",
  );
}

describe("migrate, for a release that is uninstalled if its upgrade fails", () => {
  it("says so, and how long the upgrade may take", () => {
    assert.deepEqual(runbook({}), [
      "before the commit: if the upgrade fails, for example because a pod is not ready after 5m, helm-controller uninstalls the release; set spec.upgrade.remediation.strategy to rollback to keep it",
    ]);
    assert.match(runbook({ timeout: "10m" }).join(), /after 10m,/);
    assert.match(runbook({ timeout: "10m", upgrade: { ...UNINSTALL, timeout: "15m" } }).join(), /after 15m,/);
    assert.match(
      runbook({ upgrade: { ...UNINSTALL, disableWait: true } }).join(),
      /if the upgrade fails, helm-controller/,
    );
  });

  it("names the claims that are deleted with it", () => {
    const persistence = {
      config: { type: "persistentVolumeClaim", accessMode: "ReadWriteOnce", size: "1Gi" },
      data: { accessMode: "ReadWriteOnce", size: "1Gi" },
      kept: { type: "persistentVolumeClaim", size: "1Gi", retain: true },
      annotated: { type: "persistentVolumeClaim", annotations: { "helm.sh/resource-policy": "keep" } },
      other: { existingClaim: "other" },
      cache: { type: "emptyDir" },
      off: { enabled: false, type: "persistentVolumeClaim" },
    };
    assert.match(
      runbook({ persistence }).join(),
      /uninstalls the release and deletes its claims config, data; set/,
    );
  });

  const SILENT: Readonly<Record<string, Case>> = {
    "that rolls back": { upgrade: { remediation: { retries: 3 } } },
    "without retries": { upgrade: { remediation: { strategy: "uninstall" } } },
    "that only tries again": { upgrade: { ...UNINSTALL, strategy: { name: "RetryOnFailure" } } },
    "of which only an annotation changes": { isAnnotated: true },
  };
  for (const [title, one] of Object.entries(SILENT))
    it(`says nothing about a release ${title}`, () => {
      assert.deepEqual(runbook(one), []);
    });

  it("counts the last failure, if that is remediated too", () => {
    const remediation = { remediateLastFailure: true, strategy: "uninstall" };
    assert.equal(runbook({ upgrade: { remediation } }).length, 1);
  });
});
