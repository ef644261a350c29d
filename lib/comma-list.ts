/** The entries of a list with commas, without blanks around them and without empty ones. */
export const commaList = (text: string): string[] => text.split(",").flatMap((entry) => entry.trim() || []);
