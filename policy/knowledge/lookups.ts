import intersects from "semver/ranges/intersects.js";
import validRange from "semver/ranges/valid.js";
import type { Knowledge } from "./knowledge.ts";
import type { Row } from "./tables.ts";

/**
 * The shipped tables that the lookups in this module read. The program uses them, so the release hash must cover them: lib/import-closure.ts finds their names
 * in this list. Tables that only the tools read are not listed.
 */
export const READ_TABLES = [
  "./charts.yaml",
  "./image-privileges.yaml",
  "./chart-addresses.yaml",
  "./login-middlewares.yaml",
  "./version-labels.yaml",
  "./traefik-entry-points.yaml",
  "./traefik-chart-values.yaml",
] as const;

/** A chart's row in the table of probes; undefined if there is none. */
export function chartRow(chart: string, knowledge: Knowledge): Row<"charts"> | undefined {
  return knowledge.rows("charts").find((row) => row.chart === chart);
}

/** The chart's `oci://` address; undefined if it is not known. */
export function ociAddress(repository: string, chart: string, knowledge: Knowledge): string | undefined {
  const address = repository.replace(/\/+$/, "");
  const prefix = address.startsWith("oci://")
    ? address
    : knowledge.rows("chart-addresses").find((row) => row.repository === address)?.oci;
  return prefix === undefined ? undefined : `${prefix}/${chart}`;
}

/**
 * Whether a chart puts its version unchanged into a label.
 * @param version a version or range as Flux accepts it; undefined if any may be installed
 */
export function hasVersionLabel(chart: string, version: string | undefined, knowledge: Knowledge): boolean {
  const wanted = chartRange(version) ?? "*";
  return knowledge
    .rows("version-labels")
    .some(
      (row) => row.chart === chart && intersects(row.versions ?? "*", wanted, { includePrerelease: true }),
    );
}

/** Default entry point ports in Traefik's chart, by entry point name. */
export function entryPointPorts(knowledge: Knowledge): Readonly<Record<string, number>> {
  const rows = knowledge.rows("traefik-entry-points");
  return Object.fromEntries(rows.toReversed().map(({ entryPoint, port }) => [entryPoint, port]));
}

/** A chart's version or range as Flux accepts it, as a semver range; null if it is none. Without a version, Flux takes any. */
export function chartRange(version: string | undefined): string | null {
  // Masterminds/semver, which Flux uses, also accepts commas between conditions.
  return validRange((version ?? "*").replaceAll(",", " "));
}

/**
 * The paths, as keys joined by dots, of the values in Traefik's chart that select its GatewayClasses: one path if the table covers the version or range;
 * otherwise several, with those in the newest charts first.
 * @param version a version or range as Flux accepts it; undefined if it is not known
 */
export function classSelectorValues(version: string | undefined, knowledge: Knowledge): readonly string[] {
  const wanted = chartRange(version) ?? "*";
  const rows = knowledge.rows("traefik-chart-values");
  const fitting = rows.filter(({ charts }) => intersects(charts, wanted, { includePrerelease: true }));
  return [...new Set(fitting.map(({ classSelector }) => classSelector))];
}

/**
 * Whether a Traefik Middleware asks for a login, judged by its fields or, if they are not known, by its name.
 * @param has reports whether the Middleware's `spec` has a field
 */
export function isLogin(
  name: string,
  has: ((field: string) => boolean) | undefined,
  knowledge: Knowledge,
): boolean {
  const row = knowledge
    .rows("login-middlewares")
    .find((one) =>
      "field" in one
        ? has?.(one.field)
        : has === undefined && name.toLowerCase().includes(one.name.toLowerCase()),
    );
  return row !== undefined && row.login !== false;
}

/** What an image needs that the Restricted profile forbids; undefined if nothing is known. The image's tag and digest are ignored. */
export function imagePrivileges(image: string, knowledge: Knowledge): Row<"image-privileges"> | undefined {
  const repository = imageRepository(image);
  return knowledge
    .rows("image-privileges")
    .find(({ images }) =>
      images.some((one) =>
        one.endsWith("*") ? repository.startsWith(one.slice(0, -1)) : repository === imageRepository(one),
      ),
    );
}

/** An image's name without tag and digest, and without the registry if that is Docker Hub or a public mirror of it. */
export function imageRepository(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return name.replace(
    /^(?:(?:index\.)?docker\.io|mirror\.gcr\.io|public\.ecr\.aws\/docker)\/(?:library\/)?/,
    "",
  );
}
