import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareKubernetesProvider } from "../../../tools/toolchain/provider-schema.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

describe("toolchain: the Kubernetes provider's embedded files", function () {
  // The first run downloads the module.
  this.timeout(120_000);

  it("come from the module, with the version added to the schema, and can be overwritten", async () => {
    const directory = temporaryDirectory("edgefirst-provider-");
    const read = (file: string) =>
      JSON.parse(readFileSync(join(directory, file), "utf8")) as Record<string, unknown>;
    for (const version of ["1.2.3", "1.2.4"]) {
      await prepareKubernetesProvider({ directory, version, env: process.env });
      const schema = read("schema.json");
      assert.equal(schema.version, version);
      assert.equal(schema.name, "kubernetes");
      assert("kubernetes:core/v1:ConfigMap" in (schema.resources as object));
    }
    assert(Object.keys(read("terraform-mapping.json")).length > 0);
  });
});
