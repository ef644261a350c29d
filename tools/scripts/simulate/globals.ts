import { runIn, runningProcess, scheduler } from "./scheduler.ts";

/** Replaces the parts of Node's process that staging uses: the time, timers, signals and the exit. Outside simulated processes, nothing changes. */
export function replaceGlobals(): void {
  const now = Date.now.bind(Date);
  Date.now = () => {
    const simulated = runningProcess();
    return simulated === undefined ? now() : scheduler.now + simulated.args.skewMs;
  };
  const on = process.on.bind(process) as (event: string, handler: () => void) => NodeJS.Process;
  const off = process.off.bind(process) as typeof on;
  process.on = ((event: string, handler: () => void) => {
    const simulated = runningProcess();
    if (simulated === undefined) return on(event, handler);
    simulated.on(event, handler);
    return process;
  }) as typeof process.on;
  process.off = ((event: string, handler: () => void) => {
    const simulated = runningProcess();
    if (simulated === undefined) return off(event, handler);
    simulated.off(event, handler);
    return process;
  }) as typeof process.off;
  replaceIntervals();
}

function replaceIntervals(): void {
  const cancels = new Map<object, () => void>();
  globalThis.setInterval = ((work: () => void, ms: number) => {
    const simulated = runningProcess();
    const handle = { unref: () => handle };
    const next = (): void => {
      cancels.set(
        handle,
        scheduler.at(
          scheduler.now + ms,
          () => {
            next();
            if (simulated === undefined) work();
            else runIn(simulated, work);
          },
          simulated,
        ),
      );
    };
    next();
    return handle;
  }) as unknown as typeof setInterval;
  globalThis.clearInterval = ((handle: object) => {
    cancels.get(handle)?.();
    cancels.delete(handle);
  }) as typeof clearInterval;
}
