/** By title, the objects of a repository. */
export type CaseTable = Readonly<Record<string, readonly object[]>>;
