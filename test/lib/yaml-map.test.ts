import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { yamlMap } from "../../lib/yaml-map.ts";

const ROOT = join(import.meta.dirname, "../..");
const PARSERS = "parse|parseDocument|parseAllDocuments";

describe("the yaml package", () => {
  it("prints no warnings of its own about a tag or a key that it does not know", async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on("warning", keep);
    assert.deepEqual(yamlMap("token: !env_var TOKEN\n"), { token: "TOKEN" });
    yamlMap("? [a, b]\n: c\n");
    await setImmediate();
    process.off("warning", keep);
    assert.deepEqual(warnings, []);
  });

  it("is quiet wherever commands and the program read a text", () => {
    const files = globSync("{lib,kube,policy,config,platform,components,staging,tools}/**/*.ts", {
      cwd: ROOT,
    });
    const loud = files
      .filter((file) => !/^tools\/(?:scripts|bench)\//.test(file))
      .flatMap((file) => {
        const code = readFileSync(join(ROOT, file), "utf8");
        const [, names = ""] = /import \{([^}]*)\} from "yaml"/.exec(code) ?? [];
        const known = names.split(",").filter((name) => new RegExp(`^ *(?:${PARSERS}) *$`).test(name));
        return known.flatMap((name) =>
          [...code.matchAll(new RegExp(`(?<![.\\w])${name.trim()}\\(`, "g"))]
            .map(({ index }) => code.slice(index, index + 200).split("\n\n")[0] ?? "")
            .filter((call) => !call.includes('logLevel: "error"'))
            .map((call) => `${file}: ${call.slice(0, 60)}`),
        );
      });
    assert.deepEqual(loud, []);
  });
});
