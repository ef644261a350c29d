const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A size of nginx, such as `8m`, in bytes; undefined if it is none. */
export function sizeOf(size: string): number | undefined {
  const [, number, unit = ""] = /^(\d+)([kmg]?)$/i.exec(size) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}
