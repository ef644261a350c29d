/** Where a repository keeps the settings of edgefirst. */
const OWN_DIRECTORY = ".edgefirst/";

/** Whether a file belongs to the settings of edgefirst. */
export const isOfEdgefirst = (file: string): boolean => file.startsWith(OWN_DIRECTORY);

/** How to keep these files from Flux. */
export const HOW_TO_EXCLUDE = `add the line /${OWN_DIRECTORY} to .sourceignore in the root of the repository`;

/**
 * What else an ignore file needs. Its first line replaces Flux's own exclusions, and a workflow, for example, would stop the build as well.
 * Source: SourceIgnoreFilter in fluxcd/pkg/artifact/storage
 * @param lines the lines of Flux's list that keep files of the repository out today
 */
export const withFluxLines = (lines: readonly string[]): string =>
  lines.length === 0
    ? ""
    : `, and with it ${lines.join(", ")}, because the first line of such a file replaces Flux's own list`;

/** Whether a text asks for such a file, or names one. */
export const mentionsOwn = (text: string): boolean => text.includes(OWN_DIRECTORY);
