/** A time, and whether its date or its time of day has been read. */
export interface WatchedClock {
  readonly now: Date;
  readonly wasRead: () => boolean;
}

/** Notices each use of a time. A report that depends on the time cannot be used again later. */
export function watchedClock(time: Date): WatchedClock {
  let wasRead = false;
  const now = new Proxy(time, {
    get(target, key) {
      wasRead = true;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { now, wasRead: () => wasRead };
}
