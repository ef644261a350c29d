import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareTraefik } from "../../../tools/toolchain/traefik-source.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const MODULE = join(import.meta.dirname, "../../../tools/toolchain/traefik");

describe("toolchain: the ACME client in Traefik's build", function () {
  // The first run downloads the module.
  this.timeout(120_000);
  const directory = temporaryDirectory("edgefirst-traefik-");
  before(async () => {
    cpSync(MODULE, directory, { recursive: true });
    await prepareTraefik({ directory, version: "", env: process.env });
  });

  it("is the library without its providers, commands and tests", () => {
    const files = readdirSync(join(directory, "lego"), { recursive: true, encoding: "utf8" });
    assert.ok(files.includes("acme/api/api.go"), files.join());
    assert.deepEqual(
      files.filter((file) => /_test\.go$|^cmd|^e2e|^main\.go/.test(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => file.startsWith("providers")),
      ["providers", "providers/dns", "providers/dns/dns.go"],
    );
  });

  it("keeps the files of this project, and can be written again", async () => {
    for (const file of ["lego/go.mod", "lego/providers/dns/dns.go", "ext/ext.go"])
      assert.equal(readFileSync(join(directory, file), "utf8"), readFileSync(join(MODULE, file), "utf8"));
    await prepareTraefik({ directory, version: "", env: process.env });
    assert.ok(existsSync(join(directory, "lego/lego/client.go")));
  });
});
