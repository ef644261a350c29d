import intersects from "semver/ranges/intersects.js";
import type { KubeObject } from "../../kube/objects.ts";
import { mergedMaps } from "../../lib/maps.ts";
import { oncePerText } from "../../lib/once-per.ts";
import type { ObjectIndex } from "../engine/object-index.ts";
import { at, fields, text, type Fields } from "../engine/read.ts";
import { chartRange } from "../knowledge/lookups.ts";
import { chartOf, releaseOf, valuesOf, type Values } from "./helm.ts";

/**
 * How a version of app-template reads its values: `single` for 0.x and 1.x, which have one controller at the top level of the values; otherwise the major
 * version that introduced the format. `unknown` if the version is not known, or is newer than these.
 */
export type Dialect = "single" | "2" | "3" | "4" | "unknown";

const BY_MAJOR: readonly Dialect[] = ["single", "single", "2", "3", "4", "4"];

/** The newest dialect. */
const NEWEST: Dialect = "4";

/**
 * The dialect of a release's version. Of a range, Flux installs the newest version, unless the values are written for an older one, and without a version the newest chart. From a GitRepository or a Bucket
 * comes whatever version is there.
 */
export function dialectOf(release: KubeObject, objects: ObjectIndex): Dialect {
  const { version } = chartOf(release, objects);
  const chart = fields(at(release, ["spec", "chart", "spec"]));
  const source = text(at(chart, ["sourceRef", "kind"]));
  if (source === "GitRepository" || source === "Bucket") return "unknown";
  if (version === undefined) return chart.chart === undefined ? "unknown" : NEWEST;
  const admitted = admittedBy(version);
  const isOld = admitted.includes("single") && hasOldValues(release, objects);
  return isOld ? "single" : (admitted.at(-1) ?? "unknown");
}

/** Whether the values have the format of 0.x and 1.x, of which a newer version renders nothing. */
function hasOldValues(release: KubeObject, objects: ObjectIndex): boolean {
  const { image, controllers } = valuesOf(release, objects).values;
  return image !== undefined && controllers === undefined;
}

/** The dialects of a version or range, oldest first; none if it is none. */
const admittedBy = oncePerText((version): readonly Dialect[] => {
  const range = chartRange(version);
  return range === null ? [] : BY_MAJOR.filter((_, major) => admitsMajor(range, major));
});

function admitsMajor(range: string, major: number): boolean {
  return intersects(range, `>=${major}.0.0-0 <${major + 1}.0.0-0`, { includePrerelease: true });
}

const PROBES_ON = {
  liveness: { enabled: true },
  readiness: { enabled: true },
  startup: { enabled: true },
};
const MAIN_SERVICE = {
  main: { enabled: true, primary: true, ports: { http: { enabled: true, primary: true } } },
};

/** The chart's defaults, as far as rules read them. Source: charts/library/common/values.yaml of each version. */
const DEFAULTS: Readonly<Record<Dialect, Fields>> = {
  single: { probes: PROBES_ON, service: MAIN_SERVICE },
  "2": {
    controllers: { main: { containers: { main: { probes: PROBES_ON } } } },
    service: { main: { ...MAIN_SERVICE.main, controller: "main" } },
  },
  "3": {},
  "4": {},
  unknown: {},
};

/** The values of an app-template release, merged over the chart's defaults. */
export function appValues(release: KubeObject, objects: ObjectIndex): Values {
  const own = valuesOf(release, objects);
  return { ...own, values: mergedMaps(DEFAULTS[dialectOf(release, objects)], own.values) };
}

/** Returns the name of an object in a release, given its identifier and its settings. */
export type Namer = (identifier: string, settings: Fields) => string;

/**
 * Returns a function that names the objects of one kind in a release; undefined if the version is not known, because the names depend on it.
 * Source: lib/common/_determineResourceNameFromValues.tpl in 4.x, lib/service/_valuesToObject.tpl in 2.x and 3.x, render/_services.tpl in 1.x.
 * @param all the enabled objects of the kind
 */
export function namerOf(
  release: KubeObject,
  objects: ObjectIndex,
  all: readonly (readonly [string, Fields])[],
): Namer | undefined {
  const dialect = dialectOf(release, objects);
  if (dialect === "unknown") return undefined;
  const values = fields(valuesOf(release, objects).values);
  const base = fullname(release, values);
  if (dialect === "4") return currentNames(release, { values, base, count: all.length });
  const primary = all.find(([, { primary: isPrimary }]) => isPrimary === true)?.[0];
  const first = primary ?? all.map(([identifier]) => identifier).sort()[0];
  return (identifier, { nameOverride }) => {
    const override = text(nameOverride);
    if (override !== undefined) {
      const ending = rendered(override, release);
      return dialect === "3" && ending === base ? base : `${base}-${ending}`;
    }
    if (dialect !== "3") return identifier === first ? base : `${base}-${identifier}`;
    return all.length > 1 && identifier !== primary && identifier !== base ? `${base}-${identifier}` : base;
  };
}

interface Naming {
  readonly values: Fields;
  readonly base: string;
  readonly count: number;
}

function currentNames(release: KubeObject, { values, base, count }: Naming): Namer {
  const isIdentified = count > 1 || fields(values.global).alwaysAppendIdentifierToResourceName === true;
  return (identifier, { forceRename, prefix, suffix }) => {
    const forced = text(forceRename);
    if (forced !== undefined) return rendered(forced, release).toLowerCase();
    const before = rendered(text(prefix) ?? "", release);
    let name = before === "" || before === base ? base : `${before}-${base}`;
    if (isIdentified && name !== identifier) name = withEnding(name, identifier);
    const ending = rendered(text(suffix) ?? "", release);
    return (ending === "" ? name : withEnding(name, ending)).toLowerCase();
  };
}

function withEnding(name: string, ending: string): string {
  return name.endsWith(`-${ending}`) ? name : `${name}-${ending}`;
}

/** `names.fullname` of lib/chart/_names.tpl; app-template sets `global.nameOverride` to the release's name by default. */
function fullname(release: KubeObject, values: Fields): string {
  const global = fields(values.global);
  const full = text(global.fullnameOverride) ?? text(values.fullnameOverride);
  const own = releaseOf(release).name;
  const name = rendered(text(global.nameOverride) ?? own, release);
  const result = full === undefined ? (own.includes(name) ? own : `${own}-${name}`) : rendered(full, release);
  return result.slice(0, 63).replace(/-$/, "");
}

/** Renders the two common template expressions in a string and leaves all others unchanged. */
export function rendered(template: string, release: KubeObject): string {
  const { name, namespace } = releaseOf(release);
  return template
    .replaceAll(/\{\{-?\s*\.Release\.Name\s*-?\}\}/g, name)
    .replaceAll(/\{\{-?\s*\.Release\.Namespace\s*-?\}\}/g, namespace);
}
