import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../../tools/gitops/yaml/repository.ts";
import { knowledgeOf } from "../../../tools/lint/knowledge.ts";
import { lintRepository } from "../../../tools/lint/lint.ts";
import { Knowledge, SHIPPED } from "../../../policy/knowledge/knowledge.ts";
import { readKnowledgeFrom, shippedRows } from "../../../policy/knowledge/load.ts";
import { hasVersionLabel, isLogin, ociAddress } from "../../../policy/knowledge/lookups.ts";
import { healthPath, isPublished } from "../../../policy/knowledge/tool-lookups.ts";
import { knowledgeFor, ownerRows } from "../../../policy/knowledge/owner-rows.ts";
import { TABLE_NAMES } from "../../../policy/knowledge/tables.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const KNOWLEDGE = join(import.meta.dirname, "../../../policy/knowledge");
const PROVENANCE = "source: https://example.com, date: 2026-10-01";
const CHART = `- chart: traefik
  source: https://example.com/traefik
  date: 2026-10-01
  containers:
    - { name: own, liveness: none, readiness: always, startup: always }
`;

describe("rows that an owner adds", () => {
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory("knowledge-");
    mkdirSync(join(directory, ".edgefirst/knowledge"), { recursive: true });
  });

  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, ".edgefirst/knowledge", name), text);
  };
  /** The knowledge as a stack reads it, and as lint and migrate do. */
  const both = (): readonly Knowledge[] => [knowledgeFor(directory), knowledgeOf(new Repository(directory))];

  it("take precedence over the shipped ones, which still apply to everything else", () => {
    write("charts.yaml", CHART);
    write(
      "chart-addresses.yaml",
      `- { repository: https://charts.example.com, oci: oci://own, ${PROVENANCE} }\n`,
    );
    write("published-charts.yaml", `- { chart: oci://own/web, versions: [1.0.0], ${PROVENANCE} }\n`);
    write("health-paths.yaml", `- { images: [jellyfin/jellyfin], path: /own, ${PROVENANCE} }\n`);
    write("login-middlewares.yaml", `- { name: author, login: false, ${PROVENANCE} }\n`);
    write("version-labels.yaml", `- { chart: web, ${PROVENANCE} }\n`);
    for (const knowledge of both()) {
      const charts = knowledge.rows("charts");
      assert.equal(charts.find(({ chart }) => chart === "traefik")?.containers[0]?.name, "own");
      assert.equal(charts.length, SHIPPED.rows("charts").length + 1);
      assert.equal(ociAddress("https://charts.example.com/", "web", knowledge), "oci://own/web");
      assert.ok(isPublished("oci://own/web", "1.0.0", knowledge));
      assert.equal(healthPath("jellyfin/jellyfin:1", knowledge), "/own");
      assert.equal(healthPath("ghcr.io/jellyfin/jellyfin:1", knowledge), "/health");
      assert.ok(!isLogin("author-headers", undefined, knowledge));
      assert.ok(isLogin("authentik", undefined, knowledge));
      assert.ok(
        hasVersionLabel("web", undefined, knowledge) && hasVersionLabel("kagent", undefined, knowledge),
      );
    }
  });

  it("are refused with every error in every file, each with its line", () => {
    write(
      "charts.yaml",
      CHART.replace("liveness: none", "liveness: sometimes").replace("2026-10-01", "soon"),
    );
    write("health-paths.yaml", `- { images: [a], path: health, ${PROVENANCE} }\n- images: [b\n`);
    write("chart.yaml", "[]\n");
    for (const read of [() => knowledgeFor(directory), () => knowledgeOf(new Repository(directory))])
      assert.throws(read, ({ message }: Error) => {
        for (const expected of [
          "charts.yaml:3:9: date: write a date as YYYY-MM-DD",
          "charts.yaml:5:30: containers.0.liveness: write always, none or { value, byDefault: true or false }",
          "health-paths.yaml:3:1: Flow sequence in block collection must be",
          "chart.yaml: there is no table named chart.yaml; the tables are charts.yaml, ",
          "docs/reference/knowledge.md",
        ])
          assert.ok(message.includes(expected), `${expected} is not in\n${message}`);
        return true;
      });
  });

  it("reach the rules of a lint", () => {
    writeFileSync(
      join(directory, "release.yaml"),
      `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: web, namespace: media }
spec: { chart: { spec: { chart: web, version: 1.0.0 } } }
`,
    );
    const messages = (): string[] =>
      lintRepository(new Repository(directory))
        .findings.filter(({ rule }) => rule === "helmrelease-probes")
        .map(({ message }) => message);
    const [unknown = ""] = messages();
    write("charts.yaml", CHART.replace("chart: traefik", "chart: web"));
    const [known = ""] = messages();
    assert.notEqual(unknown, known);
    assert.match(known, /liveness probe of own/);
  });

  it("are recorded with their file, checksum and number of rows, whatever the line endings", () => {
    assert.deepEqual(ownerRows(directory), []);
    const sha256 = createHash("sha256").update(CHART).digest("hex");
    const expected = [{ file: ".edgefirst/knowledge/charts.yaml", sha256, rows: 1 }];
    for (const text of [CHART, CHART.replaceAll("\n", "\r\n")]) {
      write("charts.yaml", text);
      assert.deepEqual(ownerRows(directory), expected);
    }
    rmSync(join(directory, ".edgefirst"), { recursive: true });
    assert.deepEqual(ownerRows(directory), []);
  });
});

describe("shipped rows", () => {
  it("are the same with lint's parser, except for the type of dates", () => {
    const fast = knowledgeOf(new Repository(import.meta.dirname));
    for (const table of TABLE_NAMES)
      assert.deepEqual(
        JSON.parse(JSON.stringify(fast.rows(table)).replaceAll("T00:00:00Z", "")),
        shippedRows(table),
      );
  });
});

describe("a bundle", () => {
  it("can embed the shipped tables", () => {
    const read = (file: string): string => readFileSync(join(KNOWLEDGE, file), "utf8");
    try {
      readKnowledgeFrom((file) => read(file).replaceAll("kagent", "embedded"));
      const bundled = new Knowledge((table) => shippedRows(table));
      assert.ok(
        hasVersionLabel("embedded", undefined, bundled) && !hasVersionLabel("kagent", undefined, bundled),
      );
    } finally {
      readKnowledgeFrom(read);
    }
  });
});
