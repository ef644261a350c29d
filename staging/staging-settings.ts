import type { CheckId } from "../config/check-ids.ts";
import type { OwnChecks } from "../config/own-checks.ts";
import type { ComparedSetting } from "../config/compared-settings.ts";
import { parseDuration } from "../lib/duration.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { ClusterIdentityArgs } from "./cluster-identity.ts";
import type { OverrideRecord } from "./evidence.ts";
import type { IgnoreSettings } from "./ignored.ts";
import type { NotifySettings } from "./notifier.ts";
import { refuseOldSamples } from "./own-check-settings.ts";
import type { UpdateWindow } from "./windows.ts";

/** Configuration of the gate, verification and promotion. Durations are in Flux's format. */
export interface StagingSettings {
  readonly cluster: ClusterIdentityArgs["configured"];
  readonly after: readonly string[];
  readonly gate: {
    readonly maxAge: string;
    readonly live: "configured" | "required";
    readonly unreachable: "refuse" | "warn";
    readonly patience: string;
    readonly minAge: string;
    readonly minSoak: string;
    readonly requiredChecks: readonly CheckId[];
    readonly overrides: "accept" | "refuse";
    readonly accept: Readonly<Partial<Record<ComparedSetting, string>>>;
    readonly windows: readonly UpdateWindow[];
    readonly clusters: Readonly<Record<string, { context: string; kubeconfig?: string | undefined }>>;
  };
  readonly override?: OverrideRecord | undefined;
  readonly verification: {
    readonly soak: string;
    readonly withoutSoak?: string | undefined;
    readonly timeout: string;
    readonly interval: string;
    readonly patience: string;
    readonly skip: Readonly<Partial<Record<CheckId, string>>>;
    readonly removed: Readonly<Record<string, string>>;
    readonly ignore: IgnoreSettings;
  };
  readonly checks: OwnChecks;
  readonly notify: NotifySettings;
  readonly promotion: {
    readonly pin: boolean;
    readonly from?: string | undefined;
    readonly history?: string | undefined;
  };
}

/**
 * Refuses settings that would make every verification fail or prove nothing.
 * @throws {EdgefirstError} with the value and what to do
 */
export function refuseSenseless({
  verification,
  checks,
}: Pick<StagingSettings, "verification" | "checks">): void {
  const { soak, timeout, interval, withoutSoak } = verification;
  const [soakMs, timeoutMs, intervalMs] = [soak, timeout, interval].map(parseDuration) as [
    number,
    number,
    number,
  ];
  if (soakMs >= timeoutMs)
    throw new EdgefirstError(
      `edgefirst:verification.soak is ${soak} and verification.timeout is ${timeout}: no verification could ever pass.`,
      "Set a longer timeout, or a shorter soak. Nothing was changed.",
    );
  if (soakMs === 0 && withoutSoak === undefined)
    throw new EdgefirstError(
      "edgefirst:verification.soak is 0s: a single round of checks proves little.",
      "Set a soak, or give the reason in edgefirst:verification.withoutSoak. Nothing was changed.",
    );
  if (soakMs > 0 && intervalMs > soakMs)
    throw new EdgefirstError(
      `edgefirst:verification.interval is ${interval}, which is longer than the soak of ${soak}: no check would run during the soak.`,
      "Set a shorter interval, or a longer soak. Nothing was changed.",
    );
  refuseOldSamples(checks, soak);
}
