import { readFileSync } from "node:fs";
import { cpuTime, TICKS_PER_SECOND } from "../../lib/process-identity.ts";
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
    const used = (what: keyof Reading): number => after[what] - before[what];
    const [command, cluster] = [used("children"), used("cluster")];
    return { command, cluster, others: used("machine") - command - cluster };
  }

  #read(): Reading {
    const ofCluster = listProcesses(this.#clusterDir).map(({ pid }) => cpuTime(pid).own);
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return {
      children: cpuTime(process.pid).children,
      cluster: ofCluster.reduce((sum, each) => sum + each, 0),
      machine: (user + nice + system + interrupts + softInterrupts) / TICKS_PER_SECOND,
    };
  }
}

/** CPU time used so far, in seconds. */
interface Reading {
  /** Of this process's children that have ended, and of theirs. */
  readonly children: number;
  readonly cluster: number;
  readonly machine: number;
}
