import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: when the process started, as the operating system tells it, with the boot it belongs to. */
  readonly startTime: string;
}

/** The identity of a running process, or undefined if there is none with that number (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === "linux" ? linuxStartTime(pid) : psField(pid, "lstart");
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/**
 * The first process that was started with this variable in its environment, among those that this user may look into. Linux only:
 * elsewhere none is found.
 */
export function findByEnvironment(variable: string, value: string): ProcessIdentity | undefined {
  if (process.platform !== "linux") return undefined;
  const entry = `${variable}=${value}`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => readOrEmpty(`/proc/${pid}/environ`).split("\0").includes(entry))
    .sort((a, b) => a - b)
    .map(identify)
    .find((identity) => identity !== undefined);
}

/**
 * Memory that a process takes, in bytes: pages that it shares with others count in proportion (Linux, `Pss` of proc_pid_smaps(5)), so that the sum over
 * processes of one program is right; resident memory where that cannot be read. 0 for a process that is gone.
 */
export function memoryBytes(pid: number): number {
  if (process.platform !== "linux") return Number(psField(pid, "rss") ?? 0) * 1024;
  const proportional = /^Pss:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`));
  const found = proportional ?? /^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`));
  return Number(found?.[1] ?? 0) * 1024;
}

function linuxStartTime(pid: number): string | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const ticks = fields[19];
  // Of a process with threads the first may have ended while others still hold its sockets.
  const isZombie = state === "Z" && Number(fields[17]) <= 1;
  if (ticks === undefined || isZombie || state === "X") return undefined;
  // Ticks count from the boot: after a reboot another process could have the same number and the same count.
  return `${readOrEmpty("/proc/sys/kernel/random/boot_id").trim()}/${ticks}`;
}

function psField(pid: number, field: "lstart" | "rss"): string | undefined {
  try {
    const output = execFileSync("ps", ["-o", `${field}=`, "-p", String(pid)], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return output.trim() || undefined;
  } catch {
    // ps exits with 1 when there is no such process.
    return undefined;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
