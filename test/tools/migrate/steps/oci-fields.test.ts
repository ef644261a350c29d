import assert from "node:assert/strict";
import { parseAllDocuments, stringify } from "yaml";
import { reportOf } from "../../../../tools/migrate/report.ts";
import { prove } from "../../../../tools/migrate/proof.ts";
import { oci } from "../../../../tools/migrate/steps/oci/step.ts";
import { kustomization, messages, resultOf, withRepository, written, type Files } from "../planning.ts";

/** What a field of a HelmRepository becomes: the same field of the OCIRepository, nothing, or a reason to leave the release. */
type Becomes = "same" | "nothing" | RegExp;

/** Each field of HelmRepositorySpec. Source: github.com/fluxcd/source-controller, api/v1/helmrepository_types.go */
const FIELDS: readonly (readonly [name: string, value: unknown, ofOci: Becomes, ofHttp: Becomes])[] = [
  ["interval", "3h", "nothing", "nothing"],
  ["timeout", "3m", "same", "same"],
  ["insecure", true, "same", "nothing"],
  ["insecure", false, "nothing", "nothing"],
  ["provider", "aws", "same", "nothing"],
  ["provider", "generic", "nothing", "nothing"],
  ["passCredentials", true, "nothing", "nothing"],
  ["suspend", false, "nothing", "nothing"],
  ["suspend", true, /is suspended/, /is suspended/],
  ["secretRef", { name: "login" }, /needs a login/, /needs a login/],
  ["certSecretRef", { name: "ca" }, /uses its own certificates/, /uses its own certificates/],
  ["accessFrom", { namespaceSelectors: [{}] }, /restricts access/, /restricts access/],
  ["somethingNew", "a", /unknown field somethingNew/, /unknown field somethingNew/],
];

const KNOWN = "https://charts.example.com";
const object = (kind: string, name: string, spec: object): object => ({
  apiVersion: `${{ HelmRelease: "helm", Kustomization: "kustomize" }[kind] ?? "source"}.toolkit.fluxcd.io/${kind === "HelmRelease" ? "v2" : "v1"}`,
  kind,
  metadata: { name, namespace: "apps" },
  spec,
});
const files = (repository: object, chart: object = {}): Files => ({
  "apps/release.yaml": object("HelmRelease", "web", {
    interval: "30m",
    chart: {
      spec: { chart: "web", version: "1.2.3", sourceRef: { kind: "HelmRepository", name: "charts" } },
      ...chart,
    },
  }),
  "apps/charts.yaml": object("HelmRepository", "charts", repository),
  ".edgefirst/knowledge/chart-addresses.yaml": stringify([
    { repository: KNOWN, oci: "oci://charts.example.com/helm", source: KNOWN, date: "2026-11-29" },
  ]),
});
const PUBLISHED = { oci: { published: { "oci://charts.example.com/helm/web": ["1.2.3"] } } };

describe("migrate oci: the fields of a HelmRepository", () => {
  for (const [name, value, ofOci, ofHttp] of FIELDS)
    for (const [type, becomes] of [
      ["oci", ofOci],
      ["default", ofHttp],
    ] as const)
      it(`${name}: ${JSON.stringify(value)} of type ${type}`, () => {
        const url = type === "oci" ? "oci://charts.example.com/helm" : KNOWN;
        const repository = { type, url, interval: "2h", [name]: value };
        const result = resultOf(oci, files(repository), PUBLISHED);
        if (becomes instanceof RegExp) {
          assert.deepEqual(result.plan.changes, []);
          assert.ok(messages(result, "left").some((message) => becomes.test(message)));
          return;
        }
        assert.equal(reportOf(result, result.after).verdict, "proven");
        const [added] = parseAllDocuments(written(result, "apps/ocirepository.yaml"));
        const { spec } = added?.toJS() as { spec: Record<string, unknown> };
        const { interval, url: address, ref, layerSelector, ...rest } = spec;
        assert.ok(interval === "30m" && address && ref && layerSelector);
        assert.deepEqual(rest, becomes === "same" ? { [name]: value } : {});
      });

  it("are proven: an OCIRepository without the timeout is not", () => {
    const repository = { type: "oci", url: "oci://charts.example.com/helm", timeout: "3m" };
    withRepository(files(repository), {}, (context) => {
      const { changes, notes } = oci.plan(context);
      const shorter = changes.map(({ path, text }) => ({ path, text: text?.replace(/ +timeout: 3m\n/, "") }));
      const { failures } = prove(oci, context, { changes: shorter, notes }).proof;
      assert.match(failures[0]?.message ?? "", /not fetched as its HelmRepository is/);
    });
  });

  it("do not include the labels of the HelmChart, which are a loss", () => {
    const repository = { type: "oci", url: "oci://charts.example.com/helm" };
    const labelled = files(repository, { metadata: { labels: { team: "web" } } });
    const kept = resultOf(oci, labelled);
    assert.deepEqual(kept.plan.changes, []);
    assert.match(messages(kept, "refused")[0] ?? "", /spec\.chart\.metadata.*--accept-loss setting/);
    assert.equal(resultOf(oci, labelled, { acceptLoss: ["setting"] }).plan.changes.length, 2);
  });

  it("stay where a patch sets spec.chart, which no release may have next to chartRef", () => {
    const patched: Files = {
      ...files({ type: "oci", url: "oci://charts.example.com/helm" }),
      "apps/kustomization.yaml": {
        resources: ["release.yaml", "charts.yaml"],
        patches: [{ path: "version.yaml" }],
      },
      "apps/version.yaml": object("HelmRelease", "web", { chart: { spec: { version: "1.2.4" } } }),
    };
    const kept = resultOf(oci, patched);
    assert.deepEqual(kept.plan.changes, []);
    assert.match(messages(kept, "refused").join(), /a patch sets spec\.chart/);
  });
});

describe("migrate oci: an unused HelmRepository", () => {
  const unused = files({ type: "oci", url: "oci://charts.example.com/helm", interval: "2h" });
  const { "apps/release.yaml": release = "", ...others } = unused;
  const flux = { "flux/apps.yaml": kustomization("apps", "./apps") };
  const listed = (more: Files, options: object = {}): string =>
    messages(resultOf(oci, { ...flux, ...others, ...more }, options), "left").join();

  it("is listed with a file that Flux does not read and that names it", () => {
    assert.match(listed({}), /^HelmRepository apps\/charts is unused: once/);
    assert.match(
      listed({ "archive/release.yaml": release }),
      /is unused, but archive\/release\.yaml, which Flux does not read, names it: once/,
    );
    const commented = stringify(release).replace(/^/gm, "# ");
    assert.match(
      listed({ "apps/off.yaml": commented }),
      /is unused, but apps\/off\.yaml names it in a comment: /,
    );
    const embedded = { ...object("ConfigMap", "held", {}), data: { "release.yaml": stringify(release) } };
    assert.match(listed({ "apps/held.yaml": embedded }), /is unused, but apps\/held\.yaml names it: /);
  });

  it("is not listed for a cluster that receives it in another way, while a release uses it elsewhere", () => {
    const used = files({ type: "oci", url: "oci://charts.example.com/helm", interval: "2h" });
    const { "apps/charts.yaml": charts = "", ...apps } = used;
    const all: Files = {
      ...apps,
      "clusters/one/apps.yaml": kustomization("apps", "./apps"),
      "apps/kustomization.yaml": { resources: ["../charts/all", "release.yaml"] },
      "charts/all/kustomization.yaml": { resources: ["charts.yaml"] },
      "charts/all/charts.yaml": charts,
      // It has the HelmRepositories and no release.
      "clusters/template/sync.yaml": kustomization("cluster", "./charts"),
    };
    const listed = (given: Files): readonly string[] => {
      const result = resultOf(oci, given);
      return [...messages(result, "left"), ...messages(result, "runbook")].filter((line) =>
        line.startsWith("HelmRepository"),
      );
    };
    const next =
      "once every release is Ready without it, list it under oci.remove in .edgefirst/migrate.yaml";
    assert.deepEqual(listed(all), [
      `HelmRepository apps/charts in clusters/one loses its last user in this commit: ${next}`,
    ]);
    const staying = {
      ...all,
      "apps/release.yaml": object("HelmRelease", "web", {
        chart: {
          spec: { chart: "web", version: "1.x", sourceRef: { kind: "HelmRepository", name: "charts" } },
        },
      }),
    };
    assert.deepEqual(listed(staying), []);
  });

  it("is not to be listed under oci.remove if that would keep it, as for a file that two Kustomizations include", () => {
    const { "apps/charts.yaml": charts = "" } = others;
    const twice: Files = {
      ...flux,
      "flux/web.yaml": kustomization("web", "./apps/web"),
      "apps/web/charts.yaml": charts,
    };
    const why = "another kustomization includes the same file";
    assert.match(
      messages(resultOf(oci, twice), "left").join(),
      new RegExp(`is unused: once .*, remove it by hand: oci\\.remove keeps it, because ${why}`),
    );
    const listed = resultOf(oci, twice, { oci: { remove: ["apps/charts"] } });
    assert.match(messages(listed, "left").join(), new RegExp(`is kept: ${why}`));
  });

  it("is listed with what may use it although no build shows that", () => {
    const external = { sourceRef: { kind: "GitRepository", name: "elsewhere" } };
    const foreign = { "flux/foreign.yaml": kustomization("foreign", "./x", external) };
    assert.match(
      listed(foreign),
      /is unused, but Kustomization flux-system\/foreign applies another repository \(elsewhere\), which may refer to it: once/,
    );
    const broken = {
      "flux/web.yaml": kustomization("web", "./web"),
      "web/kustomization.yaml": "resources: [none.yaml]",
    };
    assert.match(
      listed(broken),
      /is unused, but web\/kustomization\.yaml could not be built and may refer to it: once .*, remove it by hand: oci\.remove keeps/,
    );
    const open = {
      "templates/web.yaml": kustomization("web", "./web/${SITE}"),
      "web/north/release.yaml": release,
    };
    const why = "web/north/release.yaml names it, and whether Flux reads that file is not known: ";
    assert.ok(listed(open).includes(`is unused, but ${why}`));
    assert.ok(listed(open, { oci: { remove: ["apps/charts"] } }).includes(`is kept: ${why}`));
  });
});
