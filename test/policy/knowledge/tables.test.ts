import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { importClosure } from "../../../lib/import-closure.ts";
import { PROBES } from "../../../policy/objects/probes.ts";
import { missingProbes } from "../../../policy/objects/chart-probes.ts";
import { Knowledge, SHIPPED } from "../../../policy/knowledge/knowledge.ts";
import {
  classSelectorValues,
  entryPointPorts,
  hasVersionLabel,
  imagePrivileges,
  isLogin,
  ociAddress,
  READ_TABLES,
} from "../../../policy/knowledge/lookups.ts";
import { dataKinds, healthPath, isPublished } from "../../../policy/knowledge/tool-lookups.ts";
import { PROJECT } from "../../../policy/knowledge/owner-rows.ts";
import { TABLE_NAMES, type Condition, type Row, type TableName } from "../../../policy/knowledge/tables.ts";

type Lookups = {
  readonly [Name in TableName]: (row: Row<Name>, knowledge: Knowledge) => readonly unknown[];
};

/** For each table, the lookup results that depend on a row. */
const LOOKUPS: Lookups = {
  charts: ({ chart }, knowledge) => [missingProbes(chart, {}, knowledge)],
  "chart-addresses": ({ repository }, knowledge) => [ociAddress(repository, "a", knowledge)],
  "published-charts": ({ chart, versions }, knowledge) =>
    versions.map((version) => isPublished(chart, version, knowledge)),
  "health-paths": ({ images }, knowledge) => images.map((image) => healthPath(`${image}:1.0`, knowledge)),
  "image-privileges": ({ images }, knowledge) =>
    images.map((image) => imagePrivileges(`docker.io/${image.replace("*", "any")}:1.0`, knowledge)),
  "data-kinds": ({ kind }, knowledge) => [dataKinds(knowledge).includes(kind)],
  "login-middlewares": (row, knowledge) => [
    "field" in row
      ? isLogin("any", (field) => field === row.field, knowledge)
      : isLogin(row.name, undefined, knowledge),
  ],
  "version-labels": ({ chart }, knowledge) => [hasVersionLabel(chart, undefined, knowledge)],
  "traefik-chart-values": ({ charts }, knowledge) => [classSelectorValues(charts, knowledge)],
  "traefik-entry-points": ({ entryPoint }, knowledge) => [entryPointPorts(knowledge)[entryPoint]],
};

describe("tables that the program reads", () => {
  it("are listed next to the lookups, so that the release covers them", () => {
    const closure = importClosure(PROJECT, "index.ts").files;
    const read = closure
      .filter((file) => file.endsWith(".ts") && !file.startsWith("staging/"))
      .flatMap((file) =>
        [...readFileSync(join(PROJECT, file), "utf8").matchAll(/\.rows\("([^"]+)"\)/g)].map(
          ([, name]) => `./${name}.yaml`,
        ),
      );
    assert.deepEqual([...new Set(read)].sort(), [...READ_TABLES].sort());
    for (const table of READ_TABLES) assert.ok(closure.includes(join("policy/knowledge", table)), table);
    assert.ok(!closure.includes("policy/knowledge/published-charts.yaml"));
  });
});

const without = (removed: unknown): Knowledge =>
  new Knowledge(<Name extends TableName>(table: Name) =>
    SHIPPED.rows(table).filter((row) => row !== removed),
  );

function answers<Name extends TableName>(
  table: Name,
  row: Row<Name>,
  knowledge: Knowledge,
): readonly unknown[] {
  return LOOKUPS[table](row, knowledge);
}

for (const table of TABLE_NAMES)
  describe(`knowledge table ${table}`, () => {
    for (const [index, row] of SHIPPED.rows(table).entries())
      it(`uses every value of row ${index + 1}`, () => {
        const after = answers(table, row, without(row));
        for (const [position, answer] of answers(table, row, SHIPPED).entries())
          assert.notDeepEqual(after[position], answer, `lookup ${position} does not need the row`);
      });
  });

describe("the containers of knowledge table charts", () => {
  for (const { chart, containers } of SHIPPED.rows("charts"))
    for (const { name, when = [], ...support } of containers) {
      const optional = PROBES.filter((probe) => support[probe] !== "always");
      if (optional.length === 0) continue;
      it(`${chart}: ${name} runs with some values, and may then lack ${optional.join(", ")}`, () => {
        const values = {};
        for (const probe of optional) {
          const one = support[probe];
          if (typeof one === "object") set(values, one.value, false);
        }
        for (const condition of when) satisfy(values, condition);
        const missing = missingProbes(chart, values, SHIPPED) ?? [];
        assert.deepEqual(
          missing.filter(({ container }) => container === name).map(({ probe }) => probe),
          optional,
        );
      });
    }
});

/** Sets a chart's values so that a condition holds. */
function satisfy(values: object, condition: Condition, wanted = true): void {
  if ("not" in condition) satisfy(values, condition.not, !wanted);
  else if ("any" in condition) satisfy(values, condition.any[0]!, wanted);
  else set(values, condition.value, "is" in condition ? (wanted ? condition.is[0] : "other") : wanted);
}

function set(values: object, path: string, value: unknown): void {
  const steps = path.split(".");
  let here = values as Record<string, object>;
  for (const step of steps.slice(0, -1)) here = (here[step] ??= {}) as Record<string, object>;
  Object.assign(here, { [steps.at(-1)!]: value });
}
