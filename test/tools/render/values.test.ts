import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fc from "fast-check";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { Mapping } from "../../../tools/gitops/yaml/values.ts";
import { indexObjects } from "../../../tools/render/find-object.ts";
import { NotRenderable } from "../../../tools/render/rendered.ts";
import { setAtPath } from "../../../tools/render/target-path.ts";
import { valuesOf } from "../../../tools/render/values.ts";
import { helm } from "../../support/rendering.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const release = (spec: Mapping): Mapping => ({ metadata: { name: "hello", namespace: "apps" }, spec });
const source = (kind: string, name: string, data: Mapping): Mapping => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "apps" },
  data,
});
const find = indexObjects([
  source("ConfigMap", "base", { "values.yaml": "a: 1\nb: { c: 2, d: 3 }\n", other: "b: { c: 4 }\n" }),
  source("Secret", "plain", {
    "values.yaml": Buffer.from("s: yes\n").toString("base64"),
    word: Buffer.from("hush").toString("base64"),
  }),
  source("Secret", "hidden", { "values.yaml": "ENC[AES256_GCM,data:x]" }),
  source("Secret", "generated", {
    "values.yaml": Buffer.from("a: ENC[AES256_GCM,data:x]\nsops: { mac: x }\n").toString("base64"),
  }),
]);
const from = (kind: string, name: string, more: Mapping = {}): Mapping => ({ kind, name, ...more });

describe("the values of a HelmRelease", () => {
  it("are those of valuesFrom in order, then its own", () => {
    const spec = {
      valuesFrom: [
        from("ConfigMap", "base"),
        from("ConfigMap", "base", { valuesKey: "other" }),
        from("Secret", "plain"),
      ],
      values: { b: { d: null }, e: [1] },
    };
    assert.deepEqual(valuesOf(release(spec), find), { a: 1, b: { c: 4, d: null }, s: true, e: [1] });
  });

  it("take a single value to a targetPath", () => {
    const spec = {
      valuesFrom: [from("Secret", "plain", { valuesKey: "word", targetPath: "app.env[0].value" })],
      values: { app: { name: "x" } },
    };
    assert.deepEqual(valuesOf(release(spec), find), { app: { name: "x", env: [{ value: "hush" }] } });
  });

  it("leave out an optional source that is not in the repository", () => {
    const spec = { valuesFrom: [from("ConfigMap", "absent", { optional: true })], values: { a: 1 } };
    assert.deepEqual(valuesOf(release(spec), find), { a: 1 });
  });

  it("have a placeholder for a single value that is encrypted", () => {
    const spec = { valuesFrom: [from("Secret", "hidden", { targetPath: "password" })] };
    assert.deepEqual(valuesOf(release(spec), find), { password: "(unknown)" });
  });

  const unknown: readonly (readonly [string, Mapping, RegExp])[] = [
    ["are encrypted", from("Secret", "hidden"), /Secret apps\/hidden, which is encrypted$/],
    [
      "are generated from an encrypted file",
      from("Secret", "generated"),
      /Secret apps\/generated, which is encrypted$/,
    ],
    [
      "are not in the repository",
      from("ConfigMap", "absent"),
      /ConfigMap apps\/absent, which is not in the repository$/,
    ],
    ["have no such key", from("ConfigMap", "base", { valuesKey: "x" }), /ConfigMap apps\/base has no key x$/],
  ];
  for (const [title, reference, reason] of unknown)
    it(`are not known if those of a source ${title}`, () => {
      assert.throws(
        () => valuesOf(release({ valuesFrom: [reference] }), find),
        (error) => error instanceof NotRenderable && reason.test(error.message),
      );
    });
});

describe("a targetPath", function () {
  // Helm runs many times.
  this.timeout(60_000);
  it("sets the same value as helm template --set", async () => {
    const { path: program } = await helm();
    const chart = temporaryDirectory("edgefirst-values-chart-");
    mkdirSync(join(chart, "templates"));
    writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: values\nversion: 1.0.0\n");
    writeFileSync(join(chart, "templates/values.yaml"), "values: {{ toJson .Values }}\n");
    const word = fc.stringMatching(/^[a-z][a-z-]{0,5}$/);
    const step = fc.oneof(
      word,
      fc.nat(3).map((index) => `[${index}]`),
      fc.constant("a\\.b"),
    );
    const text = fc.oneof(
      fc.constantFrom(
        "true",
        "false",
        "null",
        "0",
        "007",
        "-1",
        "12",
        "1.5",
        "1e3",
        "yes",
        "",
        "~",
        "a b",
        '"12"',
        "'true'",
      ),
      fc.string().filter((value) => !/[,\\{}\r\n\0]/.test(value)),
    );
    await fc.assert(
      fc.asyncProperty(word, fc.array(step, { maxLength: 3 }), text, async (first, rest, value) => {
        fc.pre(value !== "" || !rest.some((next) => next.startsWith("[")));
        const path = [first, ...rest].reduce((whole, next) =>
          next.startsWith("[") ? whole + next : `${whole}.${next}`,
        );
        const values: Mapping = {};
        setAtPath(values, path, value, false);
        const isQuoted = /^(["'])[^]*\1$/.test(value);
        const bare = isQuoted ? value.replace(/^["']+|["']+$/g, "") : value;
        const flag = isQuoted ? "--set-string" : "--set";
        const args = ["template", "x", chart, `${flag}=${path}=${bare}`];
        const { stdout } = await promisify(execFile)(program, args);
        assert.deepEqual(values, (parse(stdout) as { values: Mapping }).values);
      }),
      { numRuns: 60 },
    );
  });
});
