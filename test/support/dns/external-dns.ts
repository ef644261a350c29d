import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Writer } from "./writers.ts";

/** A DNS record, without the TXT record that says who owns it. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  /** Sorted. */
  readonly targets: readonly string[];
  /** In seconds; 0 if external-dns leaves it to the provider. */
  readonly ttl: number;
}

interface Endpoint {
  readonly dnsName: string;
  readonly recordType: string;
  readonly targets?: readonly string[];
  readonly recordTTL?: number;
}

/** How {@link synchronized} runs external-dns. */
export interface Run {
  /** The executable. */
  readonly program: string;
  readonly kubeconfig: string;
  /** Keeps the records: from before the run, if it exists, to after it. */
  readonly file: string;
  /** Replaces the writer's own policy. */
  readonly policy?: "sync";
}

/** The zones of all cases. A record outside them is not written. */
const ZONES = ["example.com", "example.org"];
const TIMEOUT_MS = 60_000;

/** The records that an external-dns leaves behind when its next synchronization is over. */
export async function synchronized({ flags, env: given }: Writer, run: Run): Promise<readonly DnsRecord[]> {
  const { program, kubeconfig, file, policy } = run;
  const own =
    policy === undefined
      ? flags
      : [...flags.filter((flag) => !flag.startsWith("--policy=")), `--policy=${policy}`];
  const args = [
    ...own,
    "--once",
    "--provider=inmemory",
    ...ZONES.map((zone) => `--inmemory-zone=${zone}`),
    "--txt-owner-id=test",
    "--metrics-address=127.0.0.1:0",
    `--kubeconfig=${kubeconfig}`,
  ];
  const env = { ...given, INMEMORY_RECORDS: file };
  await promisify(execFile)(program, args, { env, timeout: TIMEOUT_MS });
  return (JSON.parse(readFileSync(file, "utf8")) as readonly Endpoint[])
    .filter(({ recordType }) => recordType !== "TXT")
    .map(({ dnsName, recordType, targets = [], recordTTL = 0 }) => ({
      name: dnsName,
      type: recordType,
      targets: [...targets].sort(),
      ttl: recordTTL,
    }))
    .sort((a, b) => (`${a.name} ${a.type}` < `${b.name} ${b.type}` ? -1 : 1));
}
