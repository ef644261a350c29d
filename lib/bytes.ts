/** How many bytes a MiB has. */
export const MEBIBYTE = 2 ** 20;

/** How many bytes a MB has. */
export const MEGABYTE = 1_000_000;

/** A size in MB, such as `3.8 MB`. */
export const megabytes = (bytes: number, digits = 1): string => `${(bytes / MEGABYTE).toFixed(digits)} MB`;

/** The sum of sizes in GB, such as `1.4 GB`. */
export const gigabytes = (sizes: readonly { readonly bytes: number }[]): string =>
  `${(sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1000 / MEGABYTE).toFixed(1)} GB`;
