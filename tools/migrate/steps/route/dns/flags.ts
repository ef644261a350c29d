import { fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";

/** What a program is started with, from the values of its chart and its arguments. */
export interface Flags {
  /** The values of a flag: those of the chart's keys for it, then those of the arguments. */
  readonly all: (flag: string, ...keys: readonly string[]) => readonly string[];
  /** Whether a flag without a value is set. */
  readonly isSet: (flag: string, key?: string) => boolean;
}

/** Reads flags from the values of external-dns's chart, or from `extraArgs` and `env` of a container. */
export function flagsIn(values: Fields): Flags {
  const written = flagsOf(values.extraArgs);
  const environment = environmentOf(values.env);
  const all = (flag: string, ...keys: readonly string[]): readonly string[] => {
    const given = [
      ...keys.flatMap((key) => [...texts(values[key]), ...(text(values[key]) ? [scalar(values[key])] : [])]),
      ...(written.get(flag) ?? []),
    ];
    return given.length > 0 ? given : (environment.get(flag) ?? []);
  };
  return {
    all,
    isSet: (flag, key) =>
      (key !== undefined && values[key] === true) || ["", "true"].includes(all(flag).at(-1) ?? "no"),
  };
}

const scalar = (value: unknown): string => scalarText(value as string);

/** The flags in `extraArgs`, a list of arguments or a map. A flag and its value may be two arguments. */
function flagsOf(extraArgs: unknown): ReadonlyMap<string, readonly string[]> {
  const flags = new Map<string, string[]>();
  const add = (flag: string, values: readonly string[]): void => {
    flags.set(flag, [...(flags.get(flag) ?? []), ...values]);
  };
  if (!Array.isArray(extraArgs)) {
    for (const [flag, value] of Object.entries(fields(extraArgs)))
      add(flag, (Array.isArray(value) ? value : [value]).map(scalar));
    return flags;
  }
  let open: string | undefined;
  for (const argument of texts(list(extraArgs))) {
    const [, flag, value] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (flag === undefined) {
      if (open !== undefined) flags.get(open)?.splice(-1, 1, argument);
      open = undefined;
    } else {
      add(flag, [value ?? ""]);
      open = value === undefined ? flag : undefined;
    }
  }
  return flags;
}

const PREFIX = "EXTERNAL_DNS_";

/** The flags that external-dns reads from its environment, where several values are on lines of their own. */
function environmentOf(env: unknown): ReadonlyMap<string, readonly string[]> {
  return new Map(
    list(env)
      .map(fields)
      .map(({ name, value }) => [text(name) ?? "", text(value) ?? ""] as const)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [
        name.slice(PREFIX.length).toLowerCase().replaceAll("_", "-"),
        value.split("\n").filter(Boolean),
      ]),
  );
}
