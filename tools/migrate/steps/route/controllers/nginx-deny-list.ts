import { isIPv4 } from "node:net";
import type { Annotations, Translation } from "./nginx-translation.ts";

/** More ranges than this are no longer readable. */
const MOST = 64;

/** A range of IPv4 addresses. */
export interface Range {
  readonly address: number;
  readonly bits: number;
}

/**
 * Traefik has no list of denied addresses, so every other range is allowed.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#denylist-source-range
 */
export function denyList(of: Annotations): Translation | undefined {
  const value = of("denylist-source-range");
  if (value === undefined || of("satisfy") !== undefined) return undefined;
  const denied = value.split(",").map((entry) => rangeOf(entry.trim()));
  const known = denied.filter((range) => range !== undefined);
  if (known.length !== denied.length) return undefined;
  const sourceRange = [...without(known, { address: 0, bits: 0 }), "::/0"];
  if (sourceRange.length > MOST) return undefined;
  return {
    names: ["denylist-source-range"],
    middleware: { suffix: "deny-list", spec: { ipAllowList: { sourceRange } } },
  };
}

/** Reads an address or a range; undefined unless it is one of IPv4. */
export function rangeOf(text: string): Range | undefined {
  const [address = "", length = "32"] = text.split("/");
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : NaN;
  if (!isIPv4(address) || !(bits <= 32)) return undefined;
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return { address: number - (number % sizeOf(bits)), bits };
}

/** Whether a range contains another one. */
export const contains = (outer: Range, inner: Range): boolean =>
  inner.bits >= outer.bits &&
  inner.address >= outer.address &&
  inner.address < outer.address + sizeOf(outer.bits);

const sizeOf = (bits: number): number => 2 ** (32 - bits);

/** The ranges within a range that contain no denied address. */
function without(denied: readonly Range[], range: Range): readonly string[] {
  const end = range.address + sizeOf(range.bits);
  const inside = denied.filter(
    ({ address, bits }) => address < end && address + sizeOf(bits) > range.address,
  );
  if (inside.length === 0) return [written(range)];
  if (inside.some(({ bits }) => bits <= range.bits)) return [];
  const bits = range.bits + 1;
  return [range.address, range.address + sizeOf(bits)].flatMap((address) =>
    without(inside, { address, bits }),
  );
}

const written = ({ address, bits }: Range): string =>
  `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".")}/${bits}`;
