import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

/** Identifies a process so that it cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** An opaque string: the boot id and the start time, as the operating system reports them. */
  readonly startTime: string;
}

/** The identity of a running process; undefined if no process has that number. A zombie does not count. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === "linux" ? linuxStartTime(pid) : psField(pid, "lstart");
  return startTime === undefined ? undefined : { pid, startTime };
}

/** Whether this exact process is still running. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/**
 * The first process that was started with this environment variable, among those whose environment this user may read. Linux only:
 * returns undefined elsewhere.
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
 * Memory of a process in bytes. Shared pages are counted proportionally (`Pss` in proc_pid_smaps(5) on Linux), so that the total for several processes is
 * right. If `Pss` cannot be read, this is the resident memory. 0 if the process is gone.
 */
export function memoryBytes(pid: number): number {
  if (process.platform !== "linux") return Number(psField(pid, "rss") ?? 0) * 1024;
  const proportional = /^Pss:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`));
  const found = proportional ?? /^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`));
  return Number(found?.[1] ?? 0) * 1024;
}

/** CPU time in seconds. */
export interface CpuTime {
  readonly own: number;
  /** Of children that have ended and were waited for, and of theirs. */
  readonly children: number;
}

/** The unit of times in `/proc/<pid>/stat`, in every Linux that Node runs on (`USER_HZ`, proc_pid_stat(5)). */
export const TICKS_PER_SECOND = 100;

/** CPU time of a process, in user and system mode. Linux only; 0 if the process is gone. */
export function cpuTime(pid: number): CpuTime {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = statFields(pid).slice(11, 15).map(Number);
  return { own: (user + system) / TICKS_PER_SECOND, children: (childUser + childSystem) / TICKS_PER_SECOND };
}

/** The fields of `/proc/<pid>/stat` from the third one on. */
function statFields(pid: number): readonly string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The second field is the program name in parentheses, and may itself contain spaces and parentheses.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function linuxStartTime(pid: number): string | undefined {
  const fields = statFields(pid);
  const state = fields[0];
  const ticks = fields[19];
  // The main thread may have exited while other threads still hold the sockets.
  const isZombie = state === "Z" && Number(fields[17]) <= 1;
  if (ticks === undefined || isZombie || state === "X") return undefined;
  // Ticks count from boot: after a reboot, another process could have the same number and the same ticks.
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
    // ps exits with 1 if there is no such process.
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
