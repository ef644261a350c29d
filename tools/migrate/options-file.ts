/** The file in which a repository sets its options for the steps. */
export const OPTIONS_FILE = ".edgefirst/migrate.yaml";
