import { parseDuration } from "../../../../../lib/duration.ts";
import { enabled } from "../../../../../policy/objects/app-template.ts";
import { at, fields, type Fields } from "../../../../../policy/engine/read.ts";
import { flagsOf } from "./traefik-entry-points.ts";

/** A setting of an entry point that decides which requests it accepts. */
export interface Limit {
  /** As written: `ports.websecure.http.encodedCharacters.allowEncodedSlash`, or the flag. */
  readonly name: string;
  readonly value: string;
  readonly entryPoint: string;
  /** The setting without the entry point, in lower case. */
  readonly setting: string;
  /** What an entry point with it accepts, and one without it may not; undefined if the setting rejects requests. */
  readonly permits: string | undefined;
}

/** The default `readTimeout` in seconds; Traefik 2 had none. Source: https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/ */
export const READ_TIMEOUT = 60;

/**
 * The settings that differ from Traefik's defaults. Which encoded characters those reject depends on the version, so any value counts.
 * Sources: as for {@link READ_TIMEOUT}, and https://doc.traefik.io/traefik/security/request-path/
 */
const SETTINGS: readonly (readonly [RegExp, (value: string) => Pick<Limit, "permits"> | undefined])[] = [
  [
    /^http\.encodedcharacters\.allow/,
    (value) => ({ permits: value === "true" ? "paths with these encoded characters" : undefined }),
  ],
  [
    /^http\.sanitizepath$/,
    (value) => (value === "false" ? { permits: "paths with .. and double slashes" } : undefined),
  ],
  [
    /^transport\.respondingtimeouts\.readtimeout$/,
    (value) => {
      const seconds = /^\d+$/.test(value) ? Number(value) : parseDuration(value) / 1000;
      if (seconds === READ_TIMEOUT) return undefined;
      const isLonger = seconds === 0 || seconds > READ_TIMEOUT;
      return { permits: isLonger ? `requests that take more than ${READ_TIMEOUT} s to send` : undefined };
    },
  ],
];

/** The limits of all entry points, from the values of Traefik's chart. */
export function entryPointLimits(values: Fields): readonly Limit[] {
  const byValues = enabled(values.ports).flatMap(([entryPoint, port]) =>
    ["http", "transport"].flatMap((key) =>
      scalars(at(port, [key]), key).flatMap(([path, value]) =>
        limitOf({ name: `ports.${entryPoint}.${path}`, entryPoint, setting: path, value }),
      ),
    ),
  );
  const byFlags = [...flagsOf(values)].flatMap(([name, value]) => {
    const [, entryPoint = "", setting = ""] = /^entrypoints\.([^.]+)\.(.+)$/.exec(name) ?? [];
    return limitOf({ name, entryPoint, setting, value: value || "true" });
  });
  return [...byValues, ...byFlags];
}

function limitOf({ setting: path, ...written }: Omit<Limit, "permits">): readonly Limit[] {
  const setting = path.toLowerCase();
  const [, read] = SETTINGS.find(([pattern]) => pattern.test(setting)) ?? [];
  const limit = read?.(written.value);
  return limit === undefined ? [] : [{ ...written, ...limit, setting }];
}

function scalars(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (["string", "number", "boolean"].includes(typeof value)) return [[path, String(value)]];
  return Object.entries(fields(value)).flatMap(([key, own]) => scalars(own, `${path}.${key}`));
}
