import { oncePer } from "../../lib/once-per.ts";
import { parseYaml } from "../gitops/yaml/parse.ts";
import { SourceFile } from "../gitops/yaml/source.ts";
import type { FileChange } from "./step.ts";

/** The syntax error that a change would put into a YAML file; undefined if there is none. Each change is parsed once. */
export const syntaxErrorOf = oncePer(({ path, text }: FileChange): string | undefined =>
  text === undefined || !/\.ya?ml$/.test(path)
    ? undefined
    : parseYaml(new SourceFile(path, text)).errors[0]?.message,
);
