import packageJson from "../../package.json" with { type: "json" };

/** This release of edgefirst, as in package.json. */
export const VERSION: string = packageJson.version;
