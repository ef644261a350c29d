import { evidenceValue } from "../../staging/evidence-output.ts";
import {
  evidenceSchema,
  EVIDENCE_VERSION,
  type CheckRecord,
  type Evidence,
  type Revocation,
  type Verification,
} from "../../staging/evidence.ts";

/** A verification that passed. */
export function verification(release: string, fields: Partial<Verification> = {}): Verification {
  return {
    release,
    commit: `${release}0000`,
    dirty: false,
    time: "2026-01-31T12:00:00Z",
    soak: 300,
    checks: [],
    manifests: {},
    digest: "d",
    gitops: null,
    ...fields,
  };
}

/** The same verification, failed. */
export function revocation(release: string): Revocation {
  return {
    ...verification(release),
    failures: [{ check: "gateways", object: "Gateway network/external", message: "not programmed" }],
  };
}

/** What a check recorded; without other fields, that all was well. */
export const check = (fields: Partial<CheckRecord>): CheckRecord => ({
  id: "flux",
  outcome: "held",
  objects: 1,
  notes: [],
  unhealthyBefore: [],
  ...fields,
});

/** Outputs of a stack that runs a release and has these verifications, latest first. */
export function outputsOf(
  release: string,
  verified: readonly Verification[],
  revoked: readonly Revocation[] = [],
): Record<string, unknown> {
  const evidence: Evidence = {
    version: EVIDENCE_VERSION,
    cluster: { context: "test", uid: "uid" },
    gatus: null,
    verified: [...verified],
    revoked: [...revoked],
    revisions: [],
  };
  return { release, evidence };
}

/** The evidence in a stack's outputs. */
export function evidenceIn(outputs: Readonly<Record<string, unknown>>): Evidence {
  return evidenceSchema.parse(evidenceValue(outputs));
}
