/** The repository's own options for the steps. */
export const OPTIONS_FILE = ".edgefirst/migrate.yaml";
