import * as yaml from "yaml";

type Options = yaml.ParseOptions & yaml.DocumentOptions & yaml.SchemaOptions & yaml.ToJSOptions;

/** Without this, the package prints a warning of Node's for each tag that it does not know. */
const QUIET = { logLevel: "error" } as const;

/** The value of a YAML text, like the function of the package `yaml` with this name, which prints warnings. */
export const parse = (text: string, options: Options = {}): unknown =>
  yaml.parse(text, { ...QUIET, ...options });

/** The only document of a YAML text, as for {@link parse}. */
export const parseDocument = (text: string, options: Options = {}) =>
  yaml.parseDocument(text, { ...QUIET, ...options });

/** The documents of a YAML text, as for {@link parse}. */
export const parseAllDocuments = (text: string, options: Options = {}) =>
  yaml.parseAllDocuments(text, { ...QUIET, ...options });
