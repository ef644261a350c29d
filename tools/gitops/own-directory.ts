/** Where a repository keeps the settings of edgefirst. */
const OWN_DIRECTORY = ".edgefirst/";

/** Whether a file belongs to the settings of edgefirst. */
export const isOfEdgefirst = (file: string): boolean => file.startsWith(OWN_DIRECTORY);

/**
 * How to keep these files from Flux. Any line of an ignore file replaces the default exclusions, and a workflow would stop the build as well. Source:
 * SourceIgnoreFilter in fluxcd/pkg/artifact/storage.
 */
export const HOW_TO_EXCLUDE = `add the line /${OWN_DIRECTORY} to .sourceignore in the root of the repository; if there was none, it replaces Flux's own list, so add the lines .github/ and **/.sops.yaml, too`;

/** Whether a text asks for such a file, or names one. */
export const mentionsOwn = (text: string): boolean => text.includes(OWN_DIRECTORY);
