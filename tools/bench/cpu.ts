import { readFileSync } from "node:fs";
import { listProcesses } from "../sandbox/processes.ts";

/** CPU time in seconds. */
export interface CpuUse {
  /** Of this process's children that have ended, and of theirs. */
  readonly command: number;
  /** Of a cluster's processes. */
  readonly cluster: number;
  /** Of everything else on the machine, this process included. */
  readonly others: number;
}

/** The kernel counts CPU time in units of 10 ms (`man 5 proc`, USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Measures which processes use the CPU. Needs Linux. */
export class CpuMeter {
  readonly #clusterDir: string;

  /** @param clusterDir folder of the cluster to count */
  constructor(clusterDir: string) {
    this.#clusterDir = clusterDir;
  }

  /** The CPU time that was used while `work` ran. */
  async during(work: () => Promise<unknown>): Promise<CpuUse> {
    const before = this.#read();
    await work();
    const after = this.#read();
    const used = (what: keyof Ticks): number => (after[what] - before[what]) / TICKS_PER_SECOND;
    const [command, cluster] = [used("children"), used("cluster")];
    return { command, cluster, others: used("machine") - command - cluster };
  }

  #read(): Ticks {
    const [, , childUser = 0, childSystem = 0] = times("self");
    const ofCluster = listProcesses(this.#clusterDir).map(({ pid }) => times(String(pid)));
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return {
      children: childUser + childSystem,
      cluster: ofCluster.reduce((sum, [own = 0, kernel = 0]) => sum + own + kernel, 0),
      machine: user + nice + system + interrupts + softInterrupts,
    };
  }
}

/** CPU time used so far. */
interface Ticks {
  /** Of this process's children that have ended, and of theirs. */
  readonly children: number;
  readonly cluster: number;
  readonly machine: number;
}

/** utime, stime, cutime and cstime of a process, in ticks. */
function times(pid: string): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may contain spaces.
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15)
    .map(Number);
}
