import { z } from "zod";

/** Options for the `components` step; paths start at the repository's root. */
export const componentsOptions = z.strictObject({
  /** Template directories and the components that replace them, converted in this order. */
  directories: z
    .record(z.string().min(1), z.string().min(1))
    .default(() => inShared(COMPONENTS_OF_TEMPLATES, "templates")),
  /** Components to rename, from the old path to the new one. */
  renamed: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** Templates and components to delete once nothing refers to them. */
  remove: z.array(z.string().min(1)).default([]),
});

const COMPONENTS_OF_TEMPLATES = {
  "gatus/gaurded": "gatus/guarded",
  "gatus/guarded": "gatus/guarded",
  "gatus/external": "gatus/external",
  "volsync/app-pvc": "volsync/aws",
  "volsync/extra-pvc": "volsync/extra-pvc",
  "volsync/aws": "volsync/aws",
  "volsync/b2": "volsync/b2",
  "volsync/r2": "volsync/r2",
};

const inShared = (table: Readonly<Record<string, string>>, directory: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(table).map(([from, to]) => [
      `kubernetes/shared/${directory}/${from}`,
      `kubernetes/shared/components/${to}`,
    ]),
  );
