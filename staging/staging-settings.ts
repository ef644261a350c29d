import type { CheckId } from "../config/check-ids.ts";
import type { OwnChecks } from "../config/own-checks.ts";
import type { ComparedSetting } from "../config/compared-settings.ts";
import { verificationErrors, type VerificationSettings } from "../config/verification-errors.ts";
import { EdgefirstError } from "../lib/errors.ts";
import type { ClusterIdentityArgs } from "./cluster-identity.ts";
import type { OverrideRecord } from "./evidence.ts";
import type { IgnoreSettings } from "./ignored.ts";
import type { NotifySettings } from "./notifier.ts";
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
 * Refuses settings that would make every verification fail or prove nothing. The configuration already reports them; this holds for every other caller.
 * @throws {EdgefirstError} with the value and what to do
 */
export function refuseSenseless(settings: VerificationSettings): void {
  const errors = verificationErrors(settings);
  if (errors.length > 0) throw new EdgefirstError(errors.join("\n"), "Nothing was changed.");
}
