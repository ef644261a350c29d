import { createHash } from "node:crypto";
import type { JobCheck } from "../../config/own-checks.ts";
import { parseDuration } from "../../lib/duration.ts";
import { conditionOf, meets } from "../../kube/conditions.ts";
import type { KubeObject } from "../../kube/objects.ts";

/** Identifies a Job. */
export interface JobIdentity {
  readonly project: string;
  readonly stack: string;
  readonly release: string;
  /** Name of the check. */
  readonly name: string;
  readonly attempt: number;
}

/** Label on each Job of a check. It is not the stack label, because the stack does not declare these Jobs. */
export const CHECK_LABEL = "edgefirst.dev/check-of";
/** If the process is killed, Kubernetes deletes the Job this long after the Job has finished. */
const KEPT_SECONDS = 3_600;

/** Value of {@link CHECK_LABEL}. A hash, since stack names may contain characters that labels must not. */
export function checkOwner({ project, stack }: Pick<JobIdentity, "project" | "stack">): string {
  return createHash("sha256").update(`${project}/${stack}`).digest("hex").slice(0, 10);
}

/** The Job for one attempt. It meets the Pod Security Standard `restricted`. */
export function jobObject(identity: JobIdentity, settings: JobCheck): KubeObject {
  const { project, stack, release, name, attempt } = identity;
  const labels = { [CHECK_LABEL]: checkOwner(identity), "app.kubernetes.io/managed-by": "edgefirst" };
  const { serviceAccount, timeout, runAsUser } = settings;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `edgefirst-${name}-${release}-${attempt}`,
      namespace: settings.namespace,
      labels,
      annotations: { "edgefirst.dev/check": `${name} of ${project}/${stack}, release ${release}` },
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.round(parseDuration(timeout) / 1_000)),
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: serviceAccount !== undefined,
          ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
          securityContext: { runAsNonRoot: true, runAsUser, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container(settings)],
        },
      },
    },
  };
}

function container({ image, command, args, env }: JobCheck) {
  return {
    name: "check",
    image,
    ...(command !== undefined && { command }),
    ...(args !== undefined && { args }),
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
  };
}

/** The state of a Job according to its conditions (Kubernetes, "Jobs"). */
export function jobOutcome(job: KubeObject): {
  readonly state: "running" | "succeeded" | "failed";
  readonly message: string;
} {
  const failed = conditionOf(job, "Failed");
  if (failed?.status === "True")
    return { state: "failed", message: failed.message ?? failed.reason ?? "the Job failed" };
  return { state: meets(job, "Complete") ? "succeeded" : "running", message: "" };
}
