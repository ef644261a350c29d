import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { configSchema } from "../../../config/schema.ts";
import { configurationPage, documentedKeys } from "../../../tools/scripts/configuration-page.ts";

const PAGE = join(import.meta.dirname, "../../../docs/reference/configuration.md");

describe("docs/reference/configuration.md", () => {
  it("is up to date with the schema (if not: npm run docs)", () => {
    assert.equal(readFileSync(PAGE, "utf8"), configurationPage());
  });

  it("describes every key", () => {
    const keys = documentedKeys(z.toJSONSchema(configSchema, { io: "input" }) as object);
    assert.ok(keys.length > 100);
    assert.deepEqual(
      keys.filter(({ path, description }) => path !== "" && description === "").map(({ path }) => path),
      [],
    );
  });

  it("shows shapes, defaults and lists", () => {
    const keys = documentedKeys(z.toJSONSchema(configSchema, { io: "input" }) as object);
    const shown = (path: string) =>
      keys.filter((key) => key.path === path).map((key) => [key.values, key.defaultValue]);
    assert.deepEqual(shown("gateways[].https.hostnames[].certificate.kind"), [
      ["`Issuer`, `ClusterIssuer`", "`ClusterIssuer`"],
    ]);
    assert.deepEqual(shown("gateways[].traefik.replicas"), [["number from 1 to 20", "`1`"]]);
    assert.deepEqual(shown("flux.root.decryptionSecret"), [["object name or null", "`sops-age`"]]);
    assert.deepEqual(shown("gatus.install"), [["boolean", "required"]]);
  });
});
