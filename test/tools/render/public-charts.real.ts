import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { mappingIn } from "../../../tools/render/release.ts";
import { plain } from "../../../tools/render/values.ts";
import { publicCharts } from "../../support/public-charts.ts";
import {
  helm,
  idOf,
  renderRelease,
  repositoryOf,
  SAMPLE_SOURCE,
  sampleRelease,
} from "../../support/rendering.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** The values with which a chart's own project tests it, and its defaults. */
function valuesOf(chart: string): readonly (readonly [string, Mapping])[] {
  const ci = join(chart, "ci");
  const files = existsSync(ci) ? readdirSync(ci).filter((name) => /values.*\.ya?ml$/.test(name)) : [];
  return [
    ["its defaults", {}],
    ...files.map((name) => [name, (parse(readFileSync(join(ci, name), "utf8")) ?? {}) as Mapping] as const),
  ];
}

/** The output of `helm template`, by id; undefined if Helm refuses. */
async function byHand(chart: string, values: Mapping): Promise<ReadonlyMap<string, Mapping> | undefined> {
  const { path } = await helm();
  const args = [
    "template",
    "hello",
    chart,
    "--namespace",
    "apps",
    "--kube-version",
    "1.37.2",
    "--include-crds",
    "--skip-tests",
  ];
  const versions = ["--api-versions", API_VERSIONS];
  const running = promisify(execFile)(path, [...args, ...versions, "--values", "-"], { maxBuffer: 1 << 28 });
  running.child.stdin?.end(JSON.stringify(values));
  const output = await running.catch(() => undefined);
  if (output === undefined) return undefined;
  const objects = parseAllDocuments(output.stdout, { schema: "core", merge: true, logLevel: "silent" })
    .map((document) => document.toJS({ maxAliasCount: -1 }) as Mapping | null)
    .flatMap((object) =>
      object?.kind === "List" && Array.isArray(object.items) ? (object.items as Mapping[]) : [object],
    )
    .filter((object) => object !== null)
    .filter(
      ({ metadata }) =>
        !/"helm.sh\/hook":"(?:(?:pre|post)-(?:delete|rollback),?)+"/.test(JSON.stringify(metadata)),
    );
  return new Map(objects.map((object) => [idOf(object), object]));
}

/** The versions of the release and its source, which the rendering takes from the repository. */
const API_VERSIONS = [
  "helm.toolkit.fluxcd.io/v2",
  "helm.toolkit.fluxcd.io/v2/HelmRelease",
  "source.toolkit.fluxcd.io/v1",
  "source.toolkit.fluxcd.io/v1/HelmRepository",
].join(",");

/** Differences that do not come from the chart: the labels of helm-controller and the release's namespace; and what is random. */
function settled(object: Mapping, other: Mapping | undefined): unknown {
  const { labels, namespace, ...metadata } = mappingIn(plain(object), "metadata");
  const own = Object.entries(mappingIn({ labels: labels ?? {} }, "labels")).filter(
    ([label]) => !label.startsWith("helm.toolkit.fluxcd.io/"),
  );
  const hasNamespace = other && mappingIn(other, "metadata").namespace !== undefined;
  return {
    ...plain(object),
    metadata: {
      ...metadata,
      ...(hasNamespace && { namespace }),
      ...(own.length > 0 && { labels: Object.fromEntries(own) }),
    },
  };
}

function hidden(value: unknown, pattern: unknown): unknown {
  if (pattern === "(random)") return pattern;
  if (Array.isArray(value))
    return value.map((item, index) => hidden(item, (pattern as unknown[] | undefined)?.[index]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, hidden(item, (pattern as Mapping | undefined)?.[key])]),
  );
}

describe("rendering public charts", function () {
  this.timeout(1_800_000);
  it("equals helm template for each chart, with its defaults and with the values of its own tests", async () => {
    const env = { XDG_CACHE_HOME: temporaryDirectory("edgefirst-render-cache-") };
    const counts = { equal: 0, refusedByBoth: 0 };
    const differences: string[] = [];
    const charts = await publicCharts();
    for (const chart of charts)
      for (const [title, values] of valuesOf(chart)) {
        const name = basename(chart);
        const expected = await byHand(chart, values);
        const repository = repositoryOf({
          "release.yaml": sampleRelease({ values }, name),
          "source.yaml": SAMPLE_SOURCE,
        });
        const rendered = await renderRelease(repository, {
          env,
          settings: { charts: join(chart, "..") },
        }).catch((error: unknown) => String(error));
        if (expected === undefined || typeof rendered === "string") {
          if (expected === undefined && typeof rendered === "string") counts.refusedByBoth += 1;
          else
            differences.push(
              `${name}, ${title}: ${typeof rendered === "string" ? rendered : "only Helm refuses"}`,
            );
          continue;
        }
        const objects = [...rendered.values()];
        const found = objects.map((object) => {
          const own = expected.get(idOf(object)) ?? expected.get(idOf(object).replace(" apps/", " "));
          const is = settled(object, own);
          try {
            assert.deepEqual(is, own && hidden(plain(own), is));
            return undefined;
          } catch (error) {
            return `${name}, ${title}: ${idOf(object)}: ${String(error).slice(0, 700)}`;
          }
        });
        if (objects.length !== expected.size)
          found.push(`${name}, ${title}: ${objects.length} objects instead of ${expected.size}`);
        const wrong = found.filter((line) => line !== undefined);
        differences.push(...wrong);
        if (wrong.length === 0) counts.equal += 1;
      }
    process.stdout.write(`      ${charts.length} charts: ${JSON.stringify(counts)}\n`);
    assert.deepEqual(differences, []);
    assert.ok(counts.equal >= 60, "too few charts were rendered");
  });
});
