import { parse } from "../../lib/quiet-yaml.ts";

/** Tests that fail for a known reason. `docs/reference/conformance.md` explains each. */
export const EXPECTED_FAILURES: readonly string[] = ["HTTPRouteMultipleGateways"];

/** What this project reads of the suite's report (https://pkg.go.dev/sigs.k8s.io/gateway-api/conformance/apis/v1#ConformanceReport). */
export interface Report {
  readonly gatewayAPIVersion: string;
  readonly gatewayAPIChannel: string;
  readonly implementation: { readonly version: string };
  readonly profiles: readonly Profile[];
}

interface Profile {
  readonly name: string;
  readonly core: Result;
  readonly extended?: Result;
}

/** The result of a profile's core or extended tests. */
export interface Result {
  readonly statistics: { readonly Passed: number; readonly Failed: number; readonly Skipped: number };
  readonly failedTests?: readonly string[];
}

/** Parses the suite's report. @throws if the suite ended before its first test */
export function parseReport(text: string, log?: string): Report {
  const report = parse(text) as { readonly profiles: Report["profiles"] | null };
  if (report.profiles === null) throw new Error(`The suite ran no test. Its log: ${log}`);
  return report as Report;
}

/** Differences from {@link EXPECTED_FAILURES}, one message per test. */
export function surprises({ profiles }: Report): string[] {
  const failed = new Set(
    profiles.flatMap(({ core, extended }) => [...(core.failedTests ?? []), ...(extended?.failedTests ?? [])]),
  );
  return [
    ...[...failed].filter((test) => !EXPECTED_FAILURES.includes(test)).map((test) => `${test} failed`),
    ...EXPECTED_FAILURES.filter((test) => !failed.has(test)).map(
      (test) => `${test} passed: remove it from EXPECTED_FAILURES and from the page`,
    ),
  ];
}

/** The report's file name. */
export function reportName({
  gatewayAPIVersion,
  implementation,
}: Pick<Report, "gatewayAPIVersion" | "implementation">): string {
  return `traefik-${implementation.version}-gateway-api-${gatewayAPIVersion}.yaml`;
}
